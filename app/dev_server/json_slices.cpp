#include "app/dev_server/json_slices.hpp"

namespace spec_kitty::dev_server {

namespace {

/// The position behind a string that begins at `at` with its quote.
std::size_t after_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\')
      ++at;
  return at + 1;
}

/// The position behind the value that begins at `at`.
std::size_t after_value(std::string_view text, std::size_t at) {
  unsigned depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    const bool closes = c == '}' || c == ']';
    if (depth == 0 && (closes || c == ','))
      return at;
    if (c == '"') {
      at = after_string(text, at);
      continue;
    }
    if (c == '{' || c == '[')
      ++depth;
    else if (closes)
      --depth;
    ++at;
  }
  return at;
}

} // namespace

std::optional<std::vector<std::string_view>> list_slices(std::string_view compact,
                                                         std::string_view name) {
  if (compact.empty() || compact[0] != '{')
    return std::nullopt;
  std::size_t at = 1;
  while (at < compact.size() && compact[at] == '"') {
    const std::size_t key_end = after_string(compact, at);
    const bool wanted = compact.substr(at + 1, key_end - at - 2) == name;
    const std::size_t value = key_end + 1; // behind the colon
    const std::size_t end = after_value(compact, value);
    if (wanted) {
      if (compact[value] != '[')
        return std::nullopt;
      std::vector<std::string_view> slices;
      for (std::size_t next = value + 1; compact[next] != ']';) {
        const std::size_t stop = after_value(compact, next);
        slices.push_back(compact.substr(next, stop - next));
        next = compact[stop] == ',' ? stop + 1 : stop;
      }
      return slices;
    }
    at = end + 1; // behind the comma
  }
  return std::nullopt;
}

} // namespace spec_kitty::dev_server
