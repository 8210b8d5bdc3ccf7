// The receive rule for events that come from elsewhere: a clock is merged before its event is
// published. Pure.
//
//   clock ──▶ begin() ──merge──▶ merged() ──▶ events that may be published now
//
// A host that receives an event may act on it, and what it records then must have a greater clock.
// Publishing first, while the merge is still under way, would leave that to chance.
#pragma once

#include "messages/connection.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace spec_kitty {

class remote_clock_gate {
public:
  /// A clock has come. Its event's notice follows directly.
  void clock(std::uint64_t value) { due_ = std::max(due_, value); }

  /// The value to merge now: the highest of all that came meanwhile. Nothing while a merge is under
  /// way, or where no clock is due.
  std::optional<std::uint64_t> begin() {
    if (under_way_ || due_ == 0)
      return std::nullopt;
    under_way_ = true;
    covered_ = waiting_.size();
    return std::exchange(due_, 0);
  }

  /// Whether an event has to wait for its clock; it is kept then.
  bool keeps(event_received& event) {
    if (!under_way_ && due_ == 0)
      return false;
    waiting_.push_back(std::move(event));
    return true;
  }

  /// The merge is over: the events that waited for it, in order. A merge that failed releases them
  /// too: what a person is shown does not wait for a store that cannot be written.
  std::vector<event_received> merged() {
    under_way_ = false;
    const std::size_t count = due_ == 0 ? waiting_.size() : covered_;
    std::vector<event_received> out;
    for (std::size_t i = 0; i < count; ++i) {
      out.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    return out;
  }

private:
  std::uint64_t due_ = 0; ///< 0: no clock is due
  bool under_way_ = false;
  std::size_t covered_ = 0; ///< of those that wait: there when the merge began
  std::deque<event_received> waiting_;
};

} // namespace spec_kitty
