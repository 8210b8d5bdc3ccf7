#include "app/workflow/activity_log.hpp"

#include "app/workflow/text_lines.hpp"

#include <algorithm>

namespace spec_kitty::workflow {

namespace {

constexpr std::string_view dash = " \xE2\x80\x93 ";

/// Cuts the next part off at ` – ` or ` - `; everything where neither follows.
std::string_view next_part(std::string_view& rest) {
  const auto en = rest.find(dash);
  const auto hyphen = rest.find(" - ");
  const auto at = std::min(en, hyphen);
  const auto part = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view{}
                                      : rest.substr(at + (at == en ? dash.size() : 3));
  return trimmed(part);
}

/// The lines of a section, behind its heading: [first, last).
struct section_span {
  std::size_t heading = 0;
  std::size_t first = 0;
  std::size_t last = 0;
  bool in_code = false; ///< an unclosed code block above swallows it; it counts all the same
};

/// The last section with this heading of level 2.
std::optional<section_span> section_named(const std::vector<text_line>& lines,
                                          std::string_view name) {
  for (std::size_t at = lines.size(); at-- > 0;) {
    if (lines[at].is_hidden || heading_level(lines[at].content) != 2 ||
        trimmed(lines[at].content.substr(2)) != name)
      continue;
    std::size_t end = at + 1;
    while (end < lines.size()) {
      const auto level = lines[end].is_hidden ? 0 : heading_level(lines[end].content);
      if (level == 1 || level == 2)
        break;
      ++end;
    }
    return section_span{at, at + 1, end};
  }
  return std::nullopt;
}

/// The file's own log: the lines of a log that end the file, below their heading, even where a code
/// block that was never closed seems to hold them; else the last section of that name.
std::optional<section_span> own_log(const std::vector<text_line>& lines) {
  std::size_t at = lines.size();
  while (at > 0 &&
         (trimmed(lines[at - 1].content).empty() || parse_log_line(lines[at - 1].content)))
    --at;
  if (at > 0 && lines[at - 1].is_code && heading_level(lines[at - 1].content) == 2 &&
      trimmed(lines[at - 1].content.substr(2)) == "Activity Log")
    return section_span{at - 1, at, lines.size(), true};
  return section_named(lines, "Activity Log");
}

/// Behind the last line of the section that is not blank (its heading at least).
std::size_t end_of_words(const std::vector<text_line>& lines, const section_span& span) {
  std::size_t last = span.last;
  while (last > span.first && trimmed(lines[last - 1].content).empty())
    --last;
  return lines[last - 1].end();
}

/// `block` put at `at`; the line in front of it is ended first.
std::string inserted(std::string_view body, std::size_t at, std::string block,
                     const std::string& ending) {
  if (at > 0 && body[at - 1] != '\n')
    block = ending + block;
  return std::string(body.substr(0, at)) + block + std::string(body.substr(at));
}

} // namespace

std::optional<log_entry> parse_log_line(std::string_view line) {
  auto rest = trimmed(line);
  if (!rest.starts_with("- "))
    return std::nullopt;
  rest = trimmed(rest.substr(2));
  log_entry entry;
  entry.at = next_part(rest);
  if (entry.at.size() < 10 || entry.at[4] != '-' || entry.at[7] != '-')
    return std::nullopt;
  entry.agent = next_part(rest);
  auto part = next_part(rest);
  if (part.starts_with("shell_pid=")) {
    entry.shell_pid = part.substr(10);
    part = next_part(rest);
  }
  if (!part.starts_with("lane="))
    return std::nullopt;
  entry.lane = part.substr(5);
  entry.note = trimmed(rest);
  return entry;
}

std::string log_line(const log_entry& entry) {
  std::string line = "- " + entry.at;
  line.append(dash).append(as_one_line(entry.agent));
  if (!entry.shell_pid.empty())
    line.append(dash).append("shell_pid=").append(entry.shell_pid);
  line.append(dash).append("lane=").append(entry.lane);
  return line.append(dash).append(as_one_line(entry.note));
}

std::string with_log_entry(std::string_view body, const log_entry& entry,
                           const std::string& ending) {
  const auto lines = lines_of_text(body);
  const std::string line = log_line(entry) + ending;
  const auto section = own_log(lines);
  if (!section) {
    const bool blank = body.empty() || trimmed(lines.back().content).empty();
    return inserted(body, body.size(),
                    (blank ? "" : ending) + "## Activity Log" + ending + ending + line, ending);
  }
  for (std::size_t at = section->last; at-- > section->first;)
    if ((!lines[at].is_hidden || section->in_code) && parse_log_line(lines[at].content))
      return inserted(body, lines[at].end(), line, ending);
  const auto at = end_of_words(lines, *section);
  const bool bare = at == lines[section->heading].end();
  const bool blank =
      section->first < section->last && trimmed(lines[section->first].content).empty();
  if (bare && blank) // heading and a blank line: behind that one
    return inserted(body, lines[section->first].end(), line, ending);
  return inserted(body, at, ending + line, ending);
}

std::vector<log_entry> log_entries(std::string_view body) {
  std::vector<log_entry> entries;
  const auto lines = lines_of_text(body);
  const auto section = own_log(lines);
  for (std::size_t at = section ? section->first : 0; section && at < section->last; ++at)
    if (!lines[at].is_hidden || section->in_code)
      if (auto entry = parse_log_line(lines[at].content))
        entries.push_back(std::move(*entry));
  return entries;
}

std::string with_feedback(std::string_view body, const std::string& reviewer, const std::string& at,
                          std::string_view feedback, const std::string& ending) {
  std::string block = ending + "**Reviewed by**: " + as_one_line(reviewer) + ending +
                      "**Status**: Changes Requested" + ending + "**Date**: " + at + ending +
                      ending;
  for (const auto& line : lines_of_text(trimmed(feedback)))
    block.append(line.content.empty() ? ">" : "> ").append(line.content).append(ending);
  const auto lines = lines_of_text(body);
  if (const auto section = section_named(lines, "Review Feedback"))
    return inserted(body, end_of_words(lines, *section), block, ending);
  block = "## Review Feedback" + ending + block;
  if (const auto log = own_log(lines))
    return inserted(body, lines[log->heading].at, block + ending, ending);
  const bool blank = lines.empty() || trimmed(lines.back().content).empty();
  return inserted(body, body.size(), (blank ? "" : ending) + block, ending);
}

} // namespace spec_kitty::workflow
