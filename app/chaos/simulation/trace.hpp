// What happened in a schedule, as one number: two runs of a seed are the same when theirs is.
#pragma once

#include <cstdint>
#include <string_view>

namespace spec_kitty::chaos::simulation {

/// FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/).
class trace_hash {
public:
  void note(std::string_view bytes) {
    for (const char byte : bytes) {
      value_ ^= static_cast<unsigned char>(byte);
      value_ *= 0x100000001b3U;
    }
  }
  void note(std::uint64_t number) {
    for (int i = 0; i < 8; ++i, number >>= 8U) {
      value_ ^= number & 0xffU;
      value_ *= 0x100000001b3U;
    }
  }
  std::uint64_t value() const { return value_; }

private:
  std::uint64_t value_ = 0xcbf29ce484222325U;
};

} // namespace spec_kitty::chaos::simulation
