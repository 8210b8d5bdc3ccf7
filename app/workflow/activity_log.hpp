// The activity log of a work package: one line per entry at the end of its file.
//
//   - 2026-02-03T19:29:53Z – claude – shell_pid=64523 – lane=doing – Started implementation
//
// En dashes are written; hyphens are read too. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::workflow {

struct log_entry {
  std::string at;        ///< UTC, `2026-02-03T19:29:53Z`
  std::string agent;     ///< `user` for a person
  std::string shell_pid; ///< empty if not known
  std::string lane;
  std::string note; ///< one line

  bool operator==(const log_entry&) const = default;
};

/// The entry of one line, or nothing.
std::optional<log_entry> parse_log_line(std::string_view line);

/// The line without its end. Line breaks in agent and note become spaces.
std::string log_line(const log_entry& entry);

/// The body with the entry after the last one of its `## Activity Log`; the section is added at the
/// end if it is missing. `ending` is the document's line end.
std::string with_log_entry(std::string_view body, const log_entry& entry,
                           const std::string& ending);

/// All entries of the section, in order.
std::vector<log_entry> log_entries(std::string_view body);

/// The body with the changes that a reviewer requests, at the end of `## Review Feedback`, which is
/// added before the activity log if it is missing. The text is quoted (`> `), so that no heading or
/// code fence in it reaches beyond it.
std::string with_feedback(std::string_view body, const std::string& reviewer, const std::string& at,
                          std::string_view feedback, const std::string& ending);

} // namespace spec_kitty::workflow
