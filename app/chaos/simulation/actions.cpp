#include "app/chaos/simulation/actions.hpp"

#include <algorithm>
#include <array>

namespace spec_kitty::chaos::simulation {

namespace {

using enum action;
using kind = action_kind;

constexpr std::array all = {
    action_spec{emit, kind::work, "emit", 0},
    action_spec{sync_now, kind::work, "sync now", 0},
    action_spec{look, kind::work, "look", 0},
    action_spec{login, kind::work, "login", 4},
    action_spec{logout, kind::work, "logout", 2},
    action_spec{retry_dead, kind::work, "retry the dead", 2},
    action_spec{request_lost, kind::exchange, "request lost", 8},
    action_spec{reply_lost, kind::exchange, "reply lost", 12},
    action_spec{request_twice, kind::exchange, "request twice", 6},
    action_spec{request_late, kind::exchange, "request late", 8},
    action_spec{slow_reply, kind::exchange, "slow reply", 6},
    action_spec{unreachable, kind::exchange, "unreachable", 4},
    action_spec{status_5xx, kind::exchange, "status 5xx", 5},
    action_spec{status_429, kind::exchange, "status 429", 4},
    action_spec{status_413, kind::batch, "status 413", 4},
    action_spec{status_401, kind::exchange, "status 401", 5},
    action_spec{status_403, kind::batch, "status 403", 3},
    action_spec{status_412, kind::batch, "status 412", 2},
    action_spec{status_404, kind::exchange, "status 404", 2},
    action_spec{named_refusal, kind::batch, "400 with names", 4},
    action_spec{unnamed_refusal, kind::batch, "400 without names", 4},
    action_spec{html, kind::exchange, "HTML", 3},
    action_spec{cut_json, kind::exchange, "cut JSON", 4},
    action_spec{no_results, kind::batch, "no results", 2},
    action_spec{omitted_results, kind::batch, "omitted results", 5},
    action_spec{alien_results, kind::batch, "results of others", 2},
    action_spec{second_results, kind::batch, "second results", 3},
    action_spec{pending, kind::batch, "pending", 4},
    action_spec{unknown_status, kind::batch, "unknown status", 2},
    action_spec{clock_behind, kind::batch, "clock behind", 6},
    action_spec{absurd_clock, kind::batch, "absurd server clock", 2},
    action_spec{access_revoked, kind::now, "access token revoked", 4},
    action_spec{session_over, kind::now, "session ended", 2},
    action_spec{guilty_by_result, kind::now, "event refused by result", 4},
    action_spec{guilty_by_name, kind::now, "event refused by name", 3},
    action_spec{guilty_unnamed, kind::now, "event refused without a name", 3},
    action_spec{socket_refused, kind::socket, "socket refused", 3},
    action_spec{socket_401, kind::socket, "socket answered 401", 2},
    action_spec{no_snapshot, kind::socket, "no snapshot", 2},
    action_spec{socket_lost, kind::now, "socket lost", 6},
    action_spec{socket_closed, kind::now, "socket closed", 4},
    action_spec{socket_silent, kind::now, "socket silent", 3},
    action_spec{ack_lost, kind::socket, "ack lost", 6},
    action_spec{ack_twice, kind::socket, "ack twice", 3},
    action_spec{ack_late, kind::socket, "ack late", 5},
    action_spec{ack_by_echo, kind::socket, "echo for ack", 3},
    action_spec{ack_unknown, kind::socket, "ack of unknown status", 2},
    action_spec{socket_error, kind::socket, "socket error", 3},
    action_spec{socket_behind, kind::socket, "socket says clock behind", 4},
    action_spec{foreign_event, kind::now, "foreign events", 8},
    action_spec{absurd_foreign, kind::now, "absurd foreign clock", 2},
    action_spec{bad_foreign, kind::now, "foreign event without clock", 2},
    action_spec{unknown_message, kind::now, "unknown message", 2},
    action_spec{bad_json, kind::now, "bad JSON", 2},
    action_spec{alien_ack, kind::now, "ack of another event", 2},
    action_spec{ping, kind::now, "ping", 1},
    action_spec{unread, kind::socket, "socket not read", 2},
    action_spec{write_fails, kind::now, "write fails", 10},
    action_spec{disk_full, kind::now, "disk full", 5},
    action_spec{store_shut, kind::now, "store cannot be opened", 4},
    action_spec{store_busy, kind::now, "store busy", 5},
    action_spec{outcome_unknown, kind::now, "outcome unknown", 5},
    action_spec{action::crash, kind::now, "crash", 12},
    action_spec{reboot, kind::now, "reboot", 3},
    action_spec{stop, kind::now, "stop", 3},
    action_spec{http_falls, kind::now, "HTTP falls", 4},
    action_spec{auth_falls, kind::now, "AUTH falls", 4},
    action_spec{batch_sync_falls, kind::now, "BATCH_SYNC falls", 6},
    action_spec{websocket_falls, kind::now, "WEBSOCKET falls", 5},
    action_spec{queue_falls, kind::now, "QUEUE falls", 3},
    action_spec{clock_jump, kind::now, "clock jumps", 6},
    action_spec{server_away, kind::now, "server away", 5},
    action_spec{node_renewed, kind::now, "clock renewed", 4},
    action_spec{far_foreign, kind::now, "foreign clock out of reach", 2},
};

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i].what != static_cast<action>(i))
      return false;
  return true;
}
static_assert(is_in_order());

action draw_fault(dice& chance) {
  unsigned sum = 0;
  for (const auto& spec : all)
    sum += spec.weight;
  std::uint64_t at = chance.below(sum);
  for (const auto& spec : all) {
    if (at < spec.weight)
      return spec.what;
    at -= spec.weight;
  }
  return action::crash;
}

} // namespace

const action_spec& spec_of(action what) {
  return all[static_cast<std::size_t>(what)];
}

std::optional<action> action_named(std::string_view name) {
  const auto* const found =
      std::find_if(all.begin(), all.end(), [&](const auto& spec) { return spec.name == name; });
  return found == all.end() ? std::nullopt : std::optional(found->what);
}

action_values values_of(const step& step) {
  const auto value = [&](std::size_t i) { return i < step.values.size() ? step.values[i] : 0; };
  return {static_cast<std::int64_t>(value(0)), value(1), value(2), value(3)};
}

std::vector<step> draw_steps(dice& chance) {
  // Most faults are worth most while something is under way: a short span brings them together.
  const std::uint64_t span = chance.pick<std::uint64_t>({2'000, 10'000, 40'000, 120'000});
  std::vector<step> steps;
  // What waits for its exchange is armed early, else it often meets none.
  const auto add = [&](action what) {
    const action_kind kind = spec_of(what).kind;
    const bool armed = kind != action_kind::work && kind != action_kind::now;
    steps.push_back(
        {std::string(spec_of(what).name),
         {chance.below(armed ? span / 3 : span), chance.below(2), chance.next(), chance.next()}});
  };
  for (std::uint64_t n = chance.between(2, 7); n > 0; --n)
    add(action::emit);
  for (std::uint64_t n = chance.below(3); n > 0; --n)
    add(action::sync_now);
  if (chance.one_in(3))
    add(action::look);
  for (std::uint64_t n = chance.between(1, 9); n > 0; --n)
    add(draw_fault(chance));
  std::stable_sort(steps.begin(), steps.end(), [](const step& a, const step& b) {
    return a.values.front() < b.values.front();
  });
  return steps;
}

} // namespace spec_kitty::chaos::simulation
