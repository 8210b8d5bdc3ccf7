// Blocks that were unpacked, kept for those who read the same part of a log next: for the page
// that follows, and for listeners that come back together. From any thread.
//
// A kept block is used only where the row has the very bytes that it was made of: what was merged,
// erased or taken away meanwhile is never seen again.
#pragma once

#include "app/server/store/lmdb/block.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::server::store {

struct unpacked_block {
  std::string row; ///< what it was made of
  std::string memory;
  std::vector<block_event> events; ///< their texts point into `memory`

  std::size_t bytes() const {
    return row.size() + memory.size() + events.size() * sizeof(block_event);
  }
};
using block_ptr = std::shared_ptr<const unpacked_block>;

class block_cache {
public:
  static constexpr std::size_t max_blocks = 64;
  static constexpr std::size_t default_bytes = std::size_t{1} << 20;

  /// Keeps at most so many bytes; the pages that have a block keep it beyond that.
  explicit block_cache(std::size_t max_bytes = default_bytes) : max_bytes_(max_bytes) {}

  /// The block of a row with this key. Throws damaged_row as block_codec::unpack does.
  block_ptr block_of(std::string_view key, std::string_view row, block_codec& codec);

private:
  struct entry {
    std::string key;
    block_ptr block;
    std::uint64_t used = 0; ///< the greater, the later
  };

  block_ptr find(std::string_view key, std::string_view row);
  void keep(std::string_view key, const block_ptr& block);

  const std::size_t max_bytes_;
  std::mutex guard_;
  std::vector<entry> entries_;
  std::size_t bytes_ = 0;
  std::uint64_t uses_ = 0;
};

} // namespace spec_kitty::server::store
