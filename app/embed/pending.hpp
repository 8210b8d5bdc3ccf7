// One receipt on its way: what pending_receipt waits for.
#pragma once

#include "spec_kitty/client.hpp"
#include "util/process_generation.hpp"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

namespace spec_kitty {

namespace embed {

/// Wakes the threads that wait for receipts of one client: once for all that a commit has answered.
class receipt_signal {
public:
  using deadline = std::chrono::steady_clock::time_point;

  void wake() {
    const std::lock_guard hold(guard_);
    if (waiting_ > 0)
      changed_.notify_all();
  }
  /// Waits until `done` says so after a wakeup; false when that takes longer.
  template <class Done>
  bool wait(deadline until, Done done) {
    std::unique_lock hold(guard_);
    ++waiting_;
    const bool in_time = changed_.wait_until(hold, until, done);
    --waiting_;
    return in_time;
  }

private:
  std::mutex guard_;
  std::condition_variable changed_;
  unsigned waiting_ = 0;
};

} // namespace embed

struct pending_receipt::state {
  /// Without a signal it is answered before anybody waits.
  state(std::chrono::milliseconds usual, std::shared_ptr<embed::receipt_signal> changed)
      : patience(usual), signal(std::move(changed)) {}

  /// Once; who waits sees it after the signal's next wakeup.
  void set(result<receipt> with) {
    outcome = std::move(with);
    answered.store(true, std::memory_order_release);
  }
  bool ready() const { return answered.load(std::memory_order_acquire); }

  const std::chrono::milliseconds patience;
  const std::shared_ptr<embed::receipt_signal> signal;
  const unsigned made_in = process_generation();
  std::atomic<bool> answered{false};
  std::optional<result<receipt>> outcome; ///< not touched again once it is answered
};

} // namespace spec_kitty
