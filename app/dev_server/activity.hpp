// What the dev-server prints: a greeting, then one line per request, for people or as JSON.
// Never a token, never a body; the password only in the greeting, because the user needs it there.
#pragma once

#include "app/dev_server/http.hpp"
#include "app/dev_server/tokens.hpp"

#include <string>

namespace spec_kitty::dev_server {

/// `{"url","username","password","team_slug"}` in one line.
std::string greeting_json(const std::string& url, const account& login);

/// What this is and the commands to type. `state` is the folder, empty when it is a temporary one.
std::string greeting_text(const std::string& url, const account& login, const std::string& state);

/// `{"method","path","status"}`, for batches also `"team","events","new","duplicate","rejected"`,
/// and `"replayed":true` when the reply was the one recorded for the idempotency key.
std::string activity_json(const http_request& request, const http_response& response);

/// The same in words.
std::string activity_text(const http_request& request, const http_response& response);

/// `{"ws":"connected"}`, `{"ws":"closed"}`, `{"ws":"event","event_id","status"}`.
std::string ws_activity_json(const std::string& what, const std::string& event_id);
std::string ws_activity_text(const std::string& what, const std::string& event_id);

} // namespace spec_kitty::dev_server
