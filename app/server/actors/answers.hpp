// Replies as the listener takes them, from the bodies of the core.
#pragma once

#include "app/listener/message.hpp"
#include "app/server/actors/interfaces.hpp"
#include "app/server/core/replies.hpp"

#include <string>
#include <string_view>

namespace spec_kitty::server {

/// A 200 with a JSON body.
listener::outbound_reply json_reply(std::string body);
/// The same for tokens, which nothing on the way may keep.
listener::outbound_reply secret_reply(std::string body);

/// `{"error","error_code","request_id"}` with a status; a 401 also says which scheme is asked for.
listener::outbound_reply refusal_reply(int status, std::string_view code, std::string_view message,
                                       const listener::inbound_request& request);
/// The same with `Retry-After`.
listener::outbound_reply later_reply(int status, std::string_view code, std::string_view message,
                                     unsigned seconds, const listener::inbound_request& request);

/// What a failure of the store means to a client: 429, 503 or 507; its words stay here.
listener::outbound_reply store_refusal(const failure& why,
                                       const listener::inbound_request& request);
/// The same for a batch.
ingest_refusal store_refusal(const failure& why);

listener::outbound_reply batch_reply(const ingest_answer& answer,
                                     const listener::inbound_request& request);

/// The one answer to every token that is not good, whatever is wrong with it.
listener::outbound_reply not_logged_in(const listener::inbound_request& request);
/// Of a team that is not there or not the caller's: the two are answered alike.
listener::outbound_reply wrong_team(const listener::inbound_request& request);
listener::outbound_reply wrong_role(const listener::inbound_request& request);

} // namespace spec_kitty::server
