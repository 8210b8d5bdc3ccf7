#include "app/server/actors/boards.hpp"

#include "app/server/actors/access_check.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace spec_kitty::server {

namespace {

constexpr auto board_tick_every = std::chrono::seconds(1);
constexpr epoch_us board_second = 1'000'000;
constexpr epoch_us board_sign_every = 20 * board_second;
/// A board that has grown beyond this is made anew from its newest events.
constexpr std::size_t max_grown_events = 1'250'000;
constexpr std::uint16_t restarting = 1012;
constexpr std::uint16_t not_allowed = 4401;

} // namespace

boards_state::~boards_state() {
  for (const auto& stream : streams)
    if (stream->channel)
      stream->channel->close(restarting, "the board is made anew");
}

void boards_state::forget(store::team_id team) {
  boards.erase(team);
  for (const auto& stream : streams)
    if (stream->owner->team == team && stream->channel)
      stream->channel->close(restarting, "the board is made anew");
}

void boards_state::check_access() {
  std::set<caller_ptr> owners;
  for (const auto& stream : streams)
    owners.insert(stream->owner);
  ask_who_is_gone(
      self, *context, {owners.begin(), owners.end()}, [this](const std::vector<caller_ptr>& gone) {
        for (const auto& stream : streams)
          if (stream->channel && std::find(gone.begin(), gone.end(), stream->owner) != gone.end())
            stream->channel->close(not_allowed, "the session has ended");
      });
}

void boards_state::look_after() {
  const epoch_us now = context->steady();
  std::vector<store::team_id> teams;
  for (auto entry = boards.begin(); entry != boards.end();) {
    const auto known = entry++->second;
    const bool is_unused =
        known->streams.count() == 0 && now - known->used > context->options.boards.unused_for;
    if (is_unused || known->board.log().size() > max_grown_events)
      forget(known->team);
    else
      teams.push_back(known->team);
  }
  report();
  if (!teams.empty()) // news may be lost
    context->engine().heads(
        teams, context->store_deadline(),
        [handle = boards_actor(self)](const result<std::vector<store::team_head>>& heads) {
          if (heads)
            caf::anon_send(handle, team_news{*heads});
        });
  if (now >= next_check) {
    next_check = now + access_check_every;
    check_access();
  }
  if (now >= next_sign) {
    next_sign = now + board_sign_every;
    for (const auto& [team, known] : std::map(boards)) {
      publish(known); // what only time changes
      known->streams.tick();
    }
  }
}

boards_actor::behavior_type boards(boards_actor::stateful_pointer<boards_state> self,
                                   context_ptr context) {
  install_handlers(self);
  auto& state = self->state;
  state.rates.emplace(context);
  state.sessions.emplace(context->accounts(), [context] { return context->wall(); });
  state.context = std::move(context);
  state.self = self;
  self->delayed_send(self, board_tick_every, upkeep_tick{});
  return {
      [self](const http_call& asked) { self->state.handle(asked); },
      [self](const upgrade_call& asked) { self->state.handle(asked); },
      [](const job& what) { what.work(); },
      [self](const team_news& news) { self->state.hear(news); },
      [self](texts_gone) {
        for (const auto& [team, known] : std::map(self->state.boards))
          self->state.forget(team);
      },
      [self](upkeep_tick) {
        self->state.look_after();
        self->delayed_send(self, board_tick_every, upkeep_tick{});
      },
  };
}

} // namespace spec_kitty::server
