// What a reviewer's output says: approved, changes requested, or neither. Pure.
//
// Only the last line that holds text can approve, and only with the word itself:
//
//   **APPROVED**, - approved., ESC[32mAPPROVED      approved: markup, list marks, colours and case
//                                                   do not count
//   NOT APPROVED, Verdict: APPROVED, REJECTED       no verdict
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace spec_kitty::orchestrate {

struct review_verdict {
  enum class kind { approved, changes_requested, none } what = kind::none;
  std::string words; ///< what must be changed
};

/// `output`: the end of what the reviewer printed, from the beginning of a line.
review_verdict verdict_in(std::string_view output);

/// The text without escape sequences of a terminal.
std::string without_escapes(std::string_view text);

/// The last line that is not blank.
std::string_view last_line(std::string_view text);

/// The end of an output as text that is safe in a file and in an event.
std::string feedback_text(std::string_view output);

/// Written into the prompt of a review. Its line of changes, echoed by an agent, requests none.
inline constexpr std::string_view example_request = "CHANGES REQUESTED: what must be changed";

} // namespace spec_kitty::orchestrate
