#include "app/server/store/lmdb/rows.hpp"

#include "app/server/store/lmdb/row_bytes.hpp"

#include <algorithm>

namespace spec_kitty::server::store {

std::string encode(const head_row& row) {
  std::string out;
  row_writer(out)
      .u64(row.head)
      .u64(row.first)
      .u64(row.max_lamport)
      .u64(row.text_bytes)
      .i64(row.newest_received)
      .u32(row.small_blocks)
      .u64(row.merged_through)
      .flag(row.removed);
  return out;
}

head_row decode_head(std::string_view row) {
  row_reader in(row);
  head_row out;
  out.head = in.u64();
  out.first = in.u64();
  out.max_lamport = in.u64();
  out.text_bytes = in.u64();
  out.newest_received = in.i64();
  out.small_blocks = in.u32();
  out.merged_through = in.u64();
  out.removed = in.flag();
  return out;
}

team_head public_head(team_id team, const head_row& row) {
  return {team, row.head, row.first, row.max_lamport, row.text_bytes};
}

id_key key_of_id(const ulid& id, team_id team) {
  id_key key{};
  std::transform(id.bytes.begin(), id.bytes.end(), key.begin(),
                 [](std::uint8_t byte) { return static_cast<char>(byte); });
  for (std::size_t i = 0; i < 4; ++i)
    key[16 + i] = static_cast<char>((team >> (24 - 8 * i)) & 0xFF);
  return key;
}

team_id team_of_id_key(std::string_view key) {
  if (key.size() != id_key_bytes)
    throw damaged_row("a key of an id has a wrong size");
  return row_reader(key.substr(16)).u32();
}

void encode(const id_row& row, std::string& into) {
  into.clear();
  row_writer(into).u64(row.seq).raw(row.leaf).u64(row.lamport).u32(row.account);
}

id_row decode_id(std::string_view row) {
  row_reader in(row);
  id_row out;
  out.seq = in.u64();
  out.leaf = in.raw<16>();
  out.lamport = in.u64();
  out.account = in.u32();
  return out;
}

std::string key_of_team(team_id team) {
  std::string key;
  row_writer(key).u32(team);
  return key;
}

std::string key_of_block(team_id team, sequence last) {
  std::string key;
  row_writer(key).u32(team).u64(last);
  return key;
}

block_place decode_block_key(std::string_view key) {
  row_reader in(key);
  block_place out;
  out.team = in.u32();
  out.last = in.u64();
  if (!in.at_end())
    throw damaged_row("a key of a block has a wrong size");
  return out;
}

std::string key_of_stamp(team_id team, account_id account, std::string_view node) {
  std::string key;
  row_writer(key).u32(team).u32(account).raw(node);
  return key;
}

} // namespace spec_kitty::server::store
