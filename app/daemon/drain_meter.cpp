#include "app/daemon/drain_meter.hpp"

#include <algorithm>

namespace spec_kitty {

std::optional<std::uint64_t> drain_progress::seconds_left() const {
  if (per_second == 0)
    return std::nullopt;
  return left / per_second + (left % per_second == 0 ? 0 : 1);
}

void drain_meter::note(const sync_progress& at, steady::time_point now) {
  const std::lock_guard hold(guard_);
  if (at.settled >= at.selected) { // all of it
    first_.reset();
    last_ = {};
    return;
  }
  if (!first_ || at.settled < last_.settled) // the end of a run may not have been heard of
    first_ = sample{at.settled, now};
  last_ = {at.settled, now};
  selected_ = at.selected;
}

void drain_meter::end_run() {
  const std::lock_guard hold(guard_);
  first_.reset();
  last_ = {};
}

std::optional<drain_progress> drain_meter::progress() const {
  const std::lock_guard hold(guard_);
  if (!first_)
    return std::nullopt;
  drain_progress found;
  found.left = selected_ - std::min(selected_, last_.settled);
  const std::chrono::duration<double> took = last_.at - first_->at;
  if (took.count() > 0)
    found.per_second = static_cast<std::uint64_t>(
        static_cast<double>(last_.settled - first_->settled) / took.count());
  return found;
}

} // namespace spec_kitty
