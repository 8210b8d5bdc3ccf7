#include "config/node_id.hpp"

#include <sys/types.h>

#include <sha256.h>

#include <array>

namespace spec_kitty {

std::string make_node_id(const node_seed& seed, std::string_view home_id) {
  std::string text = seed.hostname + ":" + seed.user;
  if (!seed.default_home)
    text.append(":").append(home_id);
  std::array<char, SHA256_DIGEST_STRING_LENGTH> hex{};
  SHA256Data(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), hex.data());
  return {hex.data(), 12};
}

} // namespace spec_kitty
