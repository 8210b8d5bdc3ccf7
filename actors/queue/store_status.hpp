// The rows of statuses, for the store's own files.
#pragma once

#include "actors/queue/store_rows.hpp"

#include <vector>

namespace spec_kitty::store_detail {

/// At most so many work packages of which only other homes have changed the status.
inline constexpr std::uint64_t max_remote_statuses = 20'000;

/// Takes up what other homes did. `clock`: of this home, after the receive rule.
void record_remote_statuses(lmdb_txn& txn, const store_tables& tables,
                            const std::vector<status_change>& changes, std::uint64_t clock,
                            epoch_us now);

/// Remembers that this home moves a work package.
void record_own_status(lmdb_txn& txn, const store_tables& tables, const event_draft& draft,
                       const ulid& event, std::uint64_t lamport, epoch_us now);

} // namespace spec_kitty::store_detail
