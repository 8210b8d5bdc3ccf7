#include "app/chaos/proxy/ledger.hpp"

#include "messages/protocol.hpp"
#include "util/json.hpp"

namespace spec_kitty::chaos {

namespace {

using lock = std::lock_guard<std::mutex>;

std::string_view bearer_of(const http_text& request) {
  constexpr std::string_view scheme = "Bearer ";
  const auto value = request.header("authorization");
  return value.starts_with(scheme) ? value.substr(scheme.size()) : std::string_view();
}

std::string text_in(std::string_view json, const char* name) {
  const auto parsed = parse_json(json);
  return parsed && parsed->IsObject() ? text_of(*parsed, name).value_or("") : std::string();
}

} // namespace

/// The team of a token, with the server that gave it out where that is another one.
std::string ledger::team_at(const std::string& server, std::string_view bearer) const {
  const auto found = tokens_.find(bearer);
  if (found == tokens_.end())
    return "a token that no proxy saw given out";
  if (found->second.server == server)
    return found->second.team;
  return found->second.team + ", given out by " + found->second.server;
}

void ledger::allow_again(const exchange& asked) {
  if (const auto known = next_use_.find(text_in(asked.request.body, "refresh"));
      known != next_use_.end())
    known->second.may_come_again = true;
}

void ledger::on_request(const std::string& server, const exchange& asked) {
  const lock held(mutex_);
  const auto bearer = bearer_of(asked.request);
  if (!bearer.empty()) {
    const auto team = team_at(server, bearer);
    for (const auto& event : asked.events)
      sendings_.emplace(server, team, event.team);
    const auto known = tokens_.find(bearer);
    if (known != tokens_.end() && known->second.server != server)
      sendings_.emplace(server, team, "whatever was asked");
  }
  if (asked.path != protocol::refresh_path)
    return;
  const auto refresh = text_in(asked.request.body, "refresh");
  if (const auto known = tokens_.find(refresh);
      known != tokens_.end() && known->second.server != server)
    sendings_.emplace(server, team_at(server, refresh), "a refresh");
  auto& use =
      next_use_.try_emplace(refresh, refresh_use{next_use_.size() + 1, false}).first->second;
  const std::string key(asked.request.header("idempotency-key"));
  std::string& last_key = keys_[refresh];
  use.may_come_again = use.may_come_again || (!key.empty() && key == last_key);
  last_key = key;
  refreshes_.push_back(use);
  use.may_come_again = false;
}

void ledger::on_reply(const std::string& server, const exchange& asked, const http_text& reply) {
  if (reply.status() != 200)
    return;
  const lock held(mutex_);
  if (asked.path == protocol::token_path || asked.path == protocol::refresh_path) {
    if (text_in(reply.body, "refresh").empty())
      allow_again(asked); // the old one stays good
    const auto team = text_in(reply.body, "team_slug");
    for (const char* name : {"access", "refresh"})
      if (const auto token = text_in(reply.body, name); !token.empty())
        tokens_.insert_or_assign(token, owner{server, team});
  } else if (asked.path == protocol::ws_token_path) {
    const auto asker = tokens_.find(bearer_of(asked.request));
    if (const auto token = text_in(reply.body, "ws_token");
        !token.empty() && asker != tokens_.end())
      tokens_.insert_or_assign(token, owner{server, asker->second.team});
  }
}

void ledger::on_event(const std::string& server, const http_text& upgrade, std::string_view text) {
  const auto parsed = parse_json(text);
  if (!parsed || !parsed->IsObject())
    return;
  const json_value* inside = member(*parsed, "event");
  const auto team = text_of(inside != nullptr ? *inside : *parsed, "team_slug");
  if (!team)
    return;
  const lock held(mutex_);
  sendings_.emplace(server, team_at(server, bearer_of(upgrade)), *team);
}

void ledger::reply_lost(const exchange& asked) {
  if (asked.path != protocol::refresh_path)
    return;
  const lock held(mutex_);
  allow_again(asked);
}

void ledger::process_killed() {
  const lock held(mutex_);
  for (auto& [token, use] : next_use_)
    use.may_come_again = true;
}

std::vector<sending> ledger::sendings() const {
  const lock held(mutex_);
  std::vector<sending> out;
  for (const auto& [server, token_team, event_team] : sendings_)
    out.push_back({server, token_team, event_team});
  return out;
}

std::vector<refresh_use> ledger::refreshes() const {
  const lock held(mutex_);
  return refreshes_;
}

} // namespace spec_kitty::chaos
