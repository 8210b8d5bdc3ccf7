// The state of every work package after the first events of a log: the fold.
//
// `new_status` decides, whatever the lane before was said to be: the last change in the total order
// counts. A `previous_status` that differs is a mark (a step was not seen), and a conflict where
// another node made the change before. Pure.
#pragma once

#include "app/board/core/log.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace spec_kitty::board {

struct package_state {
  epoch_us since = 0;     ///< in its lane
  epoch_us last_sign = 0; ///< of its latest event
  std::uint32_t actor = no_index;
  std::uint32_t title = no_index;      ///< text of WPCreated
  std::uint32_t note = no_index;       ///< text of the latest note or error
  std::uint32_t changed_by = no_index; ///< node of the latest change
  std::uint32_t last_seq = 0;          ///< of its latest event; 0: none
  std::uint32_t created_seq = 0;       ///< of its latest announcement; 0: none
  std::uint32_t steps_unseen = 0;
  std::uint32_t sent_back = 0; ///< from review or done to planned or doing
  std::uint32_t errors = 0;
  std::uint16_t lane = log_row::no_lane; ///< no_lane: not on the board yet
  bool failed = false;                   ///< an error since its latest change or assignment
  bool conflict = false;                 ///< two nodes disagree on its latest change

  bool operator==(const package_state&) const = default;
};

struct board_state {
  std::vector<package_state> packages; ///< by number in the log
  std::vector<epoch_us> accepted;      ///< by feature; 0: not yet

  bool operator==(const board_state&) const = default;
  const package_state& package(std::size_t number) const;
};

/// Whether a move from one lane to another sends a work package back.
constexpr bool goes_back(lane from, lane to) {
  return from >= lane::for_review && to <= lane::doing;
}

/// Applies the events at the places [from, to).
void apply(board_state& state, const event_log& log, std::size_t from, std::size_t to);

/// States at any point, with a checkpoint every 4096 events.
class timeline {
public:
  static constexpr std::size_t step = 4096;

  explicit timeline(const event_log& log) : log_(&log), checkpoints_(1) {}

  /// The state after the first `position` events; until the next call.
  const board_state& state_at(std::size_t position);
  /// The events from this place on have changed: checkpoints behind it are made anew.
  void changed_from(std::size_t place);

private:
  const event_log* log_;
  std::vector<board_state> checkpoints_; ///< the n-th after n * step events
  board_state current_;
  std::size_t position_ = 0; ///< of current_
};

} // namespace spec_kitty::board
