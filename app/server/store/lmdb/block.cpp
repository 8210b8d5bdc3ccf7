#include "app/server/store/lmdb/block.hpp"

#include "app/server/store/lmdb/row_bytes.hpp"
#include "util/checksum.hpp"

#include <zstd.h>

#include <algorithm>
#include <new>

namespace spec_kitty::server::store {

namespace {

constexpr std::uint8_t block_version = 1;
constexpr std::size_t crc_at = 1 + 2 + 4 + 8;
constexpr std::size_t block_header_bytes = crc_at + 4;
constexpr std::size_t bytes_beside_text = 16 + 16 + 8 + 4 + 4 + 1;
constexpr int zstd_level = 1;

std::uint32_t crc_of_block(std::string_view row) {
  return crc32_checksum(row.substr(block_header_bytes), crc32_checksum(row.substr(0, crc_at)));
}

} // namespace

struct block_codec::contexts {
  ZSTD_CCtx* packing = ZSTD_createCCtx();
  ZSTD_DCtx* unpacking = ZSTD_createDCtx();

  contexts() {
    if (packing == nullptr || unpacking == nullptr) {
      release();
      throw std::bad_alloc();
    }
  }
  ~contexts() { release(); }
  contexts(const contexts&) = delete;
  contexts& operator=(const contexts&) = delete;

private:
  void release() const {
    ZSTD_freeCCtx(packing);
    ZSTD_freeDCtx(unpacking);
  }
};

block_codec::block_codec() : zstd_(std::make_unique<contexts>()) {}
block_codec::~block_codec() = default;

std::string_view block_codec::pack(const std::vector<block_event>& events) {
  raw_.clear();
  row_writer raw(raw_);
  epoch_us newest = 0;
  for (const auto& event : events)
    raw.raw(event.id.bytes);
  for (const auto& event : events)
    raw.raw(event.sender.bytes);
  for (const auto& event : events) {
    raw.i64(event.received_at);
    newest = std::max(newest, event.received_at);
  }
  for (const auto& event : events)
    raw.u32(event.account);
  for (const auto& event : events)
    raw.u32(static_cast<std::uint32_t>(event.text.size()));
  for (const auto& event : events)
    raw.flag(event.erased);
  for (const auto& event : events)
    raw.raw(event.text);

  row_.clear();
  row_writer header(row_);
  header.u8(block_version)
      .u16(static_cast<std::uint16_t>(events.size()))
      .u32(static_cast<std::uint32_t>(raw_.size()))
      .i64(newest)
      .u32(0);
  row_.resize(block_header_bytes + ZSTD_compressBound(raw_.size()));
  const std::size_t packed =
      ZSTD_compressCCtx(zstd_->packing, row_.data() + block_header_bytes,
                        row_.size() - block_header_bytes, raw_.data(), raw_.size(), zstd_level);
  if (ZSTD_isError(packed) != 0)
    throw std::bad_alloc(); // the buffer is large enough: only memory can be missing
  row_.resize(block_header_bytes + packed);
  std::string crc;
  row_writer(crc).u32(crc_of_block(row_));
  row_.replace(crc_at, crc.size(), crc);
  return row_;
}

std::vector<block_event> block_codec::unpack(std::string_view row, std::string& memory) {
  const auto header = read_block_header(row);
  if (row_reader(row.substr(crc_at, 4)).u32() != crc_of_block(row))
    throw damaged_row("the checksum of a block does not fit");
  memory.resize(header.raw_bytes);
  const auto packed = row.substr(block_header_bytes);
  const std::size_t got = ZSTD_decompressDCtx(zstd_->unpacking, memory.data(), memory.size(),
                                              packed.data(), packed.size());
  if (got != memory.size()) // an error is a very large number
    throw damaged_row("a block cannot be unpacked");

  const std::size_t n = header.events;
  const std::string_view raw = memory;
  std::vector<block_event> events(n);
  row_reader columns(raw);
  for (auto& event : events)
    event.id.bytes = columns.raw<16>();
  for (auto& event : events)
    event.sender.bytes = columns.raw<16>();
  for (auto& event : events)
    event.received_at = columns.i64();
  for (auto& event : events)
    event.account = columns.u32();
  row_reader sizes(columns.rest());
  row_reader flags(columns.rest().substr(4 * n));
  std::string_view texts = raw.substr(bytes_beside_text * n);
  for (auto& event : events) {
    const std::size_t size = sizes.u32();
    if (size > texts.size())
      throw damaged_row("a text of a block is cut");
    event.text = texts.substr(0, size);
    texts.remove_prefix(size);
    event.erased = flags.flag();
  }
  return events;
}

block_header read_block_header(std::string_view row) {
  if (row.size() < block_header_bytes)
    throw damaged_row("a block is cut");
  row_reader in(row);
  if (in.u8() != block_version)
    throw damaged_row("a block has an unknown version");
  block_header header;
  header.events = in.u16();
  header.raw_bytes = in.u32();
  header.newest_received = in.i64();
  if (header.events == 0 || header.events > max_block_events || header.raw_bytes > max_raw_bytes ||
      header.raw_bytes < header.events * bytes_beside_text)
    throw damaged_row("the header of a block is damaged");
  return header;
}

std::size_t text_bytes_of(const block_header& header) {
  return header.raw_bytes - header.events * bytes_beside_text;
}

} // namespace spec_kitty::server::store
