// Reads every row and text of the store, and says what does not fit.
#pragma once

#include "app/server/store/lmdb/environment.hpp"
#include "app/server/store/types.hpp"

#include <atomic>

namespace spec_kitty::server::store {

/// Gaps and cut blocks, texts that do not fit their leaf, rows without an event and events without
/// a row, heads that count wrong. Ends early, with `stopping`, when `stop` becomes true.
result<check_report> check_store(const lmdb_txn& txn, const store_tables& tables,
                                 const std::atomic<bool>& stop);

} // namespace spec_kitty::server::store
