#include "app/server/store/lmdb/group_queue.hpp"

#include <set>

namespace spec_kitty::server::store {

namespace {

/// What an event costs in memory beside its text.
constexpr std::size_t bytes_beside_event = sizeof(new_event) + 64;

} // namespace

std::size_t bytes_of(const batch& events) {
  std::size_t bytes = sizeof(batch);
  for (const auto& event : events.events)
    bytes += event.text.size() + bytes_beside_event;
  return bytes;
}

bool group_queue::push(waiting_submission submission) {
  if (submission.bytes > max_bytes_ - std::min(bytes_, max_bytes_))
    return false;
  bytes_ += submission.bytes;
  waiting_.push_back(std::move(submission));
  return true;
}

group_queue::place group_queue::take(group& into, place from) {
  into.total.events += from->events;
  into.total.bytes += from->bytes;
  for (const auto& part : from->batches) {
    share& of_team = into.of_team[part.team];
    of_team.events += part.events.size();
    of_team.bytes += bytes_of(part);
  }
  bytes_ -= from->bytes;
  into.taken.push_back(std::move(*from));
  return waiting_.erase(from);
}

bool group_queue::fill(group& into, bool halves) {
  std::set<team_id> held_back; // later submissions of these wait behind one that stays
  for (auto next = waiting_.begin(); next != waiting_.end();) {
    if (next->reply && next->reply->is_settled()) { // its deadline passed
      bytes_ -= next->bytes;
      next = waiting_.erase(next);
      continue;
    }
    if (!into.taken.empty()) {
      if (into.total.events + next->events > max_group_events ||
          into.total.bytes + next->bytes > max_group_bytes)
        return false;
      bool stays = false;
      for (const auto& part : next->batches) {
        const share& has = into.of_team[part.team];
        stays = stays || held_back.contains(part.team) ||
                (halves && (has.events + part.events.size() > max_group_events / 2 ||
                            has.bytes + bytes_of(part) > max_group_bytes / 2));
      }
      if (stays) {
        for (const auto& part : next->batches)
          held_back.insert(part.team);
        ++next;
        continue;
      }
    }
    next = take(into, next);
  }
  return true;
}

std::vector<waiting_submission> group_queue::take_group() {
  group out;
  // What the first pass leaves was held back for its team's share: all others are in the group.
  if (fill(out, true) && !waiting_.empty())
    fill(out, false);
  return std::move(out.taken);
}

std::vector<waiting_submission> group_queue::take_all() {
  std::vector<waiting_submission> out;
  for (auto& submission : waiting_)
    out.push_back(std::move(submission));
  waiting_.clear();
  bytes_ = 0;
  return out;
}

} // namespace spec_kitty::server::store
