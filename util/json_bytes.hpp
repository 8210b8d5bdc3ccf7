// How far the bytes of a JSON string stand for themselves: sixteen at a time where the processor
// can (SSE2 is part of amd64), then eight, then one by one.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace spec_kitty {

namespace json_bytes_detail {

/// The number of bytes before the first of eight that does not stand for itself; 8: all of them do.
/// A byte behind that one may be marked wrongly, one before it never is.
inline int plain_of_eight(std::uint64_t bytes) {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  constexpr std::uint64_t tops = 0x8080808080808080U;
  const auto zeros = [](std::uint64_t of) { return (of - ones) & ~of; };
  const std::uint64_t found =
      (zeros(bytes ^ ones * '"') | zeros(bytes ^ ones * '\\') | ((bytes - ones * 0x20) & ~bytes)) &
      tops;
  return std::countr_zero(found) / 8;
}

} // namespace json_bytes_detail

/// The first byte that does not stand for itself in a string: a quote, a backslash, a control
/// character.
inline const char* end_of_plain_bytes(const char* at, const char* end) {
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i last_control = _mm_set1_epi8(0x1F);
  for (; end - at >= 16; at += 16) {
    __m128i bytes;
    std::memcpy(&bytes, at, sizeof bytes);
    const __m128i found =
        _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
                     _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes));
    if (const int mask = _mm_movemask_epi8(found); mask != 0)
      return at + __builtin_ctz(static_cast<unsigned>(mask));
  }
#endif
  if constexpr (std::endian::native == std::endian::little)
    for (; end - at >= 8; at += 8) {
      std::uint64_t bytes = 0;
      std::memcpy(&bytes, at, sizeof bytes);
      if (const int plain = json_bytes_detail::plain_of_eight(bytes); plain < 8)
        return at + plain;
    }
  while (at != end && *at != '"' && *at != '\\' && static_cast<unsigned char>(*at) >= 0x20)
    ++at;
  return at;
}

} // namespace spec_kitty
