// What a schedule may do to the simulated installation: one line per kind, with how often it is
// drawn.
#pragma once

#include "app/chaos/scenario.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace spec_kitty::chaos::simulation {

enum class action : std::uint8_t {
  // what people do; no faults
  emit,
  sync_now,
  look,
  login,
  logout,
  retry_dead,
  // an exchange over HTTP
  request_lost,
  reply_lost,
  request_twice,
  request_late,
  slow_reply,
  unreachable,
  status_5xx,
  status_429,
  status_413,
  status_401,
  status_403,
  status_412,
  status_404,
  named_refusal,
  unnamed_refusal,
  html,
  cut_json,
  no_results,
  omitted_results,
  alien_results,
  second_results,
  pending,
  unknown_status,
  clock_behind,
  absurd_clock,
  // the session
  access_revoked,
  session_over,
  // events that the server refuses until the end
  guilty_by_result,
  guilty_by_name,
  guilty_unnamed,
  // the WebSocket
  socket_refused,
  socket_401,
  no_snapshot,
  socket_lost,
  socket_closed,
  socket_silent,
  ack_lost,
  ack_twice,
  ack_late,
  ack_by_echo,
  ack_unknown,
  socket_error,
  socket_behind,
  foreign_event,
  absurd_foreign,
  bad_foreign,
  unknown_message,
  bad_json,
  alien_ack,
  ping,
  unread,
  // the store
  write_fails,
  disk_full,
  store_shut,
  store_busy,
  outcome_unknown,
  // processes
  crash,
  reboot,
  stop,
  http_falls,
  auth_falls,
  batch_sync_falls,
  websocket_falls,
  queue_falls,
  // time
  clock_jump,
  server_away,
  // the node
  node_renewed,
  far_foreign,
};

/// How an action takes effect.
enum class action_kind : std::uint8_t {
  work,     ///< what people do
  exchange, ///< armed; the next exchange of its node has it
  batch,    ///< armed; the next batch of its node has it
  socket,   ///< armed; the next message or connection of its node that it fits has it
  now       ///< done when its time has come
};

struct action_spec {
  action what;
  action_kind kind;
  std::string_view name;
  unsigned weight; ///< 0: drawn in another way
};

const action_spec& spec_of(action what);
std::optional<action> action_named(std::string_view name);

/// A step's numbers: when (ms), at which node, and two free ones whose meaning the action defines.
struct action_values {
  std::int64_t at = 0;
  std::uint64_t node = 0;
  std::uint64_t a = 0;
  std::uint64_t b = 0;
};
action_values values_of(const step& step);

/// A schedule: some emissions and some faults over at most two minutes.
std::vector<step> draw_steps(dice& chance);

} // namespace spec_kitty::chaos::simulation
