#include "app/chaos/simulation/server.hpp"

#include "messages/protocol.hpp"

#include <algorithm>
#include <array>

namespace spec_kitty::chaos::simulation {

namespace {

constexpr std::int64_t access_lifetime_s = 900;

std::string header_value(const http_request& request, std::string_view name) {
  for (const auto& header : request.headers)
    if (header.starts_with(name))
      return header.substr(name.size());
  return {};
}

/// A status line that is the whole of the answer; nothing if the action is another.
std::optional<http_reply> status_of(const simulated_exchange_fault& how) {
  constexpr std::string_view words = R"({"error":"told to say so"})";
  if (!how.what)
    return std::nullopt;
  switch (*how.what) {
  case action::status_5xx:
    return answered(std::array{500, 502, 503, 504, 408}[how.a % 5], std::string(words));
  case action::status_429: {
    http_reply reply = answered(429, std::string(words));
    reply.retry_after = std::array{"", "1", "20", "60", "nonsense"}[how.a % 5];
    return reply;
  }
  case action::status_401:
    return answered(401, std::string(words));
  case action::status_403:
    return answered(403, std::string(words));
  case action::status_404:
    return answered(how.a % 2 == 0 ? 404 : 405, std::string(words));
  case action::status_412:
    return answered(412, R"({"error_description":"too old","upgrade_guidance":"update"})");
  case action::html:
    return answered(200, "<html>log in to this network</html>", "text/html");
  default:
    return std::nullopt;
  }
}

} // namespace

http_reply answered(int status, std::string body, std::string type) {
  http_reply reply;
  reply.outcome = http_outcome::answered;
  reply.status = status;
  reply.body = std::move(body);
  reply.content_type = std::move(type);
  return reply;
}

bool goes_to(const http_request& request, std::string_view path) {
  return request.url.ends_with(path);
}

sent_event read_event(const json_value& event) {
  sent_event out;
  out.what.event_id = text_of(event, "event_id").value_or("");
  out.what.node_id = text_of(event, "node_id").value_or("");
  out.what.team = text_of(event, "team_slug").value_or("");
  if (const json_value* clock = member(event, "lamport_clock"); clock && clock->IsUint64())
    out.what.lamport_clock = clock->GetUint64();
  if (const json_value* payload = member(event, "payload"))
    out.what.marker = text_of(*payload, "entry_content").value_or("");
  out.line = to_text(event);
  return out;
}

simulated_server::simulated_server(history& seen, dice chance) : seen_(seen), chance_(chance) {}

http_reply simulated_server::handle(const http_request& request,
                                    const simulated_exchange_fault& how, std::int64_t now_s) {
  if (auto status_reply = status_of(how))
    return *status_reply;
  if (goes_to(request, protocol::offer_path))
    return answered(404, R"({"error":"no such path"})"); // as servers without extensions
  if (goes_to(request, protocol::refresh_path))
    return refresh(request, now_s);
  if (goes_to(request, protocol::revoke_path))
    return answered(404,
                    R"({"error":"no such path"})"); // as older servers: a refresh takes its place
  if (goes_to(request, protocol::token_path) && !goes_to(request, protocol::ws_token_path))
    return log_in(request, now_s);
  const auto found = access_.find(header_value(request, "Authorization: Bearer "));
  if (found == access_.end() || found->second.expires <= now_s)
    return answered(401, R"({"error":"no valid access token"})");
  if (goes_to(request, protocol::ws_token_path)) {
    const std::string token = "socket-" + std::to_string(++last_token_);
    sockets_.emplace(token, found->second);
    return answered(200, R"({"ws_token":")" + token + "\"}");
  }
  if (goes_to(request, protocol::clock_path))
    return answered(200, R"({"lamport_clock":)" + std::to_string(clock_) + "}");
  return batch(request, how, found->second);
}

http_reply simulated_server::log_in(const http_request& request, std::int64_t now_s) {
  const auto body = parse_json(request.body);
  const auto user = body ? text_of(*body, "username") : std::nullopt;
  return user ? hand_out(*user, now_s) : answered(400, R"({"error":"no user"})");
}

http_reply simulated_server::refresh(const http_request& request, std::int64_t now_s) {
  const auto body = parse_json(request.body);
  auto node = refresh_.extract(body ? text_of(*body, "refresh").value_or("") : "");
  return node.empty() ? answered(401, R"({"error":"the session is over"})")
                      : hand_out(node.mapped(), now_s);
}

std::pair<std::string, std::string> simulated_server::open_session(const std::string& user,
                                                                   std::int64_t now_s) {
  const std::string number = std::to_string(++last_token_);
  access_["access-" + number] = {user, team_of(user), now_s + access_lifetime_s};
  refresh_["refresh-" + number] = user;
  return {"access-" + number, "refresh-" + number};
}

http_reply simulated_server::hand_out(const std::string& user, std::int64_t now_s) {
  const auto [access, refresh] = open_session(user, now_s);
  return answered(200, R"({"access":")" + access + R"(","refresh":")" + refresh +
                           R"(","access_lifetime":)" + std::to_string(access_lifetime_s) +
                           R"(,"team_slug":")" + team_of(user) + "\"}");
}

void simulated_server::refuse(const std::string& marker, action in_which_way) {
  guilty_.emplace(marker, in_which_way);
  seen_.guilty.insert(marker);
}

std::optional<simulated_server::owner>
simulated_server::use_socket_token(const std::string& token) {
  auto node = sockets_.extract(token);
  return node.empty() ? std::nullopt : std::optional(node.mapped());
}

bool simulated_server::is_taken(const sent_event& event, const owner& from) const {
  return stamps_.contains({from.user, event.what.node_id, event.what.lamport_clock});
}

bool simulated_server::is_out_of_reach(const sent_event& event) const {
  constexpr std::uint64_t reach = std::uint64_t{1} << 32;
  return event.what.lamport_clock > reach && event.what.lamport_clock - reach > clock_;
}

void simulated_server::keep(const sent_event& event, const owner& from) {
  if (!ids_.insert(event.what.event_id).second)
    return;
  view_.events.push_back(event.what);
  stamps_.emplace(from.user, event.what.node_id, event.what.lamport_clock);
  clock_ = std::max(clock_, event.what.lamport_clock);
  if (on_kept)
    on_kept(event.what.team, event.line);
}

simulated_server::acceptance simulated_server::take(const sent_event& event, const owner& from) {
  seen_.sendings.push_back({view_.name, from.team, event.what.team});
  if (event.what.team != from.team || guilty_.contains(event.what.marker))
    return acceptance::refused;
  if (ids_.contains(event.what.event_id))
    return acceptance::duplicate;
  if (is_taken(event, from))
    return acceptance::behind;
  if (is_out_of_reach(event)) {
    blame(event.what.marker);
    return acceptance::refused;
  }
  keep(event, from);
  return acceptance::kept;
}

} // namespace spec_kitty::chaos::simulation
