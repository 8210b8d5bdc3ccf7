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

/// Adds what a line of a section says about dependencies.
void read_dependencies(tasks_section& section, const text_line& line, std::size_t number,
                       bool below_heading) {
  auto& named = section.dependencies;
  const auto ids = dependencies_in_line(line.content, section.wp_id);
  for (const auto& id : ids)
    if (std::find(named.begin(), named.end(), id) == named.end())
      named.push_back(id);
  if (auto unread = unread_dependencies(line.content, section.wp_id, below_heading);
      ids.empty() && !unread.empty())
    section.unread.push_back({number, std::move(unread)});
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
  std::size_t number = 0;
  bool below_heading = false; ///< of a heading `Dependencies`
  for (const auto& line : lines_of_text(text)) {
    ++number;
    if (line.is_hidden)
      continue;
    if (const auto level = heading_level(line.content); level > 0) {
      std::string title;
      below_heading = lower_case(trimmed(line.content.substr(level))) == "dependencies";
      if (auto wp = heading_wp(line.content, title); !wp.empty()) {
        depth = level;
        const tasks_section* known = document.section(wp);
        current = known == nullptr ? document.sections.size() + 1
                                   : static_cast<std::size_t>(known - document.sections.data()) + 1;
        if (known == nullptr)
          document.sections.push_back({std::move(wp), std::move(title), {}, {}});
      } else if (level < depth || (level == depth && depth == 2)) {
        current = 0;
      }
      continue;
    }
    for (auto& found : subtasks_in_line(line)) {
      if (found.wp_id.empty() && current > 0)
        found.wp_id = document.sections[current - 1].wp_id;
      (found.box > 0 ? document.subtasks : document.listed).push_back(std::move(found));
    }
    if (current > 0)
      read_dependencies(document.sections[current - 1], line, number, below_heading);
  }
  return document;
}

std::string with_boxes(std::string text, const std::vector<std::size_t>& boxes, bool done) {
  for (const auto at : boxes)
    text[at] = done ? 'x' : ' ';
  return text;
}

} // namespace spec_kitty::workflow
