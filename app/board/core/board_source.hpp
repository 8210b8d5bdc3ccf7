// A board as its API shows it: what a program fills from wherever its events are.
#pragma once

#include "app/board/core/board_view.hpp"
#include "app/board/core/log.hpp"

#include <cstddef>

namespace spec_kitty::board {

class board_source {
public:
  board_source() = default;
  board_source(const board_source&) = delete;
  board_source& operator=(const board_source&) = delete;
  virtual ~board_source() = default;

  virtual const event_log& log() const = 0;
  /// The board now.
  virtual board_view now() const = 0;
  /// The board after the first `position` events.
  virtual board_view past(std::size_t position) = 0;
};

} // namespace spec_kitty::board
