// When to start a fallen child again. Pure.
#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>

namespace spec_kitty {

/// One-for-one restarts with a limit on their intensity, as Erlang/OTP's supervisors have it:
/// at most `max_restarts` restarts within `window`, each after a delay that doubles.
struct restart_policy {
  unsigned max_restarts = 5;
  std::chrono::milliseconds window{60000};
  std::chrono::milliseconds first_delay{50};
  std::chrono::milliseconds max_delay{5000};
};

/// The restarts of one child.
class restart_history {
public:
  explicit restart_history(restart_policy policy) : policy_(policy) {}

  /// The delay before the next start, given that the child fell at `now`; nothing when it has
  /// fallen too often within the window: then the supervisor gives it up.
  std::optional<std::chrono::milliseconds> on_fall(std::chrono::milliseconds now) {
    while (!falls_.empty() && now - falls_.front() > policy_.window)
      falls_.pop_front();
    falls_.push_back(now);
    if (falls_.size() > policy_.max_restarts)
      return std::nullopt;
    auto delay = policy_.first_delay;
    for (std::size_t i = 1; i < falls_.size() && delay < policy_.max_delay; ++i)
      delay *= 2;
    return std::min(delay, policy_.max_delay);
  }

private:
  restart_policy policy_;
  std::deque<std::chrono::milliseconds> falls_;
};

} // namespace spec_kitty
