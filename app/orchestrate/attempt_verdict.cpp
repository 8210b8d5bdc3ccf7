#include "app/orchestrate/attempt_verdict.hpp"

#include "app/orchestrate/review_verdict.hpp"
#include "app/workflow/text_lines.hpp"
#include "util/utf8.hpp"

#include <csignal>
#include <cstring>

namespace spec_kitty::orchestrate {

namespace {

using kind = attempt_end::kind;

constexpr std::size_t max_quoted_bytes = 200;

std::string failed_words(const attempt_result& result, std::string_view tail,
                         std::chrono::seconds timeout) {
  if (!result.error.empty())
    return result.error;
  if (result.timed_out)
    return "it took longer than " + std::to_string(timeout.count()) + " s and was stopped";
  std::string text = result.status >= 0 ? "exit status " + std::to_string(result.status)
                                        : std::string("killed by ") + ::strsignal(result.signal);
  return text + quoted_last_line(tail);
}

/// The exit statuses that a reviewer may end with: a check that found something ends with 1.
bool is_review_status(int status) {
  return status == 0 || status == 1;
}

} // namespace

std::string quoted_last_line(std::string_view output) {
  const std::string text = without_escapes(output);
  const auto line = last_line(text);
  return line.empty() ? "" : ": " + printable(workflow::as_utf8(line.substr(0, max_quoted_bytes)));
}

attempt_end judge(role task, const attempt_result& result, std::chrono::seconds timeout) {
  const bool ended = result.error.empty() && !result.timed_out && result.status >= 0;
  if (task == role::review && ended) {
    auto verdict = verdict_in(result.tail);
    if (verdict.what == review_verdict::kind::approved)
      return {kind::done, {}};
    if (verdict.what == review_verdict::kind::changes_requested)
      return {kind::changes_requested, std::move(verdict.words)};
    if (is_review_status(result.status))
      return {kind::no_verdict, "it gave no verdict" + quoted_last_line(result.tail)};
  }
  if (ended && result.status == 0)
    return {kind::done, {}};
  return {kind::failed, failed_words(result, result.tail, timeout)};
}

} // namespace spec_kitty::orchestrate
