// What waits to be committed, and which of it makes the next group. Pure.
//
// A group takes whole submissions, teams in turn by the events that they send (fair_queue.hpp),
// those of a team in the order of their arrival, until it has as many events as are worth one sync:
// what comes next waits for it. That is at most 10,000 events and 8 MiB; a larger submission is a
// group of its own.
#pragma once

#include "app/server/store/lmdb/pending.hpp"
#include "app/server/store/types.hpp"
#include "util/fair_queue.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

namespace spec_kitty::server::store {

inline constexpr std::size_t max_group_events = 10'000;
inline constexpr std::size_t max_group_bytes = std::size_t{8} << 20;
/// As many take a few milliseconds, on any disk.
inline constexpr std::size_t min_events_of_a_sync = 1'000;

/// The batches of one call of commit(): stored together or not at all.
struct waiting_submission {
  std::vector<batch> batches;
  std::size_t events = 0;
  std::size_t bytes = 0;
  std::shared_ptr<pending<committed>> reply;
};

class group_queue {
public:
  explicit group_queue(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// False, and nothing is changed, where the queue would hold too much.
  bool push(waiting_submission submission);
  /// The next group; empty where nothing waits. No submission is begun once it has `enough` events.
  std::vector<waiting_submission> take_group(std::size_t enough);
  std::vector<waiting_submission> take_all();

  bool is_empty() const { return waiting_.is_empty(); }
  std::size_t size() const { return submissions_; }
  std::size_t bytes() const { return bytes_; }

private:
  using shared_submission = std::shared_ptr<waiting_submission>;

  /// Whose turn it is; nothing where nothing waits.
  shared_submission next() const;
  waiting_submission pop(const shared_submission& from);

  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::size_t submissions_ = 0;
  /// One for several teams stands in the queue of each, and its turn comes when it is the first in
  /// all of them.
  fair_queue<team_id, shared_submission> waiting_;
};

/// What groups have taken lately: their own time, and that of the disk.
class group_pace {
public:
  void note(std::size_t events, std::chrono::microseconds work, std::chrono::microseconds sync);
  /// So many events take about as long as a sync: with fewer most of the time is the disk's, with
  /// more everybody waits longer for little.
  std::size_t events_of_a_sync() const;

private:
  double work_us_of_an_event_ = 0; ///< 0: not known yet
  double sync_us_ = 0;
};

/// Of the texts of a batch and what is kept beside them.
std::size_t bytes_of(const batch& events);

} // namespace spec_kitty::server::store
