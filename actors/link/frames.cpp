#include "actors/link/frames.hpp"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace spec_kitty {

namespace {

constexpr unsigned char final_text = 0x81;
constexpr unsigned char masked = 0x80;
constexpr std::size_t max_short = 125;
constexpr unsigned char two_bytes_follow = 126;
constexpr unsigned char eight_bytes_follow = 127;

/// Appends a length in so many bytes, the most significant one first.
void append_length(std::string& to, std::uint64_t length, unsigned bytes) {
  for (unsigned left = bytes; left > 0; --left)
    to += static_cast<char>(length >> (8 * (left - 1)) & 0xFF);
}

} // namespace

bool kernel_bytes(std::span<unsigned char> into) {
  while (!into.empty()) {
    const auto got = ::getrandom(into.data(), into.size(), 0);
    if (got < 0 && errno != EINTR)
      return false;
    into = into.subspan(got < 0 ? 0 : static_cast<std::size_t>(got));
  }
  return true;
}

std::optional<frame_writer::frame_mask> frame_writer::next_mask() {
  if (used_ == pool_.size()) {
    if (!random_(pool_))
      return std::nullopt;
    used_ = 0;
  }
  frame_mask mask{};
  std::copy_n(pool_.begin() + static_cast<std::ptrdiff_t>(used_), mask_bytes, mask.begin());
  used_ += mask_bytes;
  return mask;
}

bool frame_writer::append_text(std::string_view payload) {
  const auto found = next_mask();
  if (!found)
    return false;
  const frame_mask& mask = *found;
  frames_ += static_cast<char>(final_text);
  if (payload.size() <= max_short) {
    frames_ += static_cast<char>(masked | payload.size());
  } else if (payload.size() <= 0xFFFF) {
    frames_ += static_cast<char>(masked | two_bytes_follow);
    append_length(frames_, payload.size(), 2);
  } else {
    frames_ += static_cast<char>(masked | eight_bytes_follow);
    append_length(frames_, payload.size(), 8);
  }
  frames_.append(reinterpret_cast<const char*>(mask.data()), mask.size());
  const std::size_t begin = frames_.size();
  frames_.append(payload);

  std::uint64_t wide = 0; // the mask twice, in memory's order
  std::memcpy(&wide, mask.data(), mask.size());
  std::memcpy(reinterpret_cast<char*>(&wide) + mask.size(), mask.data(), mask.size());
  char* at = frames_.data() + begin;
  std::size_t left = payload.size();
  for (; left >= sizeof wide; left -= sizeof wide, at += sizeof wide) {
    std::uint64_t part = 0;
    std::memcpy(&part, at, sizeof part);
    part ^= wide;
    std::memcpy(at, &part, sizeof part);
  }
  for (std::size_t i = 0; i < left; ++i)
    at[i] = static_cast<char>(static_cast<unsigned char>(at[i]) ^ mask[i % mask.size()]);
  return true;
}

} // namespace spec_kitty
