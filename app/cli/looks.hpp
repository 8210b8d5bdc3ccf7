// How times, lanes and states are shown to a person on a terminal; elsewhere, as in a pipe, they
// stay as programs read them.
#pragma once

#include "app/cli/context.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

/// `2026-02-03 13:00:05` of this machine's zone on a terminal; RFC 3339 in UTC elsewhere and with
/// --utc.
std::string shown_time(const context& ctx, epoch_us instant);

style style_of_lane(std::string_view lane);
style style_of_state(std::string_view event_state);
/// A mark in front of a lane, with a blank; empty where stdout is not a terminal, or its locale not
/// UTF-8.
std::string mark_of_lane(const output& out, std::string_view lane);

/// The cells of a row. A row of a single cell has no columns: it stands between the others as it
/// is.
using table_row = std::vector<line_part>;

/// Rows in columns, with titles above where a person reads stdout. The last column may be wider
/// than the terminal; where the others do not fit, as in a window of 40 columns, each row is a line
/// with two blanks between its cells.
std::vector<shown_line> table_lines(const output& out, std::vector<std::string> titles,
                                    std::vector<table_row> rows);

/// The same for any number of rows, printed as they come.
class text_table {
public:
  text_table(output& out, std::vector<std::string> titles);
  ~text_table(); ///< prints what is left
  text_table(const text_table&) = delete;
  text_table& operator=(const text_table&) = delete;

  void add(table_row cells);
  /// Prints what was added.
  void print();

private:
  output& out_;
  std::vector<std::string> titles_; ///< empty once they are printed
  std::vector<table_row> rows_;     ///< not printed yet
};

} // namespace spec_kitty
