// CRC-32, the checksum of stored rows and of lines in files (the one of zlib and gzip).
#pragma once

#include <cstdint>
#include <string_view>

namespace spec_kitty {

/// From here on this process has ISA-L compute them, where it is there: for what reads whole
/// queues. The values are the same.
void use_fast_checksums();

/// Of `bytes`; `before` is the checksum of what stands in front of them.
std::uint32_t crc32_checksum(std::string_view bytes, std::uint32_t before = 0);

} // namespace spec_kitty
