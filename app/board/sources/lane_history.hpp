// Moves of work packages that no event with a clock tells of: from commits, activity logs and
// status.events.jsonl. Pure.
//
//   moves of all sources ─ by work package, by time ─ a move to the lane it is in: dropped
//                        ─ a move that an event tells too: dropped
//                        ─▶ events with the clock of the last recorded event before them
#pragma once

#include "app/board/core/log.hpp"

#include <string>
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

/// The moves as events of a log that holds `recorded`. Their ids depend on the moves alone, so that
/// a move that is read twice is one event. Their node is `~`, which sorts behind every node.
std::vector<board_event> events_of(std::vector<lane_move> moves,
                                   const std::vector<board_event>& recorded);

} // namespace spec_kitty::board
