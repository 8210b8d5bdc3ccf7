// Device login: the bodies that are sent, and what the replies mean. Pure.
// Source: docs/protocol.md, Device login; https://www.rfc-editor.org/rfc/rfc8628
#pragma once

#include "config/credentials.hpp"
#include "messages/http.hpp"
#include "messages/session.hpp"
#include "util/result.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <variant>

namespace spec_kitty {

/// What a server answers to a request for a code.
struct device_code {
  device_wait wait;
  std::string user_code; ///< for the person; printable
  std::string link;      ///< where the person enters it; of the server's own origin
  std::string full_link; ///< with the code in it; empty: the server gave none
};

/// `{"client","host"}`, with `"team_slug"` where a team is named.
std::string device_code_body(std::string_view client, std::string_view host, std::string_view team);
/// `{"device_code","grant_type"}`.
std::string device_token_body(std::string_view code);

/// transport for any reply that is not the protocol's, and for a link of another origin, which a
/// person must not be sent to. Intervals and lifetimes outside 1 to 60 s and 30 s to 30 min count
/// as the nearest bound.
result<device_code> read_device_code(const http_reply& reply, std::string_view origin);

/// Nobody has decided yet.
struct device_pending {
  std::chrono::seconds longer{}; ///< what the interval grows by, for good
};
/// Nothing is known: the reply was lost, or the server was in trouble. The code still counts.
struct device_unclear {};

/// The session, a reason to ask again, or login_refused: it was denied, or the code has expired.
using device_outcome = std::variant<credentials, device_pending, device_unclear, failure>;
device_outcome read_device_outcome(const http_reply& reply, std::string_view origin,
                                   std::int64_t now_s);

} // namespace spec_kitty
