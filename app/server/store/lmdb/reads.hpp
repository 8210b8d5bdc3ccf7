// What is read of events: pages, single events, heads. On a snapshot; nothing of it is returned.
#pragma once

#include "app/server/store/engine.hpp"
#include "app/server/store/lmdb/block_cache.hpp"
#include "app/server/store/lmdb/environment.hpp"
#include "app/server/store/lmdb/rows.hpp"

#include <optional>
#include <vector>

namespace spec_kitty::server::store {

/// What unpacks blocks: a thread's codec, and the blocks that all readers share.
struct block_reader {
  block_codec& codec;
  block_cache& kept;
};

/// The row of a team that exists and was not removed.
std::optional<head_row> read_head(const lmdb_txn& txn, const store_tables& tables, team_id team);

result<page> read_page(const lmdb_txn& txn, const store_tables& tables, const block_reader& blocks,
                       team_id team, sequence after, page_limits limits);

result<found_event> find_event(const lmdb_txn& txn, const store_tables& tables,
                               const block_reader& blocks, team_id team, const ulid& id);

/// Of these teams, or of all.
std::vector<team_head> read_heads(const lmdb_txn& txn, const store_tables& tables,
                                  const std::vector<team_id>& teams);

} // namespace spec_kitty::server::store
