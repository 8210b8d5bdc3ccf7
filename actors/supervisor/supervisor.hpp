// SUPERVISOR: starts the transports, watches them, starts a fallen one again after a delay, and
// gives it up when it falls too often (restart_policy.hpp). QUEUE is nobody's child: its death is
// the end of the program's purpose, never papered over.
//
// The children stand in one table; see children() in supervisor.cpp.
#pragma once

#include "actors/batch_sync/batch_sync.hpp"
#include "actors/supervisor/restart_policy.hpp"

#include <functional>
#include <string_view>
#include <vector>

namespace spec_kitty {

struct supervisor_config {
  /// Starts BATCH_SYNC; injected so that tests can let it fall.
  std::function<batch_sync_actor(caf::local_actor&)> start_batch_sync;
  restart_policy policy;
  std::function<epoch_us()> now = wall_clock_now;
};

/// One line of the table of children.
struct child_spec {
  std::string_view name;
  std::function<caf::actor_addr()> start; ///< starts it and keeps its handle
  std::function<void()> forget;           ///< drops its handle
  restart_history history;
  caf::actor_addr address;
  bool given_up = false; ///< it fell too often
};

struct supervisor_state {
  ~supervisor_state(); ///< the children end with their supervisor

  std::vector<child_spec> children();
  void start(child_spec& child);
  void on_down(const caf::down_msg& down);

  supervisor_config config;
  std::vector<child_spec> table;
  batch_sync_actor batch_sync;
  supervisor_actor::pointer self = nullptr;

  static inline const char* name = "supervisor";
};

supervisor_actor::behavior_type
supervisor(supervisor_actor::stateful_pointer<supervisor_state> self, supervisor_config config);

} // namespace spec_kitty
