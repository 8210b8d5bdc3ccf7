#include "app/workflow/tasks_md.hpp"

#include "app/workflow/text_lines.hpp"

#include <algorithm>
#include <cctype>

namespace spec_kitty::workflow {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// Two digits at `at` that no third follows, or -1.
int two_digits(std::string_view text, std::size_t at) {
  if (at + 2 > text.size() || !is_digit(text[at]) || !is_digit(text[at + 1]) ||
      (at + 2 < text.size() && is_word(text[at + 2])))
    return -1;
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

/// The number of a `WPnn` that begins at `at`, or -1.
int wp_number(std::string_view text, std::size_t at) {
  if (!text.substr(std::min(at, text.size())).starts_with("WP") ||
      (at > 0 && is_word(text[at - 1])))
    return -1;
  return two_digits(text, at + 2);
}

std::string wp_name(int number) {
  return std::string("WP") + static_cast<char>('0' + number / 10) +
         static_cast<char>('0' + number % 10);
}

std::string without_parentheses(std::string_view line) {
  std::string out;
  int depth = 0;
  for (const char c : line) {
    depth += c == '(' ? 1 : 0;
    if (depth == 0)
      out += c;
    depth -= c == ')' && depth > 0 ? 1 : 0;
  }
  return out;
}

/// Where the list of ids begins: behind `Depends on` or `Dependencies:`; npos where neither stands.
std::size_t behind_keyword(std::string_view line) {
  constexpr std::string_view phrase = "Depends on";
  constexpr std::string_view label = "Dependencies";
  std::size_t best = std::string_view::npos;
  for (auto at = line.find(phrase); at != std::string_view::npos; at = line.find(phrase, at + 1))
    if ((at == 0 || !is_word(line[at - 1])) &&
        (at + phrase.size() == line.size() || !is_word(line[at + phrase.size()]))) {
      best = at + phrase.size();
      break;
    }
  for (auto at = line.find(label); at != std::string_view::npos; at = line.find(label, at + 1)) {
    const auto end = std::min(line.find_first_not_of("*_ ", at + label.size()), line.size());
    if (end < line.size() && line[end] == ':' && (at == 0 || !is_word(line[at - 1])))
      return std::min(best, end + 1);
  }
  return best;
}

/// The last number of a range whose first id ends at `at`: `WP01-WP03`, `WP01–WP03`, `WP01-03`.
/// -1: no range.
int range_end(std::string_view line, std::size_t at) {
  const auto skip_blanks = [&](std::size_t from) {
    return std::min(line.find_first_not_of(' ', from), line.size());
  };
  auto dash = skip_blanks(at);
  std::size_t length = 0;
  for (const std::string_view mark : {"-", "\xE2\x80\x93", "\xE2\x80\x94"})
    if (line.substr(dash).starts_with(mark))
      length = mark.size();
  if (length == 0)
    return -1;
  const auto next = skip_blanks(dash + length);
  if (line.substr(next).starts_with("WP"))
    return two_digits(line, next + 2);
  return dash == at && next == dash + length ? two_digits(line, next) : -1;
}

/// The work package in a heading of level 2 to 4; empty for others.
std::string heading_wp(std::string_view line, std::string& title) {
  const auto level = heading_level(line);
  if (level < 2 || level > 4)
    return {};
  auto rest = trimmed(line.substr(level));
  constexpr std::string_view prefix = "Work Package";
  if (rest.starts_with(prefix))
    rest = trimmed(rest.substr(prefix.size()));
  const int number = wp_number(rest, 0);
  if (number < 0)
    return {};
  rest = rest.substr(std::min(rest.find_first_not_of(":-. ", 4), rest.size()));
  if (rest.starts_with("\xE2\x80\x93")) // an en dash
    rest.remove_prefix(3);
  title = trimmed(rest);
  return wp_name(number);
}

/// The check box in a line; an empty id if the line has none.
subtask subtask_in(const text_line& line) {
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
  const auto end = std::min(text.find_first_not_of("0123456789", at + 1), text.size());
  if (at >= text.size() || text[at] != 'T' || end < at + 4 ||
      (end < text.size() && is_word(text[end])))
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

std::vector<std::string> dependencies_in_line(std::string_view given) {
  std::vector<std::string> ids;
  const std::string line = without_parentheses(given);
  const auto from = behind_keyword(line);
  for (std::size_t at = from; at < line.size(); ++at) {
    const int first = wp_number(line, at);
    if (first < 0)
      continue;
    const int end = range_end(line, at + 4);
    const int last = end < 0 ? first : end;
    for (int number = std::min(first, last); number <= std::max(first, last); ++number)
      if (const auto id = wp_name(number); std::find(ids.begin(), ids.end(), id) == ids.end())
        ids.push_back(id);
    at += 3;
  }
  return ids;
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
      box.wp_id = current == 0 ? "" : document.sections[current - 1].wp_id;
      document.subtasks.push_back(std::move(box));
    }
    if (current == 0)
      continue;
    auto& named = document.sections[current - 1].dependencies;
    for (auto& id : dependencies_in_line(line.content))
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
