#include "util/checksum.hpp"

#include <zlib.h>

namespace spec_kitty {

std::uint32_t crc32_checksum(std::string_view bytes, std::uint32_t before) {
  return static_cast<std::uint32_t>(
      ::crc32_z(before, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

} // namespace spec_kitty
