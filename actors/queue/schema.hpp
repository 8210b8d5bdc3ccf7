// The version of a store, and how a store of version 1 or 2 becomes one of version 3.
//
// A program of version 1 or 2 that has the store open does not look at its version again. It must
// not work on: it would take the schema's row for a summary of zeros. So the summary has a row of
// its own now, and the table of the partitions, which every change of the queue needs, another
// name; the old name is a row, which LMDB refuses as a table. Such a program spills what it records
// from then on. (Only dropping the table is not enough: LMDB 0.9.24 takes it for empty.)
#pragma once

#include "actors/queue/environment.hpp"
#include "actors/queue/records.hpp"

namespace spec_kitty {

/// The number in the schema's row; nothing when the row is missing or garbled.
std::optional<std::uint32_t> schema_of(const lmdb_txn& txn, MDB_dbi main);

/// The name of the partitions' table in that version.
const char* partitions_table(std::uint32_t schema);

/// Makes a store of version 1 or 2 one of version 3. The tables are to be opened again after it.
void upgrade_schema(lmdb_txn& txn, const store_tables& tables, const place_record& here);

/// This machine and the `queue` folder; without the folder's inode where the file system gives it
/// another one after a mount.
place_record place_of(const std::filesystem::path& folder);

} // namespace spec_kitty
