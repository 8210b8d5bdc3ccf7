#include "app/workflow/subtask_line.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

namespace spec_kitty::workflow {

namespace {

constexpr auto nowhere = std::string_view::npos;
constexpr int max_range = 100; ///< ids of one range

bool is_id_part(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

bool is_digit_char(char c) {
  return c >= '0' && c <= '9';
}

/// `T012` or `T012b` at `at` as a whole: where it ends, or `nowhere`.
std::size_t id_end(std::string_view text, std::size_t at) {
  if (at >= text.size() || text[at] != 'T' || (at > 0 && is_id_part(text[at - 1])))
    return nowhere;
  auto end = at + 1;
  while (end < text.size() && is_digit_char(text[end]))
    ++end;
  if (end < at + 4)
    return nowhere;
  if (end < text.size() && std::isalpha(static_cast<unsigned char>(text[end])) != 0)
    ++end;
  return end == text.size() || !is_id_part(text[end]) ? end : nowhere;
}

/// A check box at `at`: the character between its brackets, or nothing.
std::optional<char> box_at(std::string_view text, std::size_t at) {
  const bool box = at + 3 <= text.size() && text[at] == '[' && text[at + 2] == ']' &&
                   (text[at + 1] == ' ' || text[at + 1] == 'x' || text[at + 1] == 'X');
  return box ? std::optional(text[at + 1]) : std::nullopt;
}

bool is_package_id(std::string_view cell) {
  return cell.size() == 4 && cell.starts_with("WP") && is_digit_char(cell[2]) &&
         is_digit_char(cell[3]);
}

/// The cells of a row of a table: one is the id, one perhaps its box, one its work package.
std::vector<subtask> in_row(const text_line& line) {
  subtask found;
  for (std::size_t at = line.content.find('|') + 1; at < line.content.size();) {
    const auto end = std::min(line.content.find('|', at), line.content.size());
    auto cell = trimmed(line.content.substr(at, end - at));
    if (const auto mark = cell.size() == 3 ? box_at(cell, 0) : std::nullopt; mark) {
      found.box = line.at + line.content.find('[', at) + 1;
      found.done = *mark != ' ';
      at = end + 1;
      continue;
    }
    while (!cell.empty() && (cell.front() == '*' || cell.front() == '`'))
      cell.remove_prefix(1);
    while (!cell.empty() && (cell.back() == '*' || cell.back() == '`'))
      cell.remove_suffix(1);
    if (found.id.empty() && !cell.empty() && id_end(cell, 0) == cell.size())
      found.id = cell;
    else if (is_package_id(cell))
      found.wp_id = cell;
    else if (found.text.empty())
      found.text = cell;
    at = end + 1;
  }
  return found.id.empty() ? std::vector<subtask>{} : std::vector<subtask>{std::move(found)};
}

/// `- [ ] T012 what to do`.
std::vector<subtask> in_item(const text_line& line, std::size_t at) {
  const auto text = line.content;
  at = std::min(text.find_first_not_of(' ', at + 1), text.size());
  const auto mark = box_at(text, at);
  if (!mark)
    return {};
  subtask found;
  found.box = line.at + at + 1;
  found.done = *mark != ' ';
  at = std::min(text.find_first_not_of(" *`_", at + 3), text.size());
  const auto end = id_end(text, at);
  if (end == nowhere)
    return {};
  found.id = text.substr(at, end - at);
  found.text = trimmed(text.substr(end));
  return {std::move(found)};
}

/// Where the list behind the label `Subtasks:` begins, or `nowhere`.
std::size_t list_begin(std::string_view text) {
  constexpr std::string_view label = "subtasks";
  const std::string lower = lower_case(text);
  for (auto at = lower.find(label); at != nowhere; at = lower.find(label, at + 1)) {
    if (at > 0 && is_id_part(lower[at - 1]))
      continue;
    const auto end = std::min(text.find_first_not_of("*_ ", at + label.size()), text.size());
    if (end < text.size() && text[end] == ':')
      return end + 1;
  }
  return nowhere;
}

/// True where a list of ids ends: a full stop, a cell, a semicolon, another bold label.
bool ends_list(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (c == ';' || c == '|' || text.substr(at).starts_with("\xC2\xB7"))
    return true;
  if (c == '.' && (at + 1 == text.size() || text[at + 1] == ' ' || text[at + 1] == '*'))
    return true;
  const auto close = text.substr(at).starts_with("**") ? text.find("**", at + 2) : nowhere;
  return close != nowhere && close > at + 2 &&
         (text[close - 1] == ':' || text.substr(close + 2).starts_with(":"));
}

/// The last id of a range whose first one ends at `at`: `T001-T004`, `T001–T004`, `T001..T004`.
/// Empty for no range.
std::string_view range_end_id(std::string_view text, std::size_t at) {
  for (const std::string_view mark : {"..", "-", "\xE2\x80\x93", "\xE2\x80\x94", "\xE2\x80\xA6"}) {
    const auto from = std::min(text.find_first_not_of("` ", at), text.size());
    if (!text.substr(from).starts_with(mark))
      continue;
    const auto next = std::min(text.find_first_not_of("` ", from + mark.size()), text.size());
    const auto end = id_end(text, next);
    return end == nowhere ? std::string_view{} : text.substr(next, end - next);
  }
  return {};
}

std::string id_of(int number, std::size_t digits) {
  std::string text = std::to_string(number);
  text.insert(0, digits - std::min(digits, text.size()), '0');
  return "T" + text;
}

/// The ids from `first` to `last`, both as texts; only those two where they are not a range.
std::vector<std::string> range_of(std::string_view first, std::string_view last) {
  const auto from = whole_number<int>(first.substr(1));
  const auto to = whole_number<int>(last.substr(1));
  if (!from || !to || *to < *from || *to - *from >= max_range)
    return {std::string(first), std::string(last)};
  std::vector<std::string> ids;
  for (int number = *from; number <= *to; ++number)
    ids.push_back(id_of(number, first.size() - 1));
  return ids;
}

/// The ids and boxes of a list; `offset` is where `text` begins in the document.
std::vector<subtask> in_list(std::string_view text, std::size_t offset) {
  std::vector<subtask> all;
  subtask next;
  int depth = 0;
  for (std::size_t at = 0; at < text.size() && !ends_list(text, at); ++at) {
    depth += text[at] == '(' ? 1 : text[at] == ')' && depth > 0 ? -1 : 0;
    if (depth > 0)
      continue;
    if (const auto mark = box_at(text, at)) {
      next.box = offset + at + 1;
      next.done = *mark != ' ';
      at += 2;
      continue;
    }
    const auto end = id_end(text, at);
    if (end == nowhere)
      continue;
    const auto id = text.substr(at, end - at);
    const auto last = range_end_id(text, end);
    const auto first = all.size();
    for (auto& each : last.empty() ? std::vector<std::string>{std::string(id)} : range_of(id, last))
      all.push_back({std::move(each), {}, {}, false, 0});
    all[first].box = std::exchange(next.box, 0); // a range has one box at most: its first id's
    all[first].done = std::exchange(next.done, false);
    at = last.empty() ? end - 1
                      : static_cast<std::size_t>(last.data() - text.data()) + last.size() - 1;
  }
  return all;
}

} // namespace

std::vector<subtask> subtasks_in_line(const text_line& line) {
  const auto first = line.content.find_first_not_of(" \t");
  if (first == nowhere)
    return {};
  const char mark = line.content[first];
  if (mark == '|')
    return in_row(line);
  if (mark == '-' || mark == '*' || mark == '+')
    if (auto item = in_item(line, first); !item.empty())
      return item;
  const auto from = list_begin(line.content);
  return from == nowhere ? std::vector<subtask>{}
                         : in_list(line.content.substr(from), line.at + from);
}

std::vector<std::string> subtask_ids(std::string_view text) {
  std::vector<std::string> ids;
  for (auto& each : in_list(text, 0))
    ids.push_back(std::move(each.id));
  return ids;
}

} // namespace spec_kitty::workflow
