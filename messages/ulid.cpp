#include "messages/ulid.hpp"

#include "messages/event.hpp"
#include "util/random.hpp"

#include <algorithm>

namespace spec_kitty {

namespace {

constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::uint64_t last_millisecond = (std::uint64_t{1} << 48) - 1;

ulid make(std::uint64_t ms, const ulid_randomness& random) {
  ulid id;
  for (int i = 5; i >= 0; --i, ms >>= 8)
    id.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(ms & 0xFF);
  std::copy(random.begin(), random.end(), id.bytes.begin() + 6);
  return id;
}

/// Past the 80 bits it carries into the milliseconds, and still rises.
ulid plus(ulid id, std::uint64_t step) {
  for (auto byte = id.bytes.rbegin(); byte != id.bytes.rend() && step != 0; ++byte) {
    step += *byte;
    *byte = static_cast<std::uint8_t>(step & 0xFF);
    step >>= 8;
  }
  return id;
}

std::uint64_t step_of(const ulid_randomness& random) {
  std::uint64_t drawn = 0;
  for (std::size_t i = 5; i < random.size(); ++i)
    drawn = drawn << 8 | random[i];
  return drawn + 1;
}

} // namespace

std::uint64_t ulid::milliseconds() const {
  std::uint64_t ms = 0;
  for (std::size_t i = 0; i < 6; ++i)
    ms = ms << 8 | bytes[i];
  return ms;
}

ulid next_ulid(const ulid& last, std::uint64_t now_ms, const ulid_randomness& random) {
  const std::uint64_t ms = std::min(now_ms, last_millisecond);
  const bool is_later = ms > last.milliseconds() || last == ulid{};
  return is_later ? make(ms, random) : plus(last, step_of(random));
}

ulid_randomness draw_randomness() {
  ulid_randomness random{};
  fill_random(random);
  return random;
}

std::string to_string(const ulid& id) {
  return text_of_id(id).str();
}

event_id_text text_of_id(const ulid& id) {
  // 128 bits in groups of five from the right; the first character holds the top three.
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    high = high << 8 | id.bytes[i];
    low = low << 8 | id.bytes[8 + i];
  }
  std::array<char, event_id_text::max_size> text{};
  std::size_t at = text.size();
  for (; at > 14; low >>= 5)
    text[--at] = alphabet[low & 31];
  text[--at] = alphabet[(low | high << 4) & 31]; // four bits of the one, one of the other
  for (high >>= 1; at > 0; high >>= 5)
    text[--at] = alphabet[high & 31];
  return std::string_view(text.data(), text.size());
}

std::optional<ulid> parse_ulid(std::string_view text) {
  if (!is_ulid(text))
    return std::nullopt;
  ulid id;
  unsigned buffer = 0;
  int bits = 0;
  std::size_t at = id.bytes.size();
  for (auto c = text.rbegin(); c != text.rend() && at > 0; ++c) {
    buffer |= static_cast<unsigned>(alphabet.find(*c)) << bits;
    for (bits += 5; bits >= 8 && at > 0; bits -= 8, buffer >>= 8)
      id.bytes[--at] = static_cast<std::uint8_t>(buffer & 0xFF);
  }
  return id;
}

std::string fresh_ulid(std::uint64_t now_ms) {
  return to_string(next_ulid({}, now_ms, draw_randomness()));
}

} // namespace spec_kitty
