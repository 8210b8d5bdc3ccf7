#include "config/toml_file.hpp"

#include "config/toml_parse.hpp"

#include <algorithm>
#include <cstdio>
#include <sstream>

namespace spec_kitty {

namespace {

bool all_texts(const toml::array& list) {
  for (const auto& item : list)
    if (!item.is_string())
      return false;
  return true;
}

void flatten(const toml::table& table, const std::string& prefix, std::vector<toml_entry>& out) {
  for (const auto& [name, node] : table) {
    const std::string dotted = prefix + std::string(name.str());
    if (const auto* inner = node.as_table()) {
      flatten(*inner, dotted + ".", out);
      continue;
    }
    toml_entry entry{dotted, {}, toml_entry::kind::other, node.source().begin.line};
    if (const auto text = node.value_exact<std::string>()) {
      entry.type = toml_entry::kind::text;
      entry.value = *text;
    } else if (const auto number = node.value_exact<std::int64_t>()) {
      entry.type = toml_entry::kind::number;
      entry.value = std::to_string(*number);
    } else if (const auto flag = node.value_exact<bool>()) {
      entry.type = toml_entry::kind::flag;
      entry.value = *flag ? "true" : "false";
    } else if (const auto* list = node.as_array(); list != nullptr && all_texts(*list)) {
      entry.type = toml_entry::kind::list;
      for (const auto& item : *list)
        entry.value += (entry.value.empty() ? "" : ",") + *item.value_exact<std::string>();
    } else if (const auto* moment = node.as_date_time()) {
      std::ostringstream text;
      text << moment->get();
      entry.value = text.str();
    }
    out.push_back(std::move(entry));
  }
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  return first == std::string_view::npos
             ? std::string_view{}
             : text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// The line's key when it is `key = …`.
std::string_view key_of(std::string_view line) {
  const auto equals = line.find('=');
  return equals == std::string_view::npos ? std::string_view{} : trimmed(line.substr(0, equals));
}

/// The value in a line `key = value  # comment`, usable or not: a string to its closing quote,
/// anything else to the comment.
std::string_view value_of(std::string_view line) {
  std::string_view rest = line.substr(line.find('=') + 1);
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r"), rest.size()));
  const char quote = rest.empty() ? '\0' : rest.front();
  if (quote != '"' && quote != '\'')
    return rest.substr(0, trimmed(rest.substr(0, rest.find('#'))).size());
  std::size_t end = 1;
  while (end < rest.size() && rest[end] != quote)
    end += quote == '"' && rest[end] == '\\' ? 2 : 1;
  return rest.substr(0, end + 1);
}

/// Where text that is not a key is passed over: strings and comments. What a string holds is TOML's
/// business; it has to end where TOML ends it, or keys could hide behind it.
std::size_t behind_other(std::string_view text, std::size_t at) {
  const char quote = text[at];
  if (quote == '#')
    return std::min(text.find('\n', at), text.size());
  const std::string three(3, quote);
  const bool many_lines = text.substr(at).starts_with(three);
  for (at += many_lines ? 3 : 1; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\')
      ++at;
    else if (many_lines && text.substr(at).starts_with(three))
      return std::min(text.find_first_not_of(quote, at), text.size()); // up to five end it
    else if (!many_lines && (text[at] == quote || text[at] == '\n'))
      return at + 1;
  }
  return text.size();
}

/// bad_config with file and line for a text that is deeper than max_toml_depth.
result<void> check_depth(std::string_view text, const std::string& file) {
  std::vector<unsigned> outer; ///< dots in front of each bracket that is open
  unsigned depth = 0;          ///< of all of them
  unsigned dots = 0;           ///< in the key at hand
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"' || c == '\'' || c == '#') {
      at = behind_other(text, at);
      continue;
    }
    if (c == '{' || c == '[') {
      outer.push_back(dots);
      depth += dots + 1;
      dots = 0;
    } else if ((c == '}' || c == ']') && !outer.empty()) {
      depth -= outer.back() + 1;
      outer.pop_back();
      dots = 0;
    } else if (c == ',' || (c == '\n' && outer.empty())) {
      dots = 0;
    }
    dots += c == '.' ? 1 : 0;
    if (depth + dots > max_toml_depth)
      return failure{
          ec::bad_config,
          file + ", line " +
              std::to_string(1 + std::count(text.begin(),
                                            text.begin() + static_cast<std::ptrdiff_t>(at), '\n')) +
              ": nesting is deeper than 64 levels",
          "correct that line"};
    ++at;
  }
  return {};
}

} // namespace

result<toml::table> parse_toml(std::string_view text, const std::string& file) {
  if (auto flat = check_depth(text, file); !flat)
    return flat.error();
  toml::parse_result parsed = toml::parse(text);
  if (!parsed)
    return failure{ec::bad_config,
                   file + ", line " + std::to_string(parsed.error().source().begin.line) + ": " +
                       std::string(parsed.error().description()),
                   "correct that line"};
  return std::move(parsed).table();
}

result<std::vector<toml_entry>> read_toml(std::string_view text, const std::string& file) {
  const auto parsed = parse_toml(text, file);
  if (!parsed)
    return parsed.error();
  std::vector<toml_entry> entries;
  flatten(*parsed, {}, entries);
  return entries;
}

std::string toml_quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (byte < 0x20 || byte == 0x7F) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04X", byte);
      out += escaped;
    } else
      out += c;
  }
  return out + "\"";
}

std::string set_toml_value(std::string_view text, std::string_view dotted_key,
                           std::string_view value) {
  const auto dot = dotted_key.find('.');
  const std::string table = "[" + std::string(dotted_key.substr(0, dot)) + "]";
  const std::string_view name = dotted_key.substr(dot + 1);
  const std::string fresh = std::string(name) + " = " + std::string(value) + "\n";

  std::string out;
  bool in_table = false;
  bool placed = false;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const std::string_view core = trimmed(line);
    const bool header = core.starts_with('[');
    if (header && in_table && !placed) { // the table ends without the key
      out += fresh;
      placed = true;
    }
    if (header)
      in_table = trimmed(core.substr(0, core.find('#'))) == table;
    const bool mine = !placed && ((in_table && key_of(line) == name) || key_of(line) == dotted_key);
    if (mine) {
      const std::string_view old = value_of(line);
      const auto at = static_cast<std::size_t>(old.data() - line.data());
      out.append(line.substr(0, at)).append(value).append(line.substr(at + old.size()));
      placed = true;
    } else {
      out += line;
    }
    if (end != std::string_view::npos || !placed) // what follows starts a line of its own
      out += '\n';
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  if (!placed)
    out += in_table ? fresh : (out.empty() ? "" : "\n") + table + "\n" + fresh;
  return out;
}

std::string remove_toml_value(std::string_view text, std::string_view dotted_key) {
  const auto dot = dotted_key.find('.');
  const std::string table = "[" + std::string(dotted_key.substr(0, dot)) + "]";
  const std::string_view name = dotted_key.substr(dot + 1);
  std::string out;
  bool in_table = false;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const std::string_view core = trimmed(line);
    if (core.starts_with('['))
      in_table = trimmed(core.substr(0, core.find('#'))) == table;
    const bool mine = (in_table && key_of(line) == name) || key_of(line) == dotted_key;
    const std::size_t taken = end == std::string_view::npos ? text.size() : end + 1;
    if (!mine)
      out += text.substr(0, taken);
    text.remove_prefix(taken);
  }
  return out;
}

} // namespace spec_kitty
