#include "util/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace spec_kitty {

namespace {

bool is_ascii(const char* eight) {
  std::uint64_t word = 0;
  std::memcpy(&word, eight, sizeof word);
  return (word & 0x8080808080808080U) == 0;
}

} // namespace

bool is_utf8(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  for (std::size_t i = 0; i < bytes.size();) {
    const unsigned char lead = byte(i);
    if (lead < 0x80) {
      ++i;
      while (i + 8 <= bytes.size() && is_ascii(bytes.data() + i)) // most of any text
        i += 8;
      continue;
    }
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || i + length > bytes.size())
      return false;
    const unsigned char second = byte(i + 1);
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
        (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F))
      return false;
    for (std::size_t k = 1; k < length; ++k)
      if ((byte(i + k) & 0xC0) != 0x80)
        return false;
    i += length;
  }
  return true;
}

std::string printable(std::string_view text, std::size_t max_bytes) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = 1;
    while (length < 4 && at + length < text.size() && !is_utf8(text.substr(at, length)))
      ++length;
    std::string_view view = text.substr(at, length);
    const auto first = static_cast<unsigned char>(view[0]);
    const bool c1 = first == 0xC2 && length == 2 && static_cast<unsigned char>(view[1]) < 0xA0;
    if (!is_utf8(view))
      view = text.substr(at, 1);
    at += view.size();
    if (first < 0x20 || first == 0x7F || c1 || !is_utf8(view))
      view = "?";
    if (out.size() + view.size() > max_bytes)
      break;
    out += view;
  }
  return out;
}

} // namespace spec_kitty
