// Rows with a checksum at their end.
#include "actors/queue/records.hpp"
#include "util/checksum.hpp"

#include <cstring>

namespace spec_kitty {

std::string sealed(std::string_view key, std::string value) {
  const std::uint32_t sum = crc32_checksum(value, crc32_checksum(key));
  value.append(reinterpret_cast<const char*>(&sum), sizeof sum);
  return value;
}

bool is_sealed(std::string_view key, std::string_view value) {
  std::uint32_t sum = 0;
  if (value.size() < sizeof sum)
    return false;
  const std::string_view plain = value.substr(0, value.size() - sizeof sum);
  std::memcpy(&sum, value.data() + plain.size(), sizeof sum);
  return sum == crc32_checksum(plain, crc32_checksum(key));
}

bool is_node_id(std::string_view text) {
  return text.size() == 12 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

} // namespace spec_kitty
