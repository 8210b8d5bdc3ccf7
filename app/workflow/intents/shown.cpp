#include "app/workflow/intents/shown.hpp"

#include "app/workflow/frontmatter.hpp"
#include "app/workflow/tasks_md.hpp"
#include "app/workflow/text_lines.hpp"
#include "util/json.hpp"

#include <algorithm>

namespace spec_kitty::workflow {

namespace {

bool shows_box(const std::string& text, const shown_value& wanted) {
  bool found = false;
  for (const auto& box : read_tasks(text).subtasks) {
    if (box.id != wanted.key)
      continue;
    found = true;
    if (box.done != (wanted.value == "done"))
      return false;
  }
  return found;
}

bool shows_line(const std::string& text, const std::string& line) {
  const auto lines = lines_of_text(text);
  return std::any_of(lines.begin(), lines.end(),
                     [&](const auto& each) { return each.content == line; });
}

bool shows_member(const std::string& text, const shown_value& wanted) {
  const auto object = parse_json(text);
  return object && text_of(*object, wanted.key.c_str()) == wanted.value;
}

} // namespace

std::optional<std::string> lane_in(const std::string& text) {
  const auto file = frontmatter_file::parse(text, {});
  if (!file)
    return std::nullopt;
  auto lane = file->scalar("lane");
  return lane.empty() ? std::string("planned") : std::move(lane);
}

bool shows(const std::string& text, const shown_value& wanted) {
  if (wanted.kind == "lane")
    return lane_in(text) == wanted.value;
  if (wanted.kind == "box")
    return shows_box(text, wanted);
  if (wanted.kind == "log")
    return shows_line(text, wanted.value);
  if (wanted.kind == "meta")
    return shows_member(text, wanted);
  return false;
}

} // namespace spec_kitty::workflow
