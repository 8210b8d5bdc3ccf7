// What a server offers beyond docs/protocol.md's base: its answer to `GET /api/v1/`. Plain data.
// Source: docs/protocol.md, What a server offers.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

/// The values of a `limits` object, each within the bounds of docs/protocol.md.
struct server_limits {
  std::optional<std::size_t> max_events;            ///< of one batch
  std::optional<std::size_t> max_bytes;             ///< of one batch, before compression
  std::optional<std::chrono::milliseconds> min_gap; ///< between the beginnings of two batches

  bool operator==(const server_limits&) const = default;
};

/// Empty where a server offers nothing: it has no such path.
struct server_offer {
  std::string server;  ///< its name, for people; printable
  std::string version; ///< likewise
  /// Versions of the protocol that it speaks; 0: it names none.
  std::uint32_t min_protocol = 0;
  std::uint32_t max_protocol = 0;
  std::vector<std::string> capabilities; ///< of small letters, digits and `_`; as the server sorts
  server_limits limits;

  bool offers(std::string_view capability) const {
    for (const auto& offered : capabilities)
      if (offered == capability)
        return true;
    return false;
  }

  bool operator==(const server_offer&) const = default;
};

} // namespace spec_kitty
