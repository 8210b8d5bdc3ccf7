// What leasing and settling share. For the store's own files only.
#pragma once

#include "actors/queue/store.hpp"

#include <string>
#include <vector>

namespace spec_kitty::store_detail {

/// The refusals counted so far of the event at a position.
attempt_record attempts_of(const lmdb_txn& txn, const store_tables& tables, std::uint64_t seq);

/// The partitions of a team whose events may be sent.
std::vector<partition> open_partitions(const lmdb_txn& txn, const store_tables& tables,
                                       const std::string& team, bool share_by_default);

/// Puts the oldest events that a request asks for into a lease, and marks them as sent: from here
/// on their outcome may be unknown. Their texts share one buffer.
std::vector<leased_event> take_events(const lmdb_txn& txn, const store_tables& tables,
                                      const lease_request& request, bool share_by_default,
                                      partition_counters& teams, lease_record& lease);

/// The lease holds so much longer from now on.
void set_expiry(lease_record& lease, std::chrono::milliseconds time, epoch_us now);

} // namespace spec_kitty::store_detail
