#include "app/orchestrate/attempt_verdict.hpp"

#include "app/workflow/text_lines.hpp"
#include "util/utf8.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>

namespace spec_kitty::orchestrate {

namespace {

using kind = attempt_end::kind;

constexpr std::size_t max_feedback_bytes = 4000;
constexpr std::string_view approved = "APPROVED";
constexpr std::string_view changes = "CHANGES REQUESTED";

std::string_view without_markup(std::string_view line) {
  const auto first = line.find_first_not_of("*#>_` \t");
  if (first == std::string_view::npos)
    return {};
  return line.substr(first, line.find_last_not_of("*_` \t\r") - first + 1);
}

/// The last line that is not blank.
std::string_view last_line(std::string_view text) {
  while (!text.empty()) {
    const auto end = text.find_last_of('\n');
    const auto line = end == std::string_view::npos ? text : text.substr(end + 1);
    if (!workflow::trimmed(line).empty())
      return workflow::trimmed(line);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(0, end);
  }
  return {};
}

/// The end of an output as text that is safe in a file and in an event.
std::string words_in(std::string_view tail) {
  const auto text = workflow::trimmed(tail);
  std::string_view last = text.substr(text.size() - std::min(text.size(), max_feedback_bytes));
  if (last.size() < text.size() && last.find('\n') != std::string_view::npos)
    last = last.substr(last.find('\n') + 1);
  std::string words = workflow::as_utf8(last);
  std::erase_if(words, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F;
  });
  return words;
}

std::string failed_words(const attempt_result& result, std::string_view tail,
                         std::chrono::seconds timeout) {
  if (!result.error.empty())
    return result.error;
  if (result.timed_out)
    return "it took longer than " + std::to_string(timeout.count()) + " s and was stopped";
  std::string text = result.status >= 0 ? "exit status " + std::to_string(result.status)
                                        : std::string("killed by ") + ::strsignal(result.signal);
  const auto line = last_line(tail);
  if (!line.empty())
    text += ": " + printable(workflow::as_utf8(line.substr(0, 200)));
  return text;
}

std::string in_capitals(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return out;
}

/// The last line that requests changes; `at` is npos where no line does.
struct request {
  std::size_t at = std::string_view::npos; ///< where the line begins
  std::size_t words = 0;                   ///< where the text after CHANGES REQUESTED begins
};

request last_request(std::string_view tail) {
  request found;
  for (const auto& line : workflow::lines_of_text(tail)) {
    const auto core = without_markup(line.content);
    if (!in_capitals(core.substr(0, changes.size())).starts_with(changes))
      continue;
    found.at = line.at;
    found.words = static_cast<std::size_t>(core.data() - tail.data()) + changes.size();
  }
  return found;
}

/// Only the last line can approve. Any line can request changes, because a list of them often
/// follows it.
std::optional<attempt_end> verdict_in(std::string_view tail) {
  const auto line = in_capitals(without_markup(last_line(tail)));
  if (line == approved || line == "APPROVED.")
    return attempt_end{kind::done, {}};
  const auto asked = last_request(tail);
  if (asked.at == std::string_view::npos)
    return std::nullopt;
  auto rest = tail.substr(asked.words);
  while (!rest.empty() && (rest.front() == ':' || rest.front() == '*' || rest.front() == ' '))
    rest.remove_prefix(1);
  std::string words = words_in(rest);
  if (words.empty()) // the feedback comes before the request
    words = words_in(tail.substr(0, asked.at));
  return attempt_end{kind::changes_requested, words.empty() ? "changes requested" : words};
}

} // namespace

attempt_end judge(role task, const attempt_result& result, std::string_view tail,
                  std::chrono::seconds timeout) {
  const bool ended = result.error.empty() && !result.timed_out && result.status >= 0;
  if (task == role::review && ended) {
    if (auto verdict = verdict_in(tail))
      return *verdict;
    if (result.status == 1) {
      auto words = words_in(tail);
      return {kind::changes_requested, words.empty() ? "changes requested" : std::move(words)};
    }
  }
  if (ended && result.status == 0)
    return {kind::done, {}};
  return {kind::failed, failed_words(result, tail, timeout)};
}

} // namespace spec_kitty::orchestrate
