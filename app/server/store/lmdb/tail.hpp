// The newest blocks of a team's log: small ones are merged.
//
// A group makes a block of what it has for a team, often of a single event. Sixteen small blocks
// become one as large as a block can be: so events that came one by one are compressed together.
#pragma once

#include "app/server/store/lmdb/block.hpp"
#include "app/server/store/lmdb/environment.hpp"
#include "app/server/store/lmdb/rows.hpp"

namespace spec_kitty::server::store {

/// A block of so many events was written after all others of the team.
void note_block(head_row& row, std::size_t events);

bool needs_merge(const head_row& row);

/// Merges neighbours, as many into one as a block may hold, and notes in the row how far.
void merge_tail(lmdb_txn& txn, const store_tables& tables, block_codec& codec, team_id team,
                head_row& row);

} // namespace spec_kitty::server::store
