// ISA-L, where the machine has it: gzip and CRC-32 with vector instructions, several times as fast
// as zlib's.
//
// It is loaded when it is first needed and never linked (Debian has no archive of it): `emit` does
// not pay for it, and a machine without it uses zlib. https://github.com/intel/isa-l
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty {

/// The bytes as one gzip member, compressed at ISA-L's level 1; nothing where the library is
/// missing or cannot do it.
std::optional<std::string> isal_gzip(std::string_view bytes);

/// CRC-32 of zlib and gzip: the checksum before, bytes, their number.
using crc32_function = std::uint32_t (*)(std::uint32_t, const unsigned char*, std::uint64_t);

/// ISA-L's; null where the library is missing.
crc32_function isal_crc32();

} // namespace spec_kitty
