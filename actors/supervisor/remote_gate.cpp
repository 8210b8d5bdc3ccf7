#include "actors/supervisor/remote_gate.hpp"

#include <algorithm>
#include <utility>

namespace spec_kitty {

namespace {

bool of_one_log(const std::shared_ptr<const log_name>& a,
                const std::shared_ptr<const log_name>& b) {
  return a == b || (a && b && *a == *b);
}

} // namespace

void remote_gate::hear(remote_heard what) {
  if (what.log && what.place.seq > 0) {
    if (what.log->log == log_ && what.place.seq <= last_seq_)
      what.event.reset(); // a connection before this one has brought it
    else
      last_seq_ = what.place.seq;
  }
  waiting_.push_back({std::move(what), std::nullopt});
}

void remote_gate::join(log_joined where) {
  if (where.log.log != log_ || where.lost)
    last_seq_ = where.from;
  log_ = where.log.log;
  waiting_.push_back({{}, std::move(where)});
}

void remote_gate::forget_bytes() {
  for (auto& entry : waiting_)
    entry.heard.bytes = 0;
}

bool remote_gate::needs_no_merge(const entry& of) {
  return of.joined || (!of.heard.log && of.heard.clock == 0);
}

std::optional<heard_burst> remote_gate::begin(milliseconds now) {
  if (under_way_ || ready_ > 0 || waiting_.empty() || needs_no_merge(waiting_.front()))
    return std::nullopt;
  if (const auto at = next_at(); at && now < *at)
    return std::nullopt;
  heard_burst burst;
  burst.log = waiting_.front().heard.log;
  for (entry& next : waiting_) {
    if (next.joined || !of_one_log(next.heard.log, burst.log))
      break;
    ++covered_;
    burst.clock = std::max(burst.clock, next.heard.clock);
    burst.through = std::max({burst.through, next.heard.through, next.heard.place.seq});
    if (next.heard.place.seq > 0)
      burst.places.push_back(next.heard.place);
    if (next.heard.change)
      burst.changes.push_back(std::move(*next.heard.change));
  }
  under_way_ = true;
  if (burst.log)
    began_at_ = now;
  return burst;
}

std::size_t remote_gate::merged() {
  under_way_ = false;
  ready_ = std::exchange(covered_, 0);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < ready_; ++i)
    bytes += waiting_[i].heard.bytes;
  return bytes;
}

std::vector<notice> remote_gate::take_ready() {
  std::vector<notice> out;
  while (!under_way_ && !waiting_.empty() && (ready_ > 0 || needs_no_merge(waiting_.front()))) {
    entry& next = waiting_.front();
    if (next.joined)
      out.emplace_back(std::move(*next.joined));
    else if (next.heard.event)
      out.emplace_back(std::move(*next.heard.event));
    waiting_.pop_front();
    ready_ -= ready_ > 0 ? 1 : 0;
  }
  return out;
}

std::optional<remote_gate::milliseconds> remote_gate::next_at() const {
  if (under_way_ || waiting_.empty() || !waiting_.front().heard.log || !began_at_)
    return std::nullopt;
  return *began_at_ + merge_gap;
}

} // namespace spec_kitty
