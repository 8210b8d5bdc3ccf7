#include "app/server/store/lmdb/group_queue.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace spec_kitty::server::store {

namespace {

/// What an event costs in memory beside its text.
constexpr std::size_t bytes_beside_event = sizeof(new_event) + 64;
/// Of a group in the averages.
constexpr double weight_of_the_newest = 0.125;

std::set<team_id> teams_of(const waiting_submission& submission) {
  std::set<team_id> teams;
  for (const auto& part : submission.batches)
    teams.insert(part.team);
  if (teams.empty())
    teams.insert(0); // it is answered in its turn, too
  return teams;
}

void average_in(double& average, double newest) {
  average = average == 0 ? newest : average + (newest - average) * weight_of_the_newest;
}

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
  ++submissions_;
  const auto shared = std::make_shared<waiting_submission>(std::move(submission));
  for (const team_id team : teams_of(*shared))
    waiting_.push(team, std::max<std::size_t>(shared->events, 1), shared);
  return true;
}

group_queue::shared_submission group_queue::next() const {
  const team_id* const turn = waiting_.next([this](team_id team) {
    const auto& first = waiting_.front(team);
    return std::all_of(first->batches.begin(), first->batches.end(),
                       [&](const batch& part) { return waiting_.front(part.team) == first; });
  });
  return turn == nullptr ? nullptr : waiting_.front(*turn);
}

waiting_submission group_queue::pop(const shared_submission& from) {
  for (const team_id team : teams_of(*from))
    (void)waiting_.pop(team);
  bytes_ -= from->bytes;
  --submissions_;
  return std::move(*from);
}

std::vector<waiting_submission> group_queue::take_group(std::size_t enough) {
  std::vector<waiting_submission> group;
  std::size_t events = 0;
  std::size_t bytes = 0;
  for (auto turn = next(); turn && (group.empty() || events < enough); turn = next()) {
    if (turn->reply && turn->reply->is_settled()) { // its deadline passed
      (void)pop(turn);
      continue;
    }
    if (!group.empty() &&
        (events + turn->events > max_group_events || bytes + turn->bytes > max_group_bytes))
      break;
    events += turn->events;
    bytes += turn->bytes;
    group.push_back(pop(turn));
  }
  return group;
}

std::vector<waiting_submission> group_queue::take_all() {
  std::vector<waiting_submission> out;
  for (auto turn = next(); turn; turn = next())
    out.push_back(pop(turn));
  return out;
}

void group_pace::note(std::size_t events, std::chrono::microseconds work,
                      std::chrono::microseconds sync) {
  if (events == 0)
    return;
  average_in(work_us_of_an_event_,
             std::max(static_cast<double>(work.count()), 1.0) / static_cast<double>(events));
  average_in(sync_us_, static_cast<double>(sync.count()));
}

std::size_t group_pace::events_of_a_sync() const {
  if (work_us_of_an_event_ == 0)
    return min_events_of_a_sync;
  return static_cast<std::size_t>(std::clamp(sync_us_ / work_us_of_an_event_,
                                             static_cast<double>(min_events_of_a_sync),
                                             static_cast<double>(max_group_events)));
}

} // namespace spec_kitty::server::store
