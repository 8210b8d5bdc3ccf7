#include "util/json_slices.hpp"

#include "util/json.hpp"

namespace spec_kitty {

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

std::optional<std::string_view> member_slice(std::string_view compact, std::string_view name) {
  if (compact.empty() || compact[0] != '{')
    return std::nullopt;
  std::size_t at = 1;
  while (at < compact.size() && compact[at] == '"') {
    const std::size_t key_end = after_string(compact, at);
    const bool wanted = compact.substr(at + 1, key_end - at - 2) == name;
    const std::size_t value = key_end + 1; // behind the colon
    const std::size_t end = after_value(compact, value);
    if (wanted)
      return compact.substr(value, end - value);
    at = end + 1; // behind the comma
  }
  return std::nullopt;
}

std::string with_slice(std::string_view compact, std::string_view slice, std::string_view text) {
  const auto at = static_cast<std::size_t>(slice.data() - compact.data());
  std::string whole(compact.substr(0, at));
  return whole.append(text).append(compact.substr(at + slice.size()));
}

std::string with_member_at_end(std::string_view compact, std::string_view name,
                               std::string_view value) {
  json_buffer buffer;
  json_writer out(buffer);
  put(out, name);
  const std::string quoted = to_text(buffer);
  std::string rest = without_member(compact, std::string_view(quoted).substr(1, quoted.size() - 2));
  rest.pop_back();
  return rest.append(rest == "{" ? "" : ",").append(quoted).append(":").append(value).append("}");
}

std::string without_member(std::string_view compact, std::string_view name) {
  const auto value = member_slice(compact, name);
  if (!value)
    return std::string(compact);
  auto begin = static_cast<std::size_t>(value->data() - compact.data()) - name.size() - 3;
  auto end = static_cast<std::size_t>(value->data() - compact.data()) + value->size();
  if (compact[end] == ',')
    ++end;
  else if (compact[begin - 1] == ',')
    --begin;
  return std::string(compact.substr(0, begin)) + std::string(compact.substr(end));
}

std::optional<std::vector<std::string_view>> list_slices(std::string_view compact,
                                                         std::string_view name) {
  const auto list = member_slice(compact, name);
  if (!list || list->front() != '[')
    return std::nullopt;
  std::vector<std::string_view> slices;
  for (std::size_t next = 1; (*list)[next] != ']';) {
    const std::size_t stop = after_value(*list, next);
    slices.push_back(list->substr(next, stop - next));
    next = (*list)[stop] == ',' ? stop + 1 : stop;
  }
  return slices;
}

} // namespace spec_kitty
