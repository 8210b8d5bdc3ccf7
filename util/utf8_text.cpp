#include "util/utf8_text.hpp"

#include "util/utf8.hpp"

namespace spec_kitty {

std::string as_utf8(std::string_view text) {
  if (is_utf8(text))
    return std::string(text);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = 1;
    while (length <= 4 && !is_utf8(text.substr(at, length)))
      ++length;
    const bool good = length <= 4 && at + length <= text.size();
    out += good ? std::string(text.substr(at, length)) : "?";
    at += good ? length : 1;
  }
  return out;
}

} // namespace spec_kitty
