#include "actors/batch_sync/plan.hpp"

#include "messages/protocol.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace spec_kitty {

namespace {

/// How many of the events fit into one batch; at least one.
std::size_t fitting(const std::vector<leased_event>& events, std::size_t max_events,
                    std::size_t max_bytes) {
  std::size_t bytes = protocol::batch_frame_bytes;
  std::size_t count = 0;
  for (const auto& event : events) {
    bytes += event.json.size() + 1;
    if (count > 0 && (count == max_events || bytes > max_bytes))
      break;
    ++count;
  }
  return count;
}

} // namespace

void batch_plan::begin(std::vector<leased_event> events) {
  slices_.clear();
  extend(std::move(events));
}

void batch_plan::extend(std::vector<leased_event> events) {
  bool first = true; // never into a slice that is out already
  for (auto& event : events) {
    const kind what = event.alone ? kind::alone : kind::open;
    if (std::exchange(first, false) || what == kind::alone || slices_.back().what == kind::alone)
      slices_.push_back({{}, what});
    slices_.back().events.push_back(std::move(event));
  }
}

batch_plan::extent batch_plan::left() const {
  extent all;
  for (const auto& slice : slices_) {
    all.events += slice.events.size();
    for (const auto& event : slice.events)
      all.bytes += event.json.size() + 1;
  }
  return all;
}

void batch_plan::arrange(std::size_t at, std::size_t max_events, std::size_t max_bytes) {
  if (slices_[at].what == kind::open)
    while (slices_.size() > at + 1 && slices_[at + 1].what == kind::open &&
           slices_[at].events.size() < max_events) {
      auto& behind = slices_[at + 1].events;
      std::move(behind.begin(), behind.end(), std::back_inserter(slices_[at].events));
      slices_.erase(slices_.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    }
  const std::size_t fits = fitting(slices_[at].events, max_events, max_bytes);
  if (fits < slices_[at].events.size())
    split(at, fits, kind::open, kind::open);
}

const std::vector<leased_event>& batch_plan::next(std::size_t max_events, std::size_t max_bytes) {
  while (slices_.front().what == kind::bad && slices_.front().events.size() > 1)
    split(0, slices_.front().events.size() / 2, kind::left, kind::open);
  arrange(0, max_events, max_bytes);
  return slices_.front().events;
}

std::span<const leased_event> batch_plan::upcoming(std::size_t max_events, std::size_t max_bytes) {
  if (slices_.size() < 2 || slices_.front().what == kind::left || slices_[1].what == kind::bad)
    return {};
  arrange(1, max_events, max_bytes);
  return slices_[1].events;
}

void batch_plan::passed() {
  const bool was_left = slices_.front().what == kind::left;
  slices_.pop_front();
  if (was_left && !slices_.empty() && slices_.front().what == kind::open)
    slices_.front().what = kind::bad;
}

bool batch_plan::halve_refused() {
  slice& first = slices_.front();
  if (first.events.size() == 1) {
    first.what = kind::open; // this event is bad: the ones behind it are not
    return false;
  }
  split(0, first.events.size() / 2, kind::left, kind::open);
  return true;
}

bool batch_plan::halve_large() {
  if (slices_.front().events.size() == 1)
    return false;
  split(0, slices_.front().events.size() / 2, kind::open, kind::open);
  return true;
}

void batch_plan::drop(const std::set<std::uint64_t>& positions) {
  slice& first = slices_.front();
  first.what = kind::open;
  std::erase_if(first.events, [&](const auto& event) { return positions.contains(event.seq); });
  if (first.events.empty())
    slices_.pop_front();
}

std::vector<leased_event> batch_plan::take_rest() {
  std::vector<leased_event> rest;
  for (auto& slice : slices_)
    std::move(slice.events.begin(), slice.events.end(), std::back_inserter(rest));
  slices_.clear();
  return rest;
}

void batch_plan::split(std::size_t at, std::size_t size, kind left, kind right) {
  auto& events = slices_[at].events;
  const auto middle = events.begin() + static_cast<std::ptrdiff_t>(size);
  slice behind{{std::make_move_iterator(middle), std::make_move_iterator(events.end())}, right};
  events.erase(middle, events.end());
  slices_[at].what = left;
  slices_.insert(slices_.begin() + static_cast<std::ptrdiff_t>(at) + 1, std::move(behind));
}

} // namespace spec_kitty
