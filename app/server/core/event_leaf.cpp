#include "app/server/core/event_leaf.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace spec_kitty::server {

namespace {

bool is_white(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::size_t skip_white(std::string_view text, std::size_t at) {
  while (at < text.size() && is_white(text[at]))
    ++at;
  return at;
}

/// The position behind the string whose quote stands at `at`.
std::size_t skip_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\')
      ++at;
  return std::min(at + 1, text.size());
}

/// The position behind the value that begins at `at`.
std::size_t skip_value(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = skip_string(text, at);
      if (depth == 0)
        return at;
      continue;
    }
    const bool closes = c == '}' || c == ']';
    if (depth == 0 && (closes || c == ',' || is_white(c)))
      return at;
    if (c == '{' || c == '[')
      ++depth;
    else if (closes && --depth == 0)
      return at + 1;
    ++at;
  }
  return at;
}

} // namespace

std::vector<raw_member> members_of(std::string_view object) {
  std::vector<raw_member> members;
  std::size_t at = skip_white(object, skip_white(object, 0) + 1);
  while (at < object.size() && object[at] == '"') {
    const std::size_t key_end = skip_string(object, at);
    const std::size_t value = skip_white(object, skip_white(object, key_end) + 1);
    const std::size_t end = std::max(skip_value(object, value), value);
    if (value >= object.size())
      break;
    members.emplace_back(object.substr(at + 1, key_end - at - 2),
                         object.substr(value, end - value));
    at = skip_white(object, end);
    if (at < object.size() && object[at] == ',')
      at = skip_white(object, at + 1);
  }
  return members;
}

sha256_digest leaf_of(std::string_view object) {
  std::string joined;
  joined.reserve(object.size());
  for (const auto& [name, value] : members_of(object)) {
    if (name == "lamport_clock" || name == "team_slug")
      continue;
    if (!joined.empty())
      joined += ',';
    joined.append("\"").append(name).append("\":").append(value);
  }
  return sha256(joined);
}

sha256_digest leaf_of(const plain_event& event) {
  // Without white space between its members, an event is cut at the two that are left out.
  std::array<std::string_view, 2> cuts = {event.clock_member, event.team_member};
  if (cuts[1].data() < cuts[0].data())
    std::swap(cuts[0], cuts[1]);
  const char* from = event.text.data() + 1;
  const char* const end = event.text.data() + event.text.size() - 1;
  std::string joined;
  joined.reserve(event.text.size());
  const auto append = [&](const char* to) {
    std::string_view part(from, static_cast<std::size_t>(to - from));
    if (part.starts_with(','))
      part.remove_prefix(1);
    if (part.ends_with(','))
      part.remove_suffix(1);
    if (!part.empty())
      joined.append(joined.empty() ? "" : ",").append(part);
  };
  for (const std::string_view cut : cuts) {
    append(cut.data());
    from = cut.data() + cut.size();
  }
  append(end);
  return sha256(joined);
}

} // namespace spec_kitty::server
