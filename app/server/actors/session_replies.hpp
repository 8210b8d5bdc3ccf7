// What the calls of SESSIONS have in common: how their bodies are read, and their replies.
#pragma once

#include "app/server/actors/context.hpp"
#include "util/json.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace spec_kitty::server {

/// The longest name of a client that is kept.
inline constexpr std::size_t max_name_of_client = 120;

/// token_secret_bytes of them.
std::string random_secret();

/// The body as a JSON object, or the reply that refuses it.
std::variant<json_document, listener::outbound_reply>
object_of(const listener::inbound_request& request);

listener::outbound_reply wrong_credentials(const listener::inbound_request& request);
listener::outbound_reply session_over(const listener::inbound_request& request,
                                      std::string_view code);
listener::outbound_reply busy(const listener::inbound_request& request);

/// Tokens of a session, for a caller that was just looked up.
listener::outbound_reply tokens_reply(const server_context& context, const caller& of,
                                      std::string refresh);

store::change_note note_of(const server_context& context, const listener::inbound_request& request,
                           std::string actor);

/// A new family of a program's session, without its first token.
store::session_family new_family(const server_context& context,
                                 const listener::inbound_request& request,
                                 store::account_id account, store::team_id team);

} // namespace spec_kitty::server
