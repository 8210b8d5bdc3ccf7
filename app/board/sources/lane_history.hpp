// Moves of work packages that no event with a clock tells of: from commits, activity logs and
// status.events.jsonl. Pure.
//
//   moves of all sources ─ by work package, by time ─ a move to the lane it is in: dropped
//                        ─ a move that an event tells too: dropped
//                        ─▶ events with the clock of the last recorded event before them
#pragma once

#include "app/board/core/log.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace spec_kitty::board {

/// A work package was in a lane from a moment on.
struct lane_move {
  std::string feature;
  std::string wp_id;
  epoch_us at = 0;
  std::string lane;
  std::string actor; ///< may be empty
  std::string note;  ///< may be empty
  event_origin origin = event_origin::git;
};

/// The moves in events with a clock, kept so that a new event costs no second look at the others.
class recorded_moves {
public:
  void add(std::span<const board_event> events);
  /// The clock of the last event up to a moment; 0 before the first.
  std::uint64_t clock_at(epoch_us moment) const;
  /// Whether an event is about this move, too.
  bool contains(const lane_move& move) const;

private:
  std::vector<std::pair<epoch_us, std::uint64_t>> clocks_; ///< by time; the highest up to there
  std::unordered_map<std::string, std::vector<epoch_us>> changes_; ///< by feature, package, lane
};

/// The moves as events of a log that holds `recorded`. Their ids depend on the moves alone, so that
/// a move that is read twice is one event. Their node is `~`, which sorts behind every node.
std::vector<board_event> events_of(std::vector<lane_move> moves, const recorded_moves& recorded);

} // namespace spec_kitty::board
