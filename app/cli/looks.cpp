#include "app/cli/looks.hpp"

#include "util/locale.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

namespace spec_kitty {

namespace {

constexpr std::size_t rows_at_once = 1000; ///< that are aligned with each other
constexpr std::size_t gap = 2;

std::size_t columns_of_stdout() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/// Characters, not bytes.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

/// The cells of a line, each filled up to its column's width; no widths: as they are.
std::vector<line_part> aligned(const table_row& cells, const std::vector<std::size_t>& widths) {
  std::vector<line_part> line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    line.push_back(cells[i]);
    if (i + 1 == cells.size())
      break;
    const std::size_t pad = widths.empty() ? 0 : widths.at(i) - width_of(cells[i].text);
    line.push_back({std::string(pad + gap, ' '), style::plain});
  }
  return line;
}

} // namespace

std::string shown_time(const context& ctx, epoch_us instant) {
  if (!ctx.out.for_person() || ctx.utc)
    return format_timestamp(instant);
  const std::time_t seconds = instant / 1000000;
  std::tm parts{};
  std::array<char, 32> text{};
  if (::localtime_r(&seconds, &parts) == nullptr ||
      std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts) == 0)
    return format_timestamp(instant);
  return text.data();
}

style style_of_lane(std::string_view lane) {
  if (lane == "done")
    return style::good;
  if (lane == "doing")
    return style::busy;
  return lane == "for_review" ? style::waiting : style::plain;
}

style style_of_state(std::string_view event_state) {
  if (event_state == "dead")
    return style::bad;
  if (event_state == "held")
    return style::waiting;
  if (event_state == "leased")
    return style::busy;
  return event_state == "delivered" ? style::good : style::plain;
}

std::string mark_of_lane(const output& out, std::string_view lane) {
  if (!out.for_person() || !locale_is_utf8())
    return {};
  if (lane == "done")
    return "\u2713 ";
  if (lane == "doing")
    return "\u25B6 ";
  return lane == "for_review" ? "\u25CE " : "\u00B7 ";
}

std::vector<shown_line> table_lines(const output& out, std::vector<std::string> titles,
                                    std::vector<table_row> rows) {
  if (rows.empty())
    return {};
  table_row head;
  for (auto& title : titles)
    head.push_back({std::move(title), style::strong});
  if (!head.empty() && out.for_person())
    rows.insert(rows.begin(), std::move(head));
  std::vector<std::size_t> widths;
  for (const auto& row : rows)
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      widths.resize(std::max(widths.size(), i + 1));
      widths[i] = std::max(widths[i], width_of(row[i].text));
    }
  std::size_t before_last = 0;
  for (const std::size_t width : widths)
    before_last += width + gap;
  if (before_last >= columns_of_stdout())
    widths.clear();
  std::vector<shown_line> lines;
  lines.reserve(rows.size());
  for (const auto& row : rows)
    lines.emplace_back(aligned(row, widths));
  return lines;
}

text_table::text_table(output& out, std::vector<std::string> titles)
    : out_(out), titles_(std::move(titles)) {}

text_table::~text_table() {
  print();
}

void text_table::add(table_row cells) {
  rows_.push_back(std::move(cells));
  if (rows_.size() >= rows_at_once)
    print();
}

void text_table::print() {
  if (rows_.empty())
    return;
  for (const auto& line : table_lines(out_, std::exchange(titles_, {}), std::exchange(rows_, {})))
    out_.parts(line);
}

} // namespace spec_kitty
