// Blocks: up to 256 events of one team that follow on each other, compressed together.
//
//   header: version u8, n u16, raw size u32, newest received_at i64, CRC-32 of the rest u32
//   zstd of: ids 16n, senders 16n, received_at 8n, accounts 4n, text sizes 4n, flags n, texts
//
// Columns, because what is equal in neighbours compresses to next to nothing. The CRC covers what
// stands before and after it. Pure.
#pragma once

#include "app/server/store/types.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::server::store {

inline constexpr std::size_t max_block_events = 256;
/// A block is closed when its texts reach this; a single larger text is a block of its own.
inline constexpr std::size_t block_text_bytes = std::size_t{1} << 20;
/// The largest block that is ever unpacked: what its header names is not believed beyond this.
inline constexpr std::size_t max_raw_bytes = std::size_t{80} << 20;

/// What the header says; nothing is unpacked for it.
struct block_header {
  std::size_t events = 0;
  std::size_t raw_bytes = 0;
  epoch_us newest_received = 0;
};

/// One event of a block. Views live as long as the block's memory.
struct block_event {
  ulid id;
  ulid sender;
  epoch_us received_at = 0;
  account_id account = 0;
  bool erased = false; ///< its text was taken away
  std::string_view text;
};

/// Packs and unpacks; keeps zstd's memory between calls. Not for two threads at once.
class block_codec {
public:
  block_codec();
  ~block_codec();
  block_codec(const block_codec&) = delete;
  block_codec& operator=(const block_codec&) = delete;

  /// The row of these events; the view lives until the next call.
  std::string_view pack(const std::vector<block_event>& events);
  /// The events of a row, whose texts point into `memory`, which gets new content. Throws
  /// damaged_row for bytes that pack() did not make.
  std::vector<block_event> unpack(std::string_view row, std::string& memory);

private:
  struct contexts;
  std::unique_ptr<contexts> zstd_;
  std::string raw_;
  std::string row_;
};

/// Throws damaged_row for what is not a header.
block_header read_block_header(std::string_view row);

/// Bytes of texts in a block, by its header alone.
std::size_t text_bytes_of(const block_header& header);

} // namespace spec_kitty::server::store
