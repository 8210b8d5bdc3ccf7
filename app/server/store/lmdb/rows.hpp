// Keys and rows of the events' tables.
//
//   heads   team u32                       → where the log stands
//   blocks  team u32, last sequence u64    → a block (block.hpp)
//   ids     ULID 16, team u32              → sequence, leaf, stamp, account: kept for ever
//   stamps  team u32, account u32, node    → highest stamp
//
// An id begins with its time, so all teams append at one edge of `ids`. The tables of accounts are
// in account_rows.hpp.
#pragma once

#include "app/server/store/types.hpp"

#include <string>
#include <string_view>

namespace spec_kitty::server::store {

/// Where a team's log stands, as it is kept.
struct head_row {
  sequence head = 0;
  sequence first = 1;
  std::uint64_t max_lamport = 0;
  std::uint64_t text_bytes = 0;
  epoch_us newest_received = 0;
  std::uint32_t small_blocks = 0; ///< after merged_through
  sequence merged_through = 0;    ///< the blocks up to this one need no merging
  bool removed = false; ///< the team takes no event any more; its rows are on their way out
};

/// What is kept of an event for ever.
struct id_row {
  sequence seq = 0;
  kept_leaf leaf{};
  std::uint64_t lamport = 0;
  account_id account = 0;
};

std::string encode(const head_row& row);
head_row decode_head(std::string_view row);
team_head public_head(team_id team, const head_row& row);

inline constexpr std::size_t id_key_bytes = 20;
using id_key = std::array<char, id_key_bytes>;
id_key key_of_id(const ulid& id, team_id team);
inline std::string_view view_of(const id_key& key) {
  return {key.data(), key.size()};
}
team_id team_of_id_key(std::string_view key);

inline constexpr std::size_t id_row_bytes = 36;
void encode(const id_row& row, std::string& into);
id_row decode_id(std::string_view row);

std::string key_of_team(team_id team);
std::string key_of_block(team_id team, sequence last);
struct block_place {
  team_id team = 0;
  sequence last = 0;
};
block_place decode_block_key(std::string_view key);

std::string key_of_stamp(team_id team, account_id account, std::string_view node);

} // namespace spec_kitty::server::store
