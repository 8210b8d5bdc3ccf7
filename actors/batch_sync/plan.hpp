// Which of the leased events are sent together next. Pure.
//
// A plan is a list of slices in append order; the first is the next batch. Splitting keeps the
// order, so a node's events reach the server in clock order however often a batch is cut.
//
// A batch that is refused without a name is halved until the bad event stands alone. When the
// left half is accepted, the right half must hold it, so that is halved again without being sent;
// once it is found, everything behind it is sent together again. One bad event among n costs about
// 1 + log2(n) requests, not 2·log2(n). Events that broke a batch in an earlier run are sent alone.
#pragma once

#include "messages/queue.hpp"

#include <deque>
#include <set>
#include <span>
#include <vector>

namespace spec_kitty {

class batch_plan {
public:
  /// Starts with a lease's events, suspects of earlier runs each in a slice of their own.
  void begin(std::vector<leased_event> events);

  /// Puts further events behind them: what the lease was extended by.
  void extend(std::vector<leased_event> events);

  bool empty() const { return slices_.empty(); }

  /// Events and bytes that have no verdict yet, those of the next batch included.
  struct extent {
    std::size_t events = 0;
    std::size_t bytes = 0;
  };
  extent left() const;

  /// The next batch: at most `max_events` and `max_bytes`, at least one event. Joins what may
  /// be sent together, cuts what is too much.
  const std::vector<leased_event>& next(std::size_t max_events, std::size_t max_bytes);

  /// The batch after it, if all of the next one pass; empty where that cannot be said yet.
  std::span<const leased_event> upcoming(std::size_t max_events, std::size_t max_bytes);

  /// The next batch has its verdicts: moves to the one behind it.
  void passed();

  /// The next batch was refused without a name: halves it. False when it is a single event:
  /// that is the bad one; call passed() to continue behind it.
  bool halve_refused();

  /// The next batch was too large: halves it. False when it is a single event.
  bool halve_large();

  /// Takes events out of the next batch that were refused by name.
  void drop(const std::set<std::uint64_t>& positions);

  /// Every event that still waits for its verdict, in order; the plan is empty afterwards.
  std::vector<leased_event> take_rest();

private:
  enum class kind {
    open,  ///< nothing is known; may be joined with its neighbour
    left,  ///< left half of a refused batch: if it passes, the slice behind it is bad
    bad,   ///< holds a bad event for certain
    alone, ///< a suspect: never joined
  };
  struct slice {
    std::vector<leased_event> events;
    kind what = kind::open;
  };

  /// Joins and cuts the slices from `at` on, so that the one there is a batch.
  void arrange(std::size_t at, std::size_t max_events, std::size_t max_bytes);
  void split(std::size_t at, std::size_t size, kind left, kind right);

  std::deque<slice> slices_;
};

} // namespace spec_kitty
