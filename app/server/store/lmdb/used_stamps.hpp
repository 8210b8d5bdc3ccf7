// Which stamps of a node belong to an event already, and of when that event is.
//
//   used_stamps   team u32, account u32, node, stamp / 64 u64 → up to 64 entries: place u8, time
//   u48
//
// A node's stamps rise by small steps, so an event costs some 8 bytes, and a group one row for each
// 64 stamps of a node. The time is that of the event's id, in milliseconds. Stamps of events that
// were kept before the table existed are not in it.
#pragma once

#include "app/server/store/lmdb/environment.hpp"
#include "app/server/store/types.hpp"

#include <array>
#include <map>
#include <optional>
#include <string>

namespace spec_kitty::server::store {

/// The stamps that one group meets; on the writer's thread.
class used_stamps {
public:
  /// The time of the event of this node that has the stamp, in milliseconds since 1970.
  std::optional<std::uint64_t> find(const lmdb_txn& txn, const store_tables& tables,
                                    const batch& of, const new_event& event);
  /// The event has its stamp from now on.
  void add(const lmdb_txn& txn, const store_tables& tables, const batch& of,
           const new_event& event);
  /// Writes what was added.
  void write(lmdb_txn& txn, const store_tables& tables);
  void clear() { chunks_.clear(); }

private:
  static constexpr std::size_t stamps_in_chunk = 64;
  struct chunk {
    std::array<std::uint64_t, stamps_in_chunk> times{}; ///< 0: the stamp is free
    bool changed = false;
  };
  chunk& chunk_of(const lmdb_txn& txn, const store_tables& tables, const batch& of,
                  const new_event& event);

  std::map<std::string, chunk> chunks_;
  std::string key_;
};

/// Removes rows of a team, at most so many; how many there were.
std::size_t purge_used_stamps(lmdb_txn& txn, const store_tables& tables, team_id team,
                              std::size_t most);

} // namespace spec_kitty::server::store
