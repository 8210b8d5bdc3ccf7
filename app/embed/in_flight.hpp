// Events that were handed over and are not answered yet: the bound that keeps a host's memory.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace spec_kitty::embed {

class in_flight {
public:
  using deadline = std::chrono::steady_clock::time_point;

  explicit in_flight(std::size_t max_count) : max_count_(max_count), eighth_((max_count + 7) / 8) {}

  bool try_enter() {
    const std::lock_guard hold(guard_);
    return enter_locked();
  }
  /// Waits for capacity; false when there was no capacity in time.
  bool enter(deadline until) {
    std::unique_lock hold(guard_);
    ++waiting_for_capacity_;
    const bool has_capacity =
        capacity_freed_.wait_until(hold, until, [&] { return entered_ - left_ < max_count_; });
    --waiting_for_capacity_;
    return has_capacity && enter_locked();
  }
  /// Past the bound: for a callback, which would wait for itself.
  void enter_anyway() {
    const std::lock_guard hold(guard_);
    ++entered_;
  }
  /// So many have their answer; they may still count as in flight.
  void answered(std::size_t count) {
    const std::lock_guard hold(guard_);
    answered_ += count;
    if (waiting_for_answers_ > 0)
      answers_.notify_all();
  }
  /// Each time an eighth has left, an eighth of the waiting threads is woken. To wake all of them
  /// for each place would keep the processors from QUEUE, which frees the places.
  void leave(std::size_t count) {
    const std::lock_guard hold(guard_);
    left_ += count;
    left_since_ += count;
    const std::size_t eighths = left_since_ / eighth_;
    left_since_ %= eighth_;
    const std::size_t threads =
        std::min<std::size_t>(waiting_for_capacity_, eighths * ((waiting_for_capacity_ + 7) / 8));
    for (std::size_t wake = 0; wake < threads; ++wake)
      capacity_freed_.notify_one();
  }
  /// Waits until as many have an answer as had entered before; false when that takes longer.
  bool wait_for_those_before(deadline until) {
    std::unique_lock hold(guard_);
    const std::uint64_t before = entered_;
    ++waiting_for_answers_;
    const bool done = answers_.wait_until(hold, until, [&] { return answered_ >= before; });
    --waiting_for_answers_;
    return done;
  }
  /// Without an answer now.
  std::uint64_t now() const {
    const std::lock_guard hold(guard_);
    return entered_ - answered_;
  }

private:
  bool enter_locked() {
    if (entered_ - left_ >= max_count_)
      return false;
    ++entered_;
    return true;
  }

  const std::size_t max_count_;
  const std::size_t eighth_;
  mutable std::mutex guard_;
  std::condition_variable capacity_freed_;
  std::condition_variable answers_;
  std::uint64_t entered_ = 0;
  std::uint64_t answered_ = 0;
  std::uint64_t left_ = 0;
  std::size_t left_since_ = 0; ///< the last wakeup of waiting threads
  unsigned waiting_for_capacity_ = 0;
  unsigned waiting_for_answers_ = 0;
};

} // namespace spec_kitty::embed
