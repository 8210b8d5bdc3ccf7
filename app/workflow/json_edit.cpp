#include "app/workflow/json_edit.hpp"

#include "app/workflow/text_lines.hpp"
#include "util/json.hpp"

#include <algorithm>
#include <optional>

namespace spec_kitty::workflow {

namespace {

constexpr std::string_view blanks = " \t\r\n";

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(blanks, at), text.size());
}

/// Behind the string that begins at `at`. The text is known to be JSON.
std::size_t behind_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    at += text[at] == '\\' ? 1 : 0;
  return std::min(at + 1, text.size());
}

/// Behind the value that begins at `at`.
std::size_t behind_value(std::string_view text, std::size_t at) {
  int depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = behind_string(text, at);
      if (depth == 0)
        return at;
      continue;
    }
    if (depth == 0 &&
        (c == ',' || c == '}' || c == ']' || blanks.find(c) != std::string_view::npos))
      return at;
    depth += c == '{' || c == '[' ? 1 : 0;
    depth -= c == '}' || c == ']' ? 1 : 0;
    ++at;
    if (depth == 0 && (c == '}' || c == ']'))
      return at;
  }
  return at;
}

struct value_place {
  std::size_t from = 0;
  std::size_t to = 0;
};

/// What a walk over the object's own members finds.
struct object_map {
  std::optional<value_place> wanted;
  std::size_t first_key = 0; ///< offset of the first key, 0: none
  std::size_t last_end = 0;  ///< behind the last value, or behind `{`
};

result<object_map> walk(std::string_view text, std::string_view name) {
  const std::size_t start = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  const auto parsed = parse_json(text.substr(start));
  if (!parsed)
    return failure{ec::bad_input, parsed.error().message, {}};
  if (!parsed->IsObject())
    return failure{ec::bad_input, "not a JSON object", {}};
  object_map map;
  std::size_t at = text.find('{', start) + 1;
  map.last_end = at;
  for (at = skip_blanks(text, at); at < text.size() && text[at] == '"';) {
    if (map.first_key == 0)
      map.first_key = at;
    const auto key_end = behind_string(text, at);
    const auto key = text.substr(at + 1, key_end - at - 2);
    const auto from = skip_blanks(text, skip_blanks(text, key_end) + 1);
    const auto to = behind_value(text, from);
    if (key == name && !map.wanted)
      map.wanted = value_place{from, to};
    map.last_end = to;
    at = skip_blanks(text, to);
    if (at < text.size() && text[at] == ',')
      at = skip_blanks(text, at + 1);
  }
  return map;
}

} // namespace

result<std::string> with_member(std::string_view text, std::string_view name,
                                std::string_view value) {
  const auto map = walk(text, name);
  if (!map)
    return map.error();
  std::string out(text);
  if (map->wanted) {
    out.replace(map->wanted->from, map->wanted->to - map->wanted->from, value);
    return out;
  }
  const auto inside = text.find('{') + 1;
  std::string gap = line_ending_of(text) + "  ";
  if (map->first_key != 0) // as the first member stands
    gap = text.substr(inside, map->first_key - inside);
  std::string member = (map->first_key != 0 ? "," : "") + gap + "\"" + std::string(name) +
                       "\": " + std::string(value);
  if (map->first_key == 0)
    member += line_ending_of(text);
  out.insert(map->last_end, member);
  return out;
}

result<std::string> with_array_entry(std::string_view text, std::string_view name,
                                     std::string_view value) {
  const auto map = walk(text, name);
  if (!map)
    return map.error();
  const bool is_array = map->wanted && text[map->wanted->from] == '[';
  if (!is_array)
    return with_member(text, name, "[" + std::string(value) + "]");
  const auto close = map->wanted->to - 1;
  auto end = text.find_last_not_of(blanks, close - 1) + 1; // behind the last entry, or `[`
  std::string out(text);
  if (end == map->wanted->from + 1) {
    out.insert(end, value);
    return out;
  }
  const auto gap = text.substr(map->wanted->from + 1,
                               skip_blanks(text, map->wanted->from + 1) - map->wanted->from - 1);
  out.insert(end, "," + std::string(gap) + std::string(value));
  return out;
}

} // namespace spec_kitty::workflow
