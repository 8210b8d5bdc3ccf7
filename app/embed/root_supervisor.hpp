// ROOT_SUPERVISOR: the one actor of an open home that a host's handles lead to.
//
//   host ──emit, flush, status, clock──▶ ROOT_SUPERVISOR ─▶ QUEUE, CLOCK,
//                                                           SUPERVISOR ─▶ the transports
//
// It starts what is behind it and starts it again when it falls: QUEUE, CLOCK and SUPERVISOR
// together, since they hold each other's handles. So a host's handle outlives every one of them.
// All actors here are hidden: an actor system does not wait for them, and ends even when a host
// does not call stop(). ROOT_SUPERVISOR's own end is root_supervisor_stop, in order: transports,
// clock.json, QUEUE.
#pragma once

#include "actors/queue/queue.hpp"
#include "actors/supervisor/restart_policy.hpp"
#include "app/embed/home_core.hpp"
#include "app/home/wiring.hpp"
#include "spec_kitty/actors.hpp"

#include <optional>
#include <vector>

namespace spec_kitty::embed {

/// One flush under way.
struct flushing {
  std::uint64_t id = 0;
  std::chrono::milliseconds until{}; ///< on the steady clock
  flush_report report;
  caf::typed_response_promise<flush_report> promise;
};

/// A failure of a request, where time may have run out: `timeout`, and it may still happen.
failure failure_in_time(const caf::error& error);

struct root_supervisor_state {
  ~root_supervisor_state();

  void start_parts();
  void start_supervisor();
  void on_down(const caf::down_msg& down);
  void end_parts();
  void on_revive(revive_tick tick);

  caf::typed_response_promise<receipt> on_emit(const emit_message& message);
  template <class Question>
  caf::typed_response_promise<clock_reading> ask_clock(Question question);
  void on_committed();
  void pass_wakeup();
  void on_session_tick();
  void pass_page_request(const log_page_request& request);

  // Flushes (flush.cpp).
  caf::typed_response_promise<flush_report> on_flush(const flush_message& message);
  void next_run(std::uint64_t id);
  void on_run(std::uint64_t id, const sync_report& done);
  void end_flush(std::uint64_t id, bool delivered, failure why);
  flushing* find(std::uint64_t id);

  caf::typed_response_promise<wound_down> on_stop(root_supervisor_stop order);
  void begin_stop(std::chrono::milliseconds patience);
  void end_stop();
  static std::chrono::milliseconds steady_ms() {
    return std::chrono::milliseconds(steady_now() / 1000);
  }

  std::shared_ptr<home_core> core;
  std::shared_ptr<std::atomic<int>> alive; ///< children that have not ended
  queue_actor queue_handle;
  clock_actor clock_handle;
  supervisor_actor supervisor_handle;
  std::uint64_t set = 0; ///< counts the starts of those three
  std::shared_ptr<lease_registry> leases = std::make_shared<lease_registry>();
  std::optional<restart_history> falls;
  std::vector<flushing> flushes;
  std::uint64_t last_flush = 0;
  std::chrono::milliseconds woken_at{-1000};
  bool stopping = false;
  std::optional<caf::typed_response_promise<wound_down>> stopped;
  root_supervisor_actor::pointer self = nullptr;

  static inline const char* name = "root_supervisor";
};

root_supervisor_actor::behavior_type
root_supervisor(root_supervisor_actor::stateful_pointer<root_supervisor_state> self,
                std::shared_ptr<home_core> core, std::shared_ptr<std::atomic<int>> alive);

} // namespace spec_kitty::embed
