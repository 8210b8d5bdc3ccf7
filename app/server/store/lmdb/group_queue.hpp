// What waits to be committed, and which of it makes the next group. Pure.
//
// A group takes what waits, in the order of arrival, whole submissions, up to 10,000 events and
// 8 MiB (a larger submission is a group of its own). While other teams wait a team's share is at
// most half; what it has beyond that stays, in its order.
#pragma once

#include "app/server/store/lmdb/pending.hpp"
#include "app/server/store/types.hpp"

#include <list>
#include <map>
#include <memory>
#include <vector>

namespace spec_kitty::server::store {

inline constexpr std::size_t max_group_events = 10'000;
inline constexpr std::size_t max_group_bytes = std::size_t{8} << 20;

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
  /// The next group; empty where nothing waits.
  std::vector<waiting_submission> take_group();
  std::vector<waiting_submission> take_all();

  bool is_empty() const { return waiting_.empty(); }
  std::size_t size() const { return waiting_.size(); }
  std::size_t bytes() const { return bytes_; }

private:
  struct share {
    std::size_t events = 0;
    std::size_t bytes = 0;
  };
  using shares = std::map<team_id, share>;
  struct group {
    std::vector<waiting_submission> taken;
    share total;
    shares of_team;
  };
  using place = std::list<waiting_submission>::iterator;

  /// One pass over what waits; false once the group is full.
  bool fill(group& into, bool halves);
  place take(group& into, place from);

  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::list<waiting_submission> waiting_;
};

/// Of the texts of a batch and what is kept beside them.
std::size_t bytes_of(const batch& events);

} // namespace spec_kitty::server::store
