#include "util/checksum.hpp"

#include "util/isal.hpp"

#include <zlib.h>

#include <atomic>

namespace spec_kitty {

namespace {

std::atomic<crc32_function> fast_crc32{nullptr};

} // namespace

void use_fast_checksums() {
  fast_crc32.store(isal_crc32(), std::memory_order_relaxed);
}

std::uint32_t crc32_checksum(std::string_view bytes, std::uint32_t before) {
  const auto* const data = reinterpret_cast<const unsigned char*>(bytes.data());
  if (const crc32_function fast = fast_crc32.load(std::memory_order_relaxed); fast != nullptr)
    return fast(before, data, bytes.size());
  return static_cast<std::uint32_t>(::crc32_z(before, data, bytes.size()));
}

} // namespace spec_kitty
