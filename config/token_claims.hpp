// What an access token says about itself: the claims of a JWT, decoded and not verified, for
// verifying is the server's. Pure.
// Source: docs/protocol.md, Authentication; https://www.rfc-editor.org/rfc/rfc7519
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty {

/// The text of a claim; nothing where the token is not a JWT or has no such text.
std::optional<std::string> claim_of(std::string_view token, const char* name);

/// Whether a name can be a team's: it becomes a key of the store and a header's value.
bool is_usable_team(std::string_view team);

} // namespace spec_kitty
