#include "actors/batch_sync/plan.hpp"

#include "messages/protocol.hpp"

#include <algorithm>
#include <iterator>

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
  for (auto& event : events) {
    const kind what = event.alone ? kind::alone : kind::open;
    if (slices_.empty() || what == kind::alone || slices_.back().what == kind::alone)
      slices_.push_back({{}, what});
    slices_.back().events.push_back(std::move(event));
  }
}

const std::vector<leased_event>& batch_plan::next(std::size_t max_events, std::size_t max_bytes) {
  while (slices_.front().what == kind::bad && slices_.front().events.size() > 1)
    split_first(slices_.front().events.size() / 2, kind::left, kind::open);
  if (slices_.front().what == kind::open)
    while (slices_.size() > 1 && slices_[1].what == kind::open &&
           slices_.front().events.size() < max_events) {
      auto& first = slices_.front().events;
      std::move(slices_[1].events.begin(), slices_[1].events.end(), std::back_inserter(first));
      slices_.erase(slices_.begin() + 1);
    }
  const std::size_t fits = fitting(slices_.front().events, max_events, max_bytes);
  if (fits < slices_.front().events.size())
    split_first(fits, kind::open, kind::open);
  return slices_.front().events;
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
  split_first(first.events.size() / 2, kind::left, kind::open);
  return true;
}

bool batch_plan::halve_large() {
  if (slices_.front().events.size() == 1)
    return false;
  split_first(slices_.front().events.size() / 2, kind::open, kind::open);
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

void batch_plan::split_first(std::size_t size, kind left, kind right) {
  auto& events = slices_.front().events;
  const auto middle = events.begin() + static_cast<std::ptrdiff_t>(size);
  slice behind{{std::make_move_iterator(middle), std::make_move_iterator(events.end())}, right};
  events.erase(middle, events.end());
  slices_.front().what = left;
  slices_.insert(slices_.begin() + 1, std::move(behind));
}

} // namespace spec_kitty
