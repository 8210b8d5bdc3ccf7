#include "app/orchestrate/review_verdict.hpp"

#include "app/workflow/text_lines.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <cctype>

namespace spec_kitty::orchestrate {

namespace {

using verdict_kind = review_verdict::kind;

constexpr std::size_t max_feedback_bytes = 4000;
constexpr std::string_view approval_word = "approved";
constexpr std::string_view request_words = "changes requested";
constexpr char escape = '\x1B';

/// Where the escape sequence that begins at `at` ends.
std::size_t escape_end(std::string_view text, std::size_t at) {
  const char kind_of_sequence = at + 1 < text.size() ? text[at + 1] : '\0';
  std::size_t end = at + 2;
  if (kind_of_sequence == '[') { // ESC [ parameters, up to a letter
    while (end < text.size() && text[end] >= 0x20 && text[end] < 0x40)
      ++end;
    return std::min(end + 1, text.size());
  }
  if (kind_of_sequence == ']') { // ESC ] a title or a link, up to BEL or ESC backslash
    while (end < text.size() && text[end] != '\a' && text[end] != escape && text[end] != '\n')
      ++end;
    if (end < text.size() && text[end] == '\n')
      return end;
    return std::min(end + (end < text.size() && text[end] == escape ? 2U : 1U), text.size());
  }
  return std::min(end, text.size());
}

/// The length of a list mark at the beginning: `- `, `* `, `+ `, `• `, `1. `, `2) `; else 0.
std::size_t list_mark(std::string_view line) {
  const auto digits = std::min(line.find_first_not_of("0123456789"), line.size());
  std::size_t length = 0;
  if (line.starts_with("\xE2\x80\xA2"))
    length = 3;
  else if (!line.empty() && std::string_view("-*+").find(line.front()) != std::string_view::npos)
    length = 1;
  else if (digits > 0 && digits <= 3 && digits < line.size() &&
           (line[digits] == '.' || line[digits] == ')'))
    length = digits + 1;
  const bool blank =
      length > 0 && length < line.size() && (line[length] == ' ' || line[length] == '\t');
  return blank ? length + 1 : 0;
}

/// The line without its markup: blanks, list marks, `#` and `>` in front, emphasis and code marks
/// around it. Empty for a line that is nothing but markup.
std::string_view core_of(std::string_view line) {
  if (line.find_first_not_of("-*_=` \t\r") == std::string_view::npos)
    return {}; // a rule, or a fence
  for (;;) {
    const auto first = line.find_first_not_of("*#>_` \t");
    const auto mark = list_mark(line);
    if (mark > 0)
      line.remove_prefix(mark);
    else if (first != 0)
      line.remove_prefix(std::min(first, line.size()));
    else
      break;
  }
  return line.substr(0, line.find_last_not_of("*_` \t\r") + 1);
}

bool is_approval(std::string_view core) {
  if (core.ends_with('.'))
    core = core_of(core.substr(0, core.size() - 1));
  return lower_case(core) == approval_word;
}

/// True for `CHANGES REQUESTED` alone, or with what must be changed behind a colon.
bool is_request(std::string_view core) {
  if (lower_case(core.substr(0, request_words.size())) != request_words || core == example_request)
    return false;
  const auto rest = core.substr(request_words.size());
  const auto next = rest.find_first_not_of("*_` .");
  return next == std::string_view::npos || rest[next] == ':' || rest[next] == '-' ||
         rest.substr(next).starts_with("\xE2\x80\x94");
}

/// What follows the words of a request.
std::string_view behind_request(std::string_view text) {
  for (;;) {
    const auto first = std::min(text.find_first_not_of(":*_`-. "), text.size());
    const bool dash = text.substr(first).starts_with("\xE2\x80\x94");
    text.remove_prefix(first + (dash ? 3 : 0));
    if (!dash)
      return text;
  }
}

} // namespace

std::string without_escapes(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();)
    if (text[at] == escape)
      at = escape_end(text, at);
    else
      out += text[at++];
  return out;
}

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

std::string feedback_text(std::string_view output) {
  const auto text = workflow::trimmed(output);
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

review_verdict verdict_in(std::string_view output) {
  const std::string text = without_escapes(output);
  std::string_view last;
  std::size_t request_at = std::string_view::npos; ///< where its line begins
  std::string_view asked;
  for (const auto& line : workflow::lines_of_text(text)) {
    const auto core = core_of(line.content);
    if (!core.empty())
      last = core;
    if (!is_request(core))
      continue;
    request_at = line.at;
    const auto words = static_cast<std::size_t>(core.data() - text.data()) + request_words.size();
    asked = std::string_view(text).substr(words);
  }
  if (is_approval(last))
    return {verdict_kind::approved, {}};
  if (request_at == std::string_view::npos)
    return {};
  std::string words = feedback_text(behind_request(asked));
  if (words.empty()) // the feedback comes before the request
    words = feedback_text(std::string_view(text).substr(0, request_at));
  return {verdict_kind::changes_requested, words.empty() ? "changes requested" : words};
}

} // namespace spec_kitty::orchestrate
