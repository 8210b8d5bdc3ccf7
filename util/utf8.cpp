#include "util/utf8.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace spec_kitty {

namespace {

/// Where the ASCII of a text ends.
std::size_t end_of_ascii(std::string_view bytes, std::size_t at) {
#ifdef __SSE2__
  for (; at + 16 <= bytes.size(); at += 16) {
    __m128i sixteen;
    std::memcpy(&sixteen, bytes.data() + at, sizeof sixteen);
    if (const int tops = _mm_movemask_epi8(sixteen); tops != 0)
      return at + static_cast<std::size_t>(__builtin_ctz(static_cast<unsigned>(tops)));
  }
#endif
  while (at < bytes.size() && static_cast<unsigned char>(bytes[at]) < 0x80)
    ++at;
  return at;
}

} // namespace

bool is_utf8(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  for (std::size_t i = 0; i < bytes.size();) {
    const unsigned char lead = byte(i);
    if (lead < 0x80) { // most of any text
      i = end_of_ascii(bytes, i + 1);
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

namespace {

constexpr char32_t not_a_character = 0xFFFFFFFF;

struct character {
  std::string_view bytes;
  char32_t code = not_a_character;
};

/// The first character of a text that is not empty; a byte that does not begin one stands alone.
character first_character(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  if (byte(0) < 0x80)
    return {text.substr(0, 1), byte(0)};
  const std::size_t length = byte(0) < 0xE0 ? 2 : byte(0) < 0xF0 ? 3 : 4;
  if (length > text.size() || !is_utf8(text.substr(0, length)))
    return {text.substr(0, 1), not_a_character};
  char32_t code = byte(0) & (0x7FU >> length);
  for (std::size_t at = 1; at < length; ++at)
    code = (code << 6) | (byte(at) & 0x3FU);
  return {text.substr(0, length), code};
}

/// True for what a terminal obeys instead of showing, or does not show at all.
bool is_obeyed(char32_t code) {
  const auto within = [code](char32_t first, char32_t last) {
    return first <= code && code <= last;
  };
  return code < 0x20 || within(0x7F, 0x9F) || code == 0x061C || within(0x200E, 0x200F) ||
         within(0x2028, 0x202E) || within(0x2066, 0x2069) || code == 0xFEFF ||
         within(0xFFF9, 0xFFFB) || within(0xE0000, 0xE007F) || code == not_a_character;
}

void append_escape(char32_t unit, std::string& out) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4)
    out += digits[(unit >> shift) & 0xFU];
}

} // namespace

std::string printable(std::string_view text, std::size_t max_bytes) {
  std::string out;
  while (!text.empty()) {
    const auto [bytes, code] = first_character(text);
    text.remove_prefix(bytes.size());
    const std::string_view shown = is_obeyed(code) ? "?" : bytes;
    if (out.size() + shown.size() > max_bytes)
      break;
    out += shown;
  }
  return out;
}

std::string printable_json(std::string_view json) {
  std::string out;
  while (!json.empty()) {
    const auto [bytes, code] = first_character(json);
    json.remove_prefix(bytes.size());
    if (!is_obeyed(code) || code < 0x20 || code == not_a_character)
      out += bytes;
    else if (code < 0x10000)
      append_escape(code, out);
    else { // a surrogate pair
      append_escape(0xD800 + ((code - 0x10000) >> 10), out);
      append_escape(0xDC00 + ((code - 0x10000) & 0x3FF), out);
    }
  }
  return out;
}

} // namespace spec_kitty
