// Texts that are taken away, and teams that are removed. Rows of ids stay for ever, but for those
// of a removed team: duplicates and sequence numbers are as before.
#pragma once

#include "app/server/store/account_records.hpp"
#include "app/server/store/lmdb/block.hpp"
#include "app/server/store/lmdb/environment.hpp"
#include "app/server/store/types.hpp"

#include <string>

namespace spec_kitty::server::store {

/// Takes whole blocks from the beginning of the team's log, as long as all of a block is older.
result<texts_taken> take_old_texts(lmdb_txn& txn, const store_tables& tables, team_id team,
                                   epoch_us received_before);

/// Writes the event's block anew without its text; the change and its line of audit together.
result<void> erase_text(lmdb_txn& txn, const store_tables& tables, block_codec& codec, team_id team,
                        sequence seq, const change_note& note);

/// Removes some rows of the events of a removed team; true when all are gone. `resume` is where the
/// search for ids without a text continues: empty at first.
result<bool> purge_some(lmdb_txn& txn, const store_tables& tables, block_codec& codec, team_id team,
                        std::string& resume);

/// Teams that were removed and whose rows are not all gone.
std::vector<team_id> teams_to_purge(const lmdb_txn& txn, const store_tables& tables);

} // namespace spec_kitty::server::store
