#include "app/workflow/dependency_line.hpp"

#include "app/workflow/text_lines.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace spec_kitty::workflow {

namespace {

constexpr auto npos = std::string_view::npos;

/// A subject before `depends on` that is longer than this is a sentence about something else.
constexpr int max_subject_words = 4;
constexpr std::size_t max_subject_bytes = 200;

bool is_id_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_id_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// Two digits at `at` that no third follows, or -1.
int two_digits(std::string_view text, std::size_t at) {
  if (at + 2 > text.size() || !is_id_digit(text[at]) || !is_id_digit(text[at + 1]) ||
      (at + 2 < text.size() && is_id_char(text[at + 2])))
    return -1;
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

/// A word of small letters at `at`, as a whole.
bool has_word_at(std::string_view lower, std::size_t at, std::string_view word) {
  return lower.substr(at).starts_with(word) && (at == 0 || !is_id_char(lower[at - 1])) &&
         (at + word.size() == lower.size() || !is_id_char(lower[at + word.size()]));
}

bool has_word(std::string_view lower, std::string_view word) {
  for (auto at = lower.find(word); at != npos; at = lower.find(word, at + 1))
    if (has_word_at(lower, at, word))
      return true;
  return false;
}

/// The line without code spans, links and parentheses.
std::string plain_words(std::string_view line) {
  std::string text;
  std::size_t bracket = 0; // the next `]`, and the next `)` behind it
  std::size_t parenthesis = 0;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '`') {
      const auto end = line.find('`', at + 1);
      if (end == npos)
        continue;
      at = end;
      continue;
    }
    if (line[at] == '[') {
      if (bracket <= at)
        bracket = line.find(']', at);
      if (bracket != npos && line.substr(bracket + 1).starts_with("(")) {
        if (parenthesis <= bracket)
          parenthesis = line.find(')', bracket);
        if (parenthesis != npos) {
          at = parenthesis;
          continue;
        }
      }
    }
    text += line[at];
  }
  std::string out;
  int depth = 0;
  for (const char c : text) {
    depth += c == '(' ? 1 : 0;
    if (depth == 0)
      out += c;
    depth -= c == ')' && depth > 0 ? 1 : 0;
  }
  return out;
}

/// The last number of a range whose first id ends at `at`: `WP01-WP03`, `WP01–03`, `WP01 through
/// WP03`. -1: no range.
int range_end(std::string_view line, std::size_t at) {
  const auto skip_blanks = [&](std::size_t from) {
    return std::min(line.find_first_not_of(' ', from), line.size());
  };
  const auto dash = skip_blanks(at);
  std::size_t length = 0;
  bool is_word = false;
  for (const std::string_view mark : {"-", "\xE2\x80\x93", "\xE2\x80\x94", "..", "\xE2\x80\xA6"})
    if (line.substr(dash).starts_with(mark))
      length = mark.size();
  for (const std::string_view mark : {"through ", "to "})
    if (length == 0 && line.substr(dash).starts_with(mark)) {
      length = mark.size();
      is_word = true;
    }
  if (length == 0)
    return -1;
  const auto next = skip_blanks(dash + length);
  if (line.substr(next).starts_with("WP"))
    return two_digits(line, next + 2);
  return !is_word && dash == at && next == dash + length ? two_digits(line, next) : -1;
}

/// True when a semicolon separates ids of one list: `WP01; WP02`, not `WP01; WP02 depends on this`.
bool continues_list(std::string_view line, std::size_t semicolon) {
  const auto next = line.find_first_not_of(" *_", semicolon + 1);
  if (next == npos || wp_number(line, next) < 0)
    return false;
  const auto behind = line.find_first_not_of(" *_", next + 4);
  return behind == npos || std::string_view(";,.").find(line[behind]) != npos ||
         line.substr(behind).starts_with("and ");
}

/// Where the sentence that begins at `from` ends: a full stop, a cell, another bold label, or a
/// word behind which other work packages are named.
std::size_t sentence_end(std::string_view line, std::string_view lower, std::size_t from) {
  constexpr std::array<std::string_view, 9> ends = {"none",     "nothing",     "not",
                                                    "parallel", "independent", "blocks",
                                                    "blocking", "unblocks",    "enables"};
  for (std::size_t at = from; at < line.size(); ++at) {
    const char c = line[at];
    if (c == ';' && continues_list(line, at))
      continue;
    if (c == ';' || c == '!' || c == '?' || c == '|' || line.substr(at).starts_with("\xC2\xB7"))
      return at;
    if (c == '.' && (at + 1 == line.size() || line[at + 1] == ' ' || line[at + 1] == '*'))
      return at;
    if (line.substr(at).starts_with("**")) {
      const auto close = line.find("**", at + 2);
      const auto inner = close == npos ? std::string_view{} : line.substr(at + 2, close - at - 2);
      if (!inner.empty() && !inner.starts_with("WP") &&
          (inner.back() == ':' || line.substr(close + 2).starts_with(":")))
        return at;
    }
    for (const auto word : ends)
      if (has_word_at(lower, at, word))
        return at;
  }
  return line.size();
}

/// Where the clause begins that a keyword stands in. Asked for keywords from left to right.
class clause_begin {
public:
  explicit clause_begin(std::string_view line) : line_(line) {}

  std::size_t before(std::size_t keyword) {
    for (; looked_ < keyword; ++looked_) {
      const auto rest = line_.substr(looked_);
      for (const std::string_view mark :
           {".", ";", ":", ",", "|", " - ", "\xC2\xB7", "\xE2\x80\x93", "\xE2\x80\x94"})
        if (rest.starts_with(mark))
          from_ = looked_ + mark.size();
    }
    return from_;
  }

private:
  std::string_view line_;
  std::size_t looked_ = 0;
  std::size_t from_ = 0;
};

/// True when what stands between `from` and `depends on` is this work package, an adverb, or
/// nothing.
bool is_own_subject(std::string_view line, std::string_view lower, std::size_t from,
                    std::size_t keyword, std::string_view own) {
  const auto subject = line.substr(from, keyword - from);
  const bool quoted = subject.ends_with('"') || subject.ends_with('\'') ||
                      subject.ends_with("\xE2\x80\x9C") || subject.ends_with("\xE2\x80\x98");
  if (quoted || subject.size() > max_subject_bytes)
    return false;
  int words = 0;
  bool inside = false;
  for (std::size_t at = 0; at < subject.size(); ++at) {
    const bool part = is_id_char(subject[at]);
    words += part && !inside ? 1 : 0;
    inside = part;
    const bool task = subject[at] == 'T' && at + 1 < subject.size() && is_id_digit(subject[at + 1]);
    const int number = wp_number(subject, at);
    if (task || (number >= 0 && wp_name(number) != own))
      return false;
  }
  const auto small = lower.substr(from, keyword - from);
  return words <= max_subject_words && !has_word(small, "not") && !has_word(small, "never") &&
         !has_word(small, "no");
}

/// Adds every id and range in `[from, end)`.
void add_ids(std::string_view line, std::size_t from, std::size_t end, std::string_view own,
             std::vector<std::string>& ids) {
  std::array<bool, 100> listed{};
  for (const auto& id : ids)
    listed[static_cast<std::size_t>(wp_number(id, 0))] = true;
  for (std::size_t at = from; at < end; ++at) {
    const int first = wp_number(line, at);
    if (first < 0)
      continue;
    const int through = range_end(line.substr(0, end), at + 4);
    const int last = through < 0 ? first : through;
    for (int number = std::min(first, last); number <= std::max(first, last); ++number)
      if (!std::exchange(listed[static_cast<std::size_t>(number)], true) && wp_name(number) != own)
        ids.push_back(wp_name(number));
    at += 3;
  }
}

} // namespace

int wp_number(std::string_view text, std::size_t at) {
  if (!text.substr(std::min(at, text.size())).starts_with("WP") ||
      (at > 0 && is_id_char(text[at - 1])))
    return -1;
  return two_digits(text, at + 2);
}

std::string wp_name(int number) {
  return std::string("WP") + static_cast<char>('0' + number / 10) +
         static_cast<char>('0' + number % 10);
}

std::vector<std::string> dependencies_in_line(std::string_view given, std::string_view own) {
  constexpr std::string_view phrase = "depends on";
  constexpr std::string_view label = "dependencies";
  const std::string line = plain_words(given);
  const std::string lower = lower_case(line);
  std::vector<std::string> ids;
  clause_begin clause(line);
  std::size_t read_through = 0; // a sentence is read once, however many keywords are in it
  for (std::size_t at = 0; at < lower.size(); ++at) {
    std::size_t from = npos;
    if (has_word_at(lower, at, phrase) && is_own_subject(line, lower, clause.before(at), at, own))
      from = at + phrase.size();
    if (has_word_at(lower, at, label)) {
      const auto end = std::min(line.find_first_not_of("*_ ", at + label.size()), line.size());
      if (end < line.size() && line[end] == ':')
        from = end + 1;
    }
    if (from == npos)
      continue;
    from = std::min(line.find_first_not_of("*_: ", from), line.size());
    if (from >= read_through) {
      read_through = sentence_end(line, lower, from);
      add_ids(line, from, read_through, own, ids);
    }
    at = std::max(at, from) - 1; // another keyword may follow in the same sentence
  }
  return ids;
}

std::vector<std::string> unread_dependencies(std::string_view given, std::string_view own,
                                             bool below_heading) {
  constexpr std::array<std::string_view, 3> words = {"deps", "depends", "dependencies"};
  const std::string line = plain_words(given);
  const std::string lower = lower_case(line);
  std::vector<std::string> ids;
  const auto take = [&](std::size_t from) {
    from = std::min(line.find_first_not_of("*_:.[ ", from), line.size());
    if (ids.empty() && wp_number(line, from) >= 0)
      add_ids(line, from, sentence_end(line, lower, from), own, ids);
  };
  for (const auto word : words)
    for (auto at = lower.find(word); at != npos && ids.empty(); at = lower.find(word, at + 1))
      if (has_word_at(lower, at, word))
        take(at + word.size());
  if (const auto first = line.find_first_not_of("-*+ \t"); below_heading && first != npos)
    take(first);
  return ids;
}

std::vector<std::string> dependency_ids(std::string_view text) {
  const std::string lower = lower_case(text);
  std::vector<std::string> ids;
  add_ids(text, 0, sentence_end(text, lower, 0), {}, ids);
  return ids;
}

} // namespace spec_kitty::workflow
