#include "util/random.hpp"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace spec_kitty {

void fill_random(std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const auto got = ::getrandom(bytes.data(), bytes.size(), 0);
    if (got < 0 && errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "getrandom");
    bytes = bytes.subspan(got > 0 ? static_cast<std::size_t>(got) : 0);
  }
}

double kernel_random() {
  std::array<std::uint8_t, 2> bytes{};
  fill_random(bytes);
  return (bytes[0] * 256.0 + bytes[1]) / 65536.0;
}

} // namespace spec_kitty
