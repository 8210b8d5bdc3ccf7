#include "app/workflow/tasks_md.hpp"

#include "app/workflow/dependency_line.hpp"
#include "app/workflow/text_lines.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <cctype>

namespace spec_kitty::workflow {

namespace {

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// The work package in a heading of level 2 to 4; empty for others.
std::string heading_wp(std::string_view line, std::string& title) {
  const auto level = heading_level(line);
  if (level < 2 || level > 4)
    return {};
  auto rest = trimmed(line.substr(level));
  constexpr std::string_view prefix = "Work Package ";
  const bool named = rest.starts_with(prefix);
  if (named)
    rest = trimmed(rest.substr(prefix.size()));
  int number = wp_number(rest, 0);
  std::size_t length = 4;
  if (number < 0 && named) { // `Work Package 1`
    length = std::min(rest.find_first_not_of("0123456789"), rest.size());
    if (length == 0 || length > 2 || (length < rest.size() && is_word(rest[length])))
      return {};
    number = whole_number<int>(rest.substr(0, length)).value_or(-1);
  }
  if (number < 0)
    return {};
  rest = rest.substr(std::min(rest.find_first_not_of(":-. ", length), rest.size()));
  for (const std::string_view dash : {"\xE2\x80\x93", "\xE2\x80\x94"}) // en and em dash
    if (rest.starts_with(dash))
      rest.remove_prefix(dash.size());
  title = trimmed(rest);
  return wp_name(number);
}

/// `T012` at `at` as a whole: where it ends; npos where none stands.
std::size_t subtask_end(std::string_view text, std::size_t at) {
  const auto end = std::min(text.find_first_not_of("0123456789", at + 1), text.size());
  const bool named = at < text.size() && text[at] == 'T' && end >= at + 4 &&
                     (end == text.size() || !is_word(text[end]));
  return named ? end : std::string_view::npos;
}

/// The subtask in a row of a table: one cell is its id, one its box, perhaps one its work package.
subtask subtask_in_row(const text_line& line) {
  subtask found;
  const auto row = trimmed(line.content);
  if (!row.starts_with("|"))
    return found;
  std::string id;
  for (std::size_t at = line.content.find('|') + 1; at < line.content.size();) {
    const auto end = std::min(line.content.find('|', at), line.content.size());
    const auto cell = trimmed(line.content.substr(at, end - at));
    if (cell == "[ ]" || cell == "[x]" || cell == "[X]") {
      found.box = line.at + line.content.find('[', at) + 1;
      found.done = cell[1] != ' ';
    } else if (id.empty() && subtask_end(cell, 0) == cell.size()) {
      id = cell;
    } else if (wp_number(cell, 0) >= 0 && cell.size() == 4) {
      found.wp_id = cell;
    } else if (found.text.empty()) {
      found.text = cell;
    }
    at = end + 1;
  }
  if (found.box > 0)
    found.id = id;
  return found;
}

/// The check box in a line; an empty id if the line has none.
subtask subtask_in(const text_line& line) {
  if (auto row = subtask_in_row(line); !row.id.empty())
    return row;
  subtask found;
  const auto text = line.content;
  auto at = text.find_first_not_of(" \t");
  if (at == std::string_view::npos || (text[at] != '-' && text[at] != '*' && text[at] != '+'))
    return found;
  at = std::min(text.find_first_not_of(' ', at + 1), text.size());
  if (at + 3 > text.size() || text[at] != '[' || text[at + 2] != ']' ||
      (text[at + 1] != ' ' && text[at + 1] != 'x' && text[at + 1] != 'X'))
    return found;
  found.box = line.at + at + 1;
  found.done = text[at + 1] != ' ';
  at = std::min(text.find_first_not_of(" *`_", at + 3), text.size());
  const auto end = subtask_end(text, at);
  if (end == std::string_view::npos)
    return found;
  found.id = text.substr(at, end - at);
  found.text = trimmed(text.substr(end));
  return found;
}

} // namespace

const tasks_section* tasks_document::section(std::string_view wp_id) const {
  const auto found =
      std::find_if(sections.begin(), sections.end(),
                   [&](const tasks_section& section) { return section.wp_id == wp_id; });
  return found == sections.end() ? nullptr : &*found;
}

tasks_document read_tasks(std::string_view text) {
  tasks_document document;
  std::size_t current = 0; ///< index of the section plus one; 0: none
  std::size_t depth = 0;
  for (const auto& line : lines_of_text(text)) {
    if (line.is_hidden)
      continue;
    if (const auto level = heading_level(line.content); level > 0) {
      std::string title;
      if (auto wp = heading_wp(line.content, title); !wp.empty()) {
        depth = level;
        const tasks_section* known = document.section(wp);
        current = known == nullptr ? document.sections.size() + 1
                                   : static_cast<std::size_t>(known - document.sections.data()) + 1;
        if (known == nullptr)
          document.sections.push_back({std::move(wp), std::move(title), {}});
      } else if (level < depth || (level == depth && depth == 2)) {
        current = 0;
      }
      continue;
    }
    if (auto box = subtask_in(line); !box.id.empty()) {
      if (box.wp_id.empty() && current > 0)
        box.wp_id = document.sections[current - 1].wp_id;
      document.subtasks.push_back(std::move(box));
    }
    if (current == 0)
      continue;
    auto& named = document.sections[current - 1].dependencies;
    for (auto& id : dependencies_in_line(line.content, document.sections[current - 1].wp_id))
      if (std::find(named.begin(), named.end(), id) == named.end())
        named.push_back(std::move(id));
  }
  return document;
}

std::string with_boxes(std::string text, const std::vector<std::size_t>& boxes, bool done) {
  for (const auto at : boxes)
    text[at] = done ? 'x' : ' ';
  return text;
}

} // namespace spec_kitty::workflow
