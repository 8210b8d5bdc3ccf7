// Replaces one value of a frontmatter: the bytes of the value, and no others.
#include "app/workflow/frontmatter.hpp"
#include "app/workflow/text_lines.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

namespace spec_kitty::workflow {

namespace {

/// Safe without quotes in every YAML version: a word that begins with a letter and is neither a
/// boolean nor null.
bool is_plain(std::string_view value) {
  constexpr std::array<std::string_view, 9> words = {"true", "false", "null", "yes", "no",
                                                     "on",   "off",   "y",    "n"};
  std::string lower(value);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return !value.empty() && std::isalpha(static_cast<unsigned char>(value[0])) != 0 &&
         std::find(words.begin(), words.end(), lower) == words.end() &&
         std::all_of(value.begin(), value.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.' || c == '/';
         });
}

/// The place of a value in its line: [from, to), and how it is quoted (0: not at all).
struct value_span {
  std::size_t from = 0;
  std::size_t to = 0;
  char quote = 0;
  bool whole = true; ///< it ends in this line
};

std::size_t behind_colon(std::string_view line, std::string_view key) {
  std::size_t at = key.size();
  if (!line.empty() && (line[0] == '"' || line[0] == '\'')) {
    at = line.find(line[0], 1);
    at = at == std::string_view::npos ? line.size() : at + 1;
  }
  const auto colon = line.find(':', std::min(at, line.size()));
  return colon == std::string_view::npos ? line.size() : colon + 1;
}

std::size_t end_of_quoted(std::string_view line, std::size_t from) {
  const char quote = line[from];
  for (std::size_t at = from + 1; at < line.size(); ++at) {
    const bool escape = quote == '"' ? line[at] == '\\' : line.substr(at).starts_with("''");
    if (escape)
      ++at;
    else if (line[at] == quote)
      return at + 1;
  }
  return std::string_view::npos;
}

value_span span_of(std::string_view line, std::string_view key) {
  const auto colon = behind_colon(line, key);
  value_span span;
  span.from = std::min(line.find_first_not_of(" \t", colon), line.size());
  if (span.from == line.size() || (line[span.from] == '#' && span.from > colon)) {
    span.from = span.to = colon; // no value yet
    return span;
  }
  if (line[span.from] == '"' || line[span.from] == '\'') {
    span.quote = line[span.from];
    span.to = end_of_quoted(line, span.from);
    span.whole = span.to != std::string_view::npos;
    return span;
  }
  auto comment = line.size();
  for (std::size_t at = span.from + 1; at < line.size(); ++at)
    if (line[at] == '#' && (line[at - 1] == ' ' || line[at - 1] == '\t')) {
      comment = at;
      break;
    }
  span.to = span.from + trimmed(line.substr(span.from, comment - span.from)).size();
  span.whole = line[span.from] != '|' && line[span.from] != '>' && line[span.from] != '&' &&
               line[span.from] != '!' && line[span.from] != '*';
  return span;
}

/// The lines of a key and its value: [first, second). Blank lines and comments in front of the next
/// key belong to neither.
std::pair<std::size_t, std::size_t> region_of(const std::vector<text_line>& lines,
                                              std::size_t first, std::size_t next) {
  next = std::min(next, lines.size());
  while (next > first + 1) {
    const auto bare = trimmed(lines[next - 1].content);
    if (!bare.empty() && bare[0] != '#')
      break;
    --next;
  }
  return {first, next};
}

std::string flow_list(const std::vector<std::string>& rendered) {
  std::string out = "[";
  for (const auto& line : rendered)
    out += (out.size() > 1 ? ", " : "") + line;
  return out + "]";
}

} // namespace

std::string frontmatter_file::in_style(std::string_view value, char quote) const {
  const bool control = std::any_of(value.begin(), value.end(),
                                   [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  if (quote == 0 && is_plain(value))
    return std::string(value);
  if (quote == '\'' && !control) {
    std::string out = "'";
    for (const char c : value)
      out += c == '\'' ? std::string("''") : std::string(1, c);
    return out + "'";
  }
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\')
      out += '\\';
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      out += ' '; // the value stays on one line
    else
      out += c;
  }
  return out + "\"";
}

char frontmatter_file::usual_quote() const {
  const auto lines = lines_of_text(yaml());
  for (const auto& key : {"lane", "work_package_id", "title"})
    if (const entry* found = find(key); found != nullptr && found->what == kind::scalar)
      return span_of(lines[found->line].content, found->key).quote;
  return 0;
}

std::string frontmatter_file::insert_key(std::string_view key, const std::string& rendered) const {
  std::string fresh(yaml());
  const std::string ending = line_ending_of(text_);
  if (!fresh.empty() && fresh.back() != '\n')
    fresh += ending;
  return fresh.append(key).append(": ").append(rendered).append(ending);
}

result<void> frontmatter_file::set_scalar(std::string_view key, std::string_view value) {
  entry wanted;
  wanted.key = key;
  wanted.what = kind::scalar;
  wanted.scalar = value;
  const entry* found = find(key);
  if (found == nullptr)
    return adopt(insert_key(key, in_style(value, usual_quote())), wanted);
  if (found->what == kind::scalar && found->scalar == value)
    return {};
  std::string fresh(yaml());
  const auto lines = lines_of_text(yaml());
  const entry* after = found == &entries_.back() ? nullptr : found + 1;
  const auto [first, next] =
      region_of(lines, found->line, after == nullptr ? lines.size() : after->line);
  const std::string_view line = lines[first].content;
  const value_span span = span_of(line, key);
  if (next == first + 1 && span.whole) {
    const bool empty = span.from == span.to;
    const std::string rendered = in_style(value, empty ? usual_quote() : span.quote);
    fresh.replace(lines[first].at + span.from, span.to - span.from, (empty ? " " : "") + rendered);
    return adopt(fresh, wanted);
  }
  const std::size_t from = lines[first].at + behind_colon(line, key);
  const text_line& last = lines[next - 1];
  fresh.replace(from, last.at + last.content.size() - from, " " + in_style(value, usual_quote()));
  return adopt(fresh, wanted);
}

result<void> frontmatter_file::set_list(std::string_view key,
                                        const std::vector<std::string>& entries) {
  const entry* found = find(key);
  entry wanted;
  wanted.key = key;
  wanted.what = kind::list;
  const std::set<std::string_view> asked(entries.begin(), entries.end());
  std::set<std::string_view> placed;
  if (found != nullptr) // entries that stay keep their place
    for (const auto& element : found->list)
      if (asked.contains(element) && placed.insert(element).second)
        wanted.list.push_back(element);
  for (const auto& entry : entries)
    if (placed.insert(entry).second)
      wanted.list.push_back(entry);
  if (found != nullptr && found->what == kind::list && found->list == wanted.list)
    return {};
  if (found == nullptr)
    return adopt(insert_key(key, flow_list_of(wanted.list)), wanted);
  const auto lines = lines_of_text(yaml());
  const entry* after = found == &entries_.back() ? nullptr : found + 1;
  const auto [first, next] =
      region_of(lines, found->line, after == nullptr ? lines.size() : after->line);
  const bool block = found->what == kind::list && !found->list.empty() &&
                     std::all_of(found->list_lines.begin(), found->list_lines.end(),
                                 [&, at = first](std::size_t line) { return line > at; }) &&
                     trimmed(lines[found->list_lines[0]].content).starts_with("-");
  return adopt(block ? with_block_list(*found, wanted.list, first, next)
                     : with_flow_list(key, wanted.list, first, next),
               wanted);
}

std::string frontmatter_file::flow_list_of(const std::vector<std::string>& list) const {
  std::vector<std::string> rendered;
  rendered.reserve(list.size());
  for (const auto& element : list)
    rendered.push_back(in_style(element, usual_quote()));
  return flow_list(rendered);
}

/// The list was on one line, or a flow list over several; it becomes one line.
std::string frontmatter_file::with_flow_list(std::string_view key,
                                             const std::vector<std::string>& list,
                                             std::size_t first, std::size_t next) const {
  std::string fresh(yaml());
  const auto lines = lines_of_text(yaml());
  const std::string_view line = lines[first].content;
  const value_span span = span_of(line, key);
  const text_line& last = lines[next - 1];
  const std::size_t from =
      lines[first].at + (next == first + 1 ? span.from : behind_colon(line, key));
  const std::size_t to =
      next == first + 1 ? lines[first].at + span.to : last.at + last.content.size();
  const bool spaced = from > 0 && fresh[from - 1] == ' ';
  fresh.replace(from, to - from, (spaced ? "" : " ") + flow_list_of(list));
  return fresh;
}

/// A block list: lines are removed and added, the others stay.
std::string frontmatter_file::with_block_list(const entry& found,
                                              const std::vector<std::string>& list,
                                              std::size_t first, std::size_t next) const {
  const auto lines = lines_of_text(yaml());
  const text_line& sample = lines[found.list_lines[0]];
  const auto dash = sample.content.find('-');
  const auto item = sample.content.find_first_not_of(" \t", dash + 1);
  const std::string lead(sample.content.substr(0, std::min(item, sample.content.size())));
  const char first_char = item < sample.content.size() ? sample.content[item] : ' ';
  const char quote = first_char == '"' || first_char == '\'' ? first_char : '\0';
  const std::string ending = line_ending_of(text_);
  std::string out(yaml().substr(0, lines[first].end()));
  const std::set<std::string_view> wanted(list.begin(), list.end());
  std::set<std::string_view> seen;
  std::size_t last_kept = out.size();
  for (std::size_t at = first + 1; at < next; ++at) {
    const auto index = std::lower_bound(found.list_lines.begin(), found.list_lines.end(), at);
    const bool is_item = index != found.list_lines.end() && *index == at;
    if (is_item) {
      const auto& value = found.list[static_cast<std::size_t>(index - found.list_lines.begin())];
      if (!wanted.contains(value) || !seen.insert(value).second)
        continue;
    }
    out.append(lines[at].content).append(lines[at].ending);
    if (is_item)
      last_kept = out.size();
  }
  std::string added;
  for (const auto& element : list)
    if (!seen.contains(element))
      added.append(lead).append(in_style(element, quote)).append(ending);
  out.insert(last_kept, added);
  out.append(yaml().substr(lines[next - 1].end()));
  return out;
}

} // namespace spec_kitty::workflow
