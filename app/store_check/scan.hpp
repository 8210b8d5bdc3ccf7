// What can be found in a damaged file where no table leads any more: events have checksums of their
// own, so they are recognised wherever they lie. Pages that are no longer in use have older copies.
#pragma once

#include "actors/queue/records.hpp"

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

namespace spec_kitty {

struct scanned {
  /// By position: the encoded events, one of each id that stands there.
  std::map<std::uint64_t, std::vector<std::string_view>> events;
  std::map<std::uint64_t, std::string_view> dead; ///< the encoded dead letter
  std::map<std::uint64_t, ulid> ids;              ///< rows of `ids`, which have no checksum
};

scanned scan(std::string_view file, std::size_t page_bytes);

} // namespace spec_kitty
