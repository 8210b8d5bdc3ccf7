// What a person sees of a run: a live table on a terminal, plain lines elsewhere.
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
  bool live = false;   ///< a terminal that shows the table
  bool silent = false; ///< nothing is written at all
  std::function<void(std::string_view)> line;
  std::function<void()> flush;
};

/// One line per work package under a heading, no longer than `columns`; at most `rows` lines: what
/// is at work or paused comes first then, and a last line counts the rest. Pure.
std::vector<std::string> table_lines(const orchestration& run, epoch_us now, std::size_t columns,
                                     std::size_t rows);

/// `12 of 50 done, 3 at work, 1 paused`. Pure.
std::string count_line(const orchestration& run);

class board {
public:
  explicit board(board_output out) : out_(std::move(out)) {}

  /// Draws the table anew where something changed or a second went by.
  void show(const orchestration& run);
  /// A line about something that happened; the table is drawn below it.
  void say(const std::string& line);
  /// The table as it is now stays; what follows starts on a clean line.
  void end(const orchestration& run);

private:
  /// What takes the table off the screen.
  std::string clearing();
  void draw(const orchestration& run);

  board_output out_;
  std::size_t drawn_ = 0; ///< lines of the table on the screen
  std::string last_;
  epoch_us last_at_ = 0;
};

} // namespace spec_kitty::orchestrate
