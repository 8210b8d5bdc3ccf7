#include "util/json_blanks.hpp"

#include "util/json_bytes.hpp"

#include <cstring>

namespace spec_kitty {

namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// White space may stand on each side of these. https://www.rfc-editor.org/rfc/rfc8259, section 2
bool is_mark(char c) {
  return c == ',' || c == ':' || c == '{' || c == '}' || c == '[' || c == ']';
}

/// The byte behind a string that begins at `at` with its quote; null where it has no end.
const char* end_of_string(const char* at, const char* end) {
  for (++at;;) {
    at = end_of_plain_bytes(at, end);
    if (at == end)
      return nullptr;
    if (*at == '"')
      return at + 1;
    if (*at != '\\' || end - at < 2)
      return nullptr;
    at += 2;
  }
}

} // namespace

std::optional<std::string> without_blanks(std::string_view text) {
  std::string out(text.size(), '\0');
  char* to = out.data();
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    if (*at == '"') {
      const char* const behind = end_of_string(at, end);
      if (behind == nullptr)
        return std::nullopt;
      const auto size = static_cast<std::size_t>(behind - at);
      std::memcpy(to, at, size);
      to += size;
      at = behind;
    } else if (is_blank(*at)) {
      while (at != end && is_blank(*at))
        ++at;
      if (to != out.data() && !is_mark(to[-1]) && at != end && !is_mark(*at))
        return std::nullopt;
    } else {
      *to++ = *at++;
    }
  }
  out.resize(static_cast<std::size_t>(to - out.data()));
  return out;
}

} // namespace spec_kitty
