#include "app/server/actors/session_replies.hpp"

#include "app/server/actors/answers.hpp"
#include "app/server/core/encoding.hpp"
#include "app/server/core/session_tokens.hpp"
#include "util/random.hpp"
#include "util/utf8.hpp"

#include <array>
#include <utility>

namespace spec_kitty::server {

namespace {

constexpr std::size_t access_id_bytes = 12;

} // namespace

std::string random_secret() {
  std::array<std::uint8_t, token_secret_bytes> bytes{};
  fill_random(bytes);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::variant<json_document, listener::outbound_reply>
object_of(const listener::inbound_request& request) {
  if (media_type_of(request.header("content-type")) != "application/json")
    return refusal_reply(415, "content_type", "Content-Type must be application/json", request);
  if (!request.content_encoding.empty())
    return refusal_reply(415, "content_encoding", "this body must not be compressed", request);
  auto document = parse_json(request.body, json_keys::unique);
  if (!document || !document->IsObject())
    return refusal_reply(400, "invalid", "the body must be a JSON object", request);
  return std::move(*document);
}

listener::outbound_reply wrong_credentials(const listener::inbound_request& request) {
  return refusal_reply(401, "login_refused", "wrong username or password", request);
}

listener::outbound_reply session_over(const listener::inbound_request& request,
                                      std::string_view code) {
  return refusal_reply(401, code, "the session has ended: log in again", request);
}

listener::outbound_reply busy(const listener::inbound_request& request) {
  return later_reply(503, "busy", "too many logins are waiting: try again", 2, request);
}

listener::outbound_reply tokens_reply(const server_context& context, const caller& of,
                                      std::string refresh) {
  claims stated;
  stated.issuer = context.options.public_url;
  stated.subject = of.username;
  stated.team_slug = of.team_slug;
  stated.as = of.as;
  const session_rules& rules = context.options.sessions;
  stated.expires = context.wall_s() + rules.access_lifetime;
  stated.generation = of.generation;
  stated.session = to_string(of.credential);
  stated.id = base64url(random_secret().substr(0, access_id_bytes));
  return secret_reply(to_json(token_body{make_access_token(stated, context.keys.get()->newest()),
                                         std::move(refresh), of.team_slug, of.as,
                                         rules.access_lifetime, rules.refresh_lifetime}));
}

store::change_note note_of(const server_context& context, const listener::inbound_request& request,
                           std::string actor) {
  return {std::move(actor), request.peer, context.wall(), {}};
}

store::session_family new_family(const server_context& context,
                                 const listener::inbound_request& request,
                                 store::account_id account, store::team_id team) {
  store::session_family family;
  family.created = context.wall();
  family.id = *parse_ulid(fresh_ulid(static_cast<std::uint64_t>(family.created / 1000)));
  family.account = account;
  family.team = team;
  family.expires = family.created + context.options.sessions.refresh_lifetime * second_us;
  family.client = printable(request.header("user-agent"), max_name_of_client);
  family.address = request.peer;
  return family;
}

} // namespace spec_kitty::server
