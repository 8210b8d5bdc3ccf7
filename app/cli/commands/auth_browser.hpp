// A login that a person approves in a browser. Source: docs/cli.md, Login.
#pragma once

#include "app/cli/context.hpp"
#include "messages/session.hpp"
#include "util/url.hpp"

#include <optional>

namespace spec_kitty {

/// Prints a code and a link and waits until that is decided, or the code has expired. Nothing where
/// the server does not offer it: then a password is asked for. `asked` names team and adoption.
std::optional<result<login_done>> login_in_browser(context& ctx, const server_url& server,
                                                   login_request asked);

} // namespace spec_kitty
