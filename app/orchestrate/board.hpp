// What a run prints for people: a live table on a terminal, plain lines elsewhere.
#pragma once

#include "app/orchestrate/plan.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::orchestrate {

/// Where a board draws: lines that are on the screen when `flush` returns.
struct board_output {
  bool live = false;   ///< a terminal, which shows the table
  bool silent = false; ///< nothing is written at all
  std::function<void(std::string_view)> line;
  std::function<void(std::size_t)> erase_lines; ///< of those that the screen shows
  std::function<void()> flush;
};

/// One line per work package under a heading, no longer than `columns`; at most `rows` lines. Where
/// they do not suffice, running and paused work packages are shown first, and a line counts the
/// rest. Pure.
std::vector<std::string> table_lines(const orchestration& run, epoch_us now, std::size_t columns,
                                     std::size_t rows);

/// `12 of 50 done, 3 running, 1 paused`. Pure.
std::string count_line(const orchestration& run);

class board {
public:
  explicit board(board_output out) : out_(std::move(out)) {}

  /// Redraws the table when something changed or a second has passed.
  void show(const orchestration& run);
  /// A line about something that happened; the table is drawn below it.
  void say(const std::string& line);
  /// Draws the table for the last time; later output begins below it.
  void end(const orchestration& run);

private:
  /// Removes the table from the screen.
  void erase();
  void draw(const orchestration& run);

  board_output out_;
  std::size_t drawn_ = 0; ///< lines of the table on the screen
  std::string last_;
  epoch_us last_at_ = 0;
};

} // namespace spec_kitty::orchestrate
