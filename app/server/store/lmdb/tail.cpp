#include "app/server/store/lmdb/tail.hpp"

#include <utility>
#include <vector>

namespace spec_kitty::server::store {

namespace {

constexpr std::uint32_t max_small_blocks = 16;
/// A block with so many events is left as it is.
constexpr std::size_t large_block_events = 192;

struct tail_block {
  sequence last = 0;
  block_header header;
};

std::vector<tail_block> blocks_after(const lmdb_txn& txn, const store_tables& tables, team_id team,
                                     sequence after) {
  std::vector<tail_block> found;
  lmdb_cursor cursor(txn, tables.blocks);
  for (bool more = cursor.seek(key_of_block(team, after + 1)); more; more = cursor.next()) {
    const auto place = decode_block_key(cursor.key());
    if (place.team != team)
      break;
    found.push_back({place.last, read_block_header(cursor.value())});
  }
  return found;
}

/// Puts one block in the place of several neighbours.
void replace_by_one(lmdb_txn& txn, const store_tables& tables, block_codec& codec, team_id team,
                    const std::vector<tail_block>& neighbours) {
  std::vector<std::string> memory(neighbours.size());
  std::vector<block_event> events;
  for (std::size_t i = 0; i < neighbours.size(); ++i) {
    const auto row = txn.get(tables.blocks, key_of_block(team, neighbours[i].last));
    if (!row)
      throw damaged_row("a block is missing");
    const auto part = codec.unpack(*row, memory[i]);
    events.insert(events.end(), part.begin(), part.end());
  }
  const auto merged = codec.pack(events);
  for (std::size_t i = 0; i + 1 < neighbours.size(); ++i)
    txn.erase(tables.blocks, key_of_block(team, neighbours[i].last));
  txn.put(tables.blocks, key_of_block(team, neighbours.back().last), merged);
}

} // namespace

void note_block(head_row& row, std::size_t events) {
  if (events < large_block_events)
    ++row.small_blocks;
  else if (row.small_blocks == 0)
    row.merged_through = row.head;
}

bool needs_merge(const head_row& row) {
  return row.small_blocks >= max_small_blocks;
}

void merge_tail(lmdb_txn& txn, const store_tables& tables, block_codec& codec, team_id team,
                head_row& row) {
  std::vector<tail_block> neighbours;
  std::size_t events = 0;
  std::size_t bytes = 0;
  const auto merge_neighbours = [&] {
    if (neighbours.size() > 1)
      replace_by_one(txn, tables, codec, team, neighbours);
    if (!neighbours.empty())
      row.merged_through = neighbours.back().last;
    neighbours.clear();
    events = bytes = 0;
  };
  for (const auto& block : blocks_after(txn, tables, team, row.merged_through)) {
    const bool is_large = block.header.events >= large_block_events;
    const std::size_t its_bytes = text_bytes_of(block.header);
    if (is_large || events + block.header.events > max_block_events ||
        bytes + its_bytes > block_text_bytes)
      merge_neighbours();
    if (is_large) {
      row.merged_through = block.last;
      continue;
    }
    events += block.header.events;
    bytes += its_bytes;
    neighbours.push_back(block);
  }
  // The newest merged block takes more events next time, unless it is large.
  const sequence before_last = row.merged_through;
  const bool is_large = events >= large_block_events;
  merge_neighbours();
  row.small_blocks = is_large ? 0 : 1;
  if (!is_large)
    row.merged_through = before_last;
}

} // namespace spec_kitty::server::store
