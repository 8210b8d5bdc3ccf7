// A target as libFuzzer calls it; FUZZ_TARGET names it.
#include "tests/fuzz/targets.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): libFuzzer's bytes are a text here
  spec_kitty::fuzz::FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
