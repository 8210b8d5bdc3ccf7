// Who moved a work package last: this home, and each other one that it has heard of. Pure.
// What the row's bytes are: docs/queue-format.md.
#pragma once

#include "messages/ulid.hpp"
#include "util/timestamp.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

/// A change of the status, recorded by this home.
struct own_status {
  ulid event;
  std::uint64_t lamport = 0;
  epoch_us at = 0;
  std::string before;
  std::string after;

  bool operator==(const own_status&) const = default;
};

/// The last change that another node recorded.
struct other_status {
  std::string node_id;
  std::string by; ///< the account; may be empty
  ulid event;
  std::uint64_t lamport = 0;
  epoch_us heard_at = 0;
  std::uint64_t heard_clock = 0; ///< this home's clock when it was heard
  std::uint64_t follows_own = 0; ///< it came after this home's event of that clock; 0: after none
  std::string before;
  std::string after;

  bool operator==(const other_status&) const = default;
};

struct status_record {
  static constexpr std::size_t max_others = 16; ///< the one heard longest ago makes way

  std::optional<own_status> own;
  std::vector<other_status> others; ///< in the order in which they were heard

  /// Takes up what another home did. An older one than is known of that node changes nothing.
  void hear(other_status heard);
  /// Those whose change this home neither knew when it made its own, nor which came after that.
  std::vector<other_status> concurrent() const;

  std::string encode() const;
  static std::optional<status_record> decode(std::string_view bytes);
};

} // namespace spec_kitty
