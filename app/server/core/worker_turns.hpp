// Which work the next free worker gets. Pure.
//
// Teams are served in turn by the cost of what they ask for (util/fair_queue.hpp), what is nearly
// done before what has just arrived. A team never has the last worker: the one that asks for little
// finds it free, whatever others ask for, and waits for no work but its own.
#pragma once

#include "util/fair_queue.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

namespace spec_kitty::server {

template <class Team, class Work>
class worker_turns {
public:
  explicit worker_turns(std::size_t workers) : free_(workers), workers_(workers) {}

  void arrived(const Team& team, std::uint64_t cost, Work what) {
    arrived_.push(team, cost, std::move(what));
  }
  /// The rest of a work that was begun before.
  void continued(const Team& team, Work what) { continued_.push(team, 1, std::move(what)); }

  /// Work for a worker that is free; nothing without such a worker, or where each team with work
  /// has as many as it may. What has arrived is not begun unless `begins_more`.
  std::optional<Work> next(bool begins_more) {
    if (free_ == 0)
      return std::nullopt;
    if (auto rest = take(continued_))
      return rest;
    return begins_more ? take(arrived_) : std::nullopt;
  }
  /// A worker has done what it was given for the team.
  void done(const Team& team) {
    ++free_;
    if (const auto has = busy_.find(team); has != busy_.end() && --has->second == 0)
      busy_.erase(has);
  }

  bool all_are_free() const { return free_ == workers_; }

private:
  std::optional<Work> take(fair_queue<Team, Work>& from) {
    const std::size_t most = std::max<std::size_t>(workers_ - 1, 1);
    const Team* const turn = from.next([&](const Team& team) {
      const auto has = busy_.find(team);
      return has == busy_.end() || has->second < most;
    });
    if (turn == nullptr)
      return std::nullopt;
    --free_;
    ++busy_[*turn];
    return from.pop(*turn);
  }

  fair_queue<Team, Work> arrived_;
  fair_queue<Team, Work> continued_;
  std::map<Team, std::size_t> busy_; ///< workers that a team has
  std::size_t free_;
  std::size_t workers_;
};

} // namespace spec_kitty::server
