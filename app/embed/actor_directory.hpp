// Where an open home's actors are just now: for every thread of the host.
#pragma once

#include "messages/interfaces.hpp"

#include <caf/send.hpp>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <utility>

namespace spec_kitty::embed {

class actor_directory {
public:
  void set_root_supervisor(wakeup_actor root_supervisor) {
    const std::lock_guard hold(guard_);
    root_supervisor_ = std::move(root_supervisor);
  }
  void set_queue(queue_actor queue) {
    const std::lock_guard hold(guard_);
    queue_ = std::move(queue);
  }
  /// There is no QUEUE from now on, for this reason.
  void clear_queue(failure why) {
    const std::lock_guard hold(guard_);
    queue_ = nullptr;
    why_no_queue_ = std::move(why);
  }
  /// QUEUE as it is now; nothing while or when there is no QUEUE.
  queue_actor queue() const {
    const std::lock_guard hold(guard_);
    return queue_;
  }
  failure why_no_queue() const {
    const std::lock_guard hold(guard_);
    return why_no_queue_;
  }

  /// Has the transports look for events, soon; many calls at once cost one message.
  void wake_transports() {
    if (wakeup_pending_.exchange(true))
      return;
    const std::lock_guard hold(guard_);
    if (root_supervisor_)
      caf::anon_send(root_supervisor_, committed{});
  }
  /// ROOT_SUPERVISOR has seen the wakeup: the next one is a message again.
  void wakeup_delivered() { wakeup_pending_.store(false); }

  /// Has a page of the team's log read; the answer is a notice.
  void read_log(const log_page_request& request) {
    const std::lock_guard hold(guard_);
    if (root_supervisor_)
      caf::anon_send(root_supervisor_, request);
  }

  /// Reports transports that have failed for good; `set` names those that are meant.
  void report_failed_transports(std::uint64_t set) {
    const std::lock_guard hold(guard_);
    if (root_supervisor_)
      caf::anon_send(root_supervisor_, transports_failed{set});
  }

private:
  mutable std::mutex guard_;
  queue_actor queue_;
  wakeup_actor root_supervisor_;
  failure why_no_queue_{ec::stopping, "the client has been stopped", {}};
  std::atomic<bool> wakeup_pending_{false};
};

} // namespace spec_kitty::embed
