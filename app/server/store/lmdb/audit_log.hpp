// Lines of audit, numbered 1, 2, 3 …, written with the change that they are about.
#pragma once

#include "app/server/store/account_records.hpp"
#include "app/server/store/lmdb/environment.hpp"

#include <string>
#include <vector>

namespace spec_kitty::server::store {

void add_audit(lmdb_txn& txn, const store_tables& tables, audit_line line);

/// A line of what the note's actor did.
void add_audit(lmdb_txn& txn, const store_tables& tables, const change_note& note, team_id team,
               std::string action, std::string subject, std::string detail = {});

std::vector<audit_line> read_audit_lines(const lmdb_txn& txn, const store_tables& tables,
                                         std::uint64_t after, std::size_t limit, team_id team);

} // namespace spec_kitty::server::store
