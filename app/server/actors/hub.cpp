#include "app/server/actors/hub.hpp"

#include "app/server/actors/access_check.hpp"
#include "app/server/actors/answers.hpp"
#include "app/server/core/socket_message.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace spec_kitty::server {

namespace {

using phase = subscriber::phase;

constexpr auto hub_tick_every = std::chrono::milliseconds(1000);
constexpr epoch_us max_opening = 30'000'000;
constexpr epoch_us max_resuming = 10'000'000;
constexpr epoch_us idle_feed_kept = 600'000'000;
constexpr std::uint16_t policy_violation = 1008;
constexpr std::uint16_t protocol_error = 1002;

/// What comes after the last message that was written. A client that resumes has marks of one more
/// than the number, so that 0 says that nothing was.
store::sequence behind_mark(const subscriber& slow, std::uint64_t mark) {
  return slow.resumes ? std::max(mark, slow.snapshot_through + 1)
                      : std::max(mark, slow.snapshot_through) + 1;
}

template <class Map, class Key>
void count_down(Map& counts, const Key& key) {
  const auto found = counts.find(key);
  if (found != counts.end() && --found->second == 0)
    counts.erase(found);
}

template <class Map, class Key>
std::size_t counted(const Map& counts, const Key& key) {
  const auto found = counts.find(key);
  return found == counts.end() ? 0 : found->second;
}

} // namespace

hub_state::~hub_state() {
  for (const auto& [id, entry] : subscribers)
    if (entry.channel)
      entry.channel->close(1012, "restarting");
  if (context)
    context->metrics.subscribers.add(-static_cast<std::int64_t>(subscribers.size()));
}

std::optional<listener::outbound_reply> hub_state::judge(const caller& of,
                                                         const listener::inbound_request& request) {
  const service_limits& limits = context->options.limits;
  if (subscribers.size() >= limits.sockets)
    return later_reply(503, "sockets", "the server has too many open WebSockets", 30, request);
  if (counted(of_account, of.account) >= limits.account_sockets)
    return later_reply(429, "account_sockets", "this account has too many open WebSockets", 30,
                       request);
  if (counted(of_credential, of.credential) >= limits.session_sockets)
    return later_reply(429, "session_sockets", "this session has too many open WebSockets", 30,
                       request);
  return std::nullopt;
}

void hub_state::subscribe(const subscribe_call& asked) {
  if (auto refused = judge(*asked.caller, *asked.upgrade.request)) {
    asked.upgrade.answer(std::move(*refused));
    return;
  }
  const subscriber_id id = ++last_id;
  subscriber& fresh = subscribers[id];
  fresh.owner = asked.caller;
  fresh.since = context->steady();
  fresh.resumes =
      names_extension(asked.upgrade.request->header("spec-kitty-extensions"), resume_extension);
  ++of_account[asked.caller->account];
  ++of_credential[asked.caller->credential];
  context->metrics.subscribers.add(1);
  asked.upgrade.answer(events_of(id));
}

listener::websocket_events hub_state::events_of(subscriber_id id) {
  const hub_actor handle(self);
  listener::websocket_events events;
  events.on_open = [handle, id](std::shared_ptr<listener::websocket_channel> channel) {
    caf::anon_send(handle, socket_opened{id, std::move(channel)});
  };
  events.on_message = [handle, id](listener::websocket_message message) {
    caf::anon_send(
        handle, socket_text{id, std::make_shared<listener::websocket_message>(std::move(message))});
  };
  events.on_overflow = [handle, id](const listener::overflow_report& report) {
    caf::anon_send(handle, socket_overflow{id, report.last_mark});
    return listener::overflow_action::catch_up;
  };
  events.on_drained = [handle, id] { caf::anon_send(handle, socket_drained{id}); };
  events.on_closed = [handle, id](const listener::websocket_end&) {
    caf::anon_send(handle, socket_closed{id});
  };
  return events;
}

void hub_state::open(const socket_opened& opened) {
  const auto found = subscribers.find(opened.id);
  if (found == subscribers.end()) {
    opened.channel->close(1011, "the server lost this connection");
    return;
  }
  found->second.channel = opened.channel;
  found->second.state = phase::waiting;
  team_feed& feed = teams[found->second.owner->team];
  feed.members.insert(opened.id);
  join(found->second, feed);
  read_on(found->second.owner->team);
}

void hub_state::leave(subscriber_id id) {
  auto node = subscribers.extract(id);
  if (node.empty())
    return;
  const subscriber& gone = node.mapped();
  count_down(of_account, gone.owner->account);
  count_down(of_credential, gone.owner->credential);
  context->metrics.subscribers.add(-1);
  if (gone.state == phase::behind || gone.state == phase::catching)
    context->metrics.subscribers_behind.add(-1);
  if (const auto feed = teams.find(gone.owner->team); feed != teams.end()) {
    feed->second.members.erase(id);
    feed->second.idle_since = context->steady();
  }
}

void hub_state::overflow(const socket_overflow& report) {
  const auto found = subscribers.find(report.id);
  if (found == subscribers.end())
    return;
  subscriber& slow = found->second;
  if (slow.state == phase::waiting || slow.state == phase::opening || slow.state == phase::resuming)
    return; // nothing of the log was sent yet
  if (slow.state == phase::live)
    context->metrics.subscribers_behind.add(1);
  context->metrics.websocket_catch_ups.add();
  slow.state = phase::behind;
  slow.next = std::min(slow.next, behind_mark(slow, report.last_sent));
  slow.reported = slow.next - 1;
  slow.lost_its_place = slow.resumes && report.last_sent == 0;
}

void hub_state::drained(subscriber_id id) {
  const auto found = subscribers.find(id);
  if (found == subscribers.end() || !found->second.channel)
    return;
  found->second.channel->resume();
  if (found->second.state != phase::behind)
    return;
  found->second.state = phase::catching;
  report_place(found->second);
  read_for(id);
}

void hub_state::check_access() {
  std::map<ulid, caller_ptr> owners;
  for (const auto& [id, entry] : subscribers)
    owners.emplace(entry.owner->credential, entry.owner);
  std::vector<caller_ptr> callers;
  callers.reserve(owners.size());
  for (const auto& [credential, owner] : owners)
    callers.push_back(owner);
  ask_who_is_gone(self, *context, std::move(callers),
                  [this](const std::vector<caller_ptr>& gone) { close_gone(gone); });
}

void hub_state::close_gone(const std::vector<caller_ptr>& gone) {
  for (const caller_ptr& owner : gone)
    for (const auto& [id, entry] : subscribers)
      if (entry.owner->credential == owner->credential && entry.channel) {
        context->metrics.websockets_revoked.add();
        entry.channel->close(policy_violation, "access was withdrawn");
      }
}

/// A page that could not be read is asked for again.
void hub_state::read_on_for_waiting(store::team_id team) {
  const auto& members = teams[team].members;
  if (std::any_of(members.begin(), members.end(),
                  [this](subscriber_id id) { return subscribers.at(id).state == phase::waiting; }))
    read_on(team);
}

void hub_state::look_after() {
  const epoch_us now = context->steady();
  std::vector<subscriber_id> never_opened;
  for (const auto& [id, entry] : subscribers)
    if (entry.state == phase::opening && now - entry.since > max_opening)
      never_opened.push_back(id);
    else if (entry.state == phase::resuming && now - entry.since > max_resuming)
      entry.channel->close(protocol_error, "no resume came within 10 s");
  for (const subscriber_id id : never_opened)
    leave(id);
  std::erase_if(teams, [now](const auto& entry) {
    return entry.second.members.empty() && !entry.second.reading &&
           now - entry.second.idle_since > idle_feed_kept;
  });
  std::vector<store::team_id> followed;
  for (const auto& [team, feed] : teams)
    if (!feed.members.empty())
      followed.push_back(team);
  report_through();
  for (const store::team_id team : followed)
    read_on_for_waiting(team);
  if (!followed.empty())
    context->engine().heads(
        std::move(followed), context->store_deadline(),
        [handle = hub_actor(self)](const result<std::vector<store::team_head>>& heads) {
          if (heads)
            caf::anon_send(handle, team_news{*heads});
        });
  if (now - last_check >= access_check_every) {
    last_check = now;
    check_access();
  }
  if (const epoch_us every = context->options.ping_every; every == 0 || now - last_ping < every)
    return;
  last_ping = now;
  const auto ping = std::make_shared<const std::string>(ping_message(context->wall_s()));
  for (const auto& [id, entry] : subscribers)
    if (entry.state == phase::live)
      entry.channel->send(ping);
}

hub_actor::behavior_type hub(hub_actor::stateful_pointer<hub_state> self, context_ptr context) {
  install_handlers(self);
  auto& state = self->state;
  state.context = std::move(context);
  state.self = self;
  state.last_ping = state.context->steady();
  self->delayed_send(self, hub_tick_every, upkeep_tick{});
  return {
      [self](const subscribe_call& asked) { self->state.subscribe(asked); },
      [self](const socket_opened& opened) { self->state.open(opened); },
      [self](const socket_text& text) { self->state.take_text(text); },
      [self](const socket_overflow& report) { self->state.overflow(report); },
      [self](const socket_drained& drained) { self->state.drained(drained.id); },
      [self](const socket_closed& closed) { self->state.leave(closed.id); },
      [self](const socket_verdicts& verdicts) { self->state.take_verdicts(verdicts); },
      [self](const team_news& news) { self->state.hear(news); },
      [self](const page_read& read) { self->state.take_page(read); },
      [self](const known_looked_up& found) { self->state.take_known(found); },
      [self](upkeep_tick) {
        self->state.look_after();
        self->delayed_send(self, hub_tick_every, upkeep_tick{});
      },
  };
}

} // namespace spec_kitty::server
