// Why an exchange with the server failed, in words for people. Pure.
#pragma once

#include "messages/http.hpp"
#include "util/json.hpp"
#include "util/result.hpp"

#include <optional>
#include <string_view>

namespace spec_kitty {

/// The exchange that a login makes: its failure suggests to log in again, any other to sync again.
inline constexpr std::string_view login_exchange = "login";

/// The failure of an exchange whose reply is not one of the protocol's: not reached, refused, cut
/// off, or an unexpected status. `exchange` names it in the message, as in `(event batch)`.
failure transport_failure(const http_reply& reply, std::string_view exchange);

/// The body of a reply that is the server's own: its content type is JSON and its body an object.
/// Nothing else may blame or hold an event, or end a session.
std::optional<json_document> server_object(const http_reply& reply);

} // namespace spec_kitty
