#include "app/server/store/lmdb/used_stamps.hpp"

#include "app/server/store/lmdb/rows.hpp"

#include <algorithm>

namespace spec_kitty::server::store {

namespace {

/// Beyond that what was read and not changed is dropped from memory.
constexpr std::size_t max_chunks = 4096;

} // namespace

used_stamps::chunk& used_stamps::chunk_of(const lmdb_txn& txn, const store_tables& tables,
                                          const batch& of, const new_event& event) {
  key_.clear();
  row_writer(key_)
      .u32(of.team)
      .u32(of.account)
      .raw(event.node)
      .u64(event.lamport / stamps_in_chunk);
  if (const auto known = chunks_.find(key_); known != chunks_.end())
    return known->second;
  if (chunks_.size() >= max_chunks)
    std::erase_if(chunks_, [](const auto& entry) { return !entry.second.changed; });
  chunk read;
  if (const auto row = txn.get(tables.used_stamps, key_))
    for (row_reader in(*row); !in.at_end();) {
      const std::size_t place = in.u8();
      const std::uint64_t high = in.u16();
      const std::uint64_t low = in.u32();
      if (place >= stamps_in_chunk)
        throw damaged_row("a row of used stamps names a wrong place");
      read.times.at(place) = std::max<std::uint64_t>(high << 32 | low, 1);
    }
  return chunks_.emplace(key_, read).first->second;
}

std::optional<std::uint64_t> used_stamps::find(const lmdb_txn& txn, const store_tables& tables,
                                               const batch& of, const new_event& event) {
  const auto time = chunk_of(txn, tables, of, event).times.at(event.lamport % stamps_in_chunk);
  return time == 0 ? std::nullopt : std::optional(time);
}

void used_stamps::add(const lmdb_txn& txn, const store_tables& tables, const batch& of,
                      const new_event& event) {
  chunk& into = chunk_of(txn, tables, of, event);
  into.times.at(event.lamport % stamps_in_chunk) =
      std::max<std::uint64_t>(event.id.milliseconds(), 1);
  into.changed = true;
}

void used_stamps::write(lmdb_txn& txn, const store_tables& tables) {
  std::string row;
  for (const auto& [key, entries] : chunks_) {
    if (!entries.changed)
      continue;
    row.clear();
    row_writer out(row);
    for (std::size_t place = 0; place < stamps_in_chunk; ++place)
      if (const auto time = entries.times.at(place); time != 0)
        out.u8(static_cast<std::uint8_t>(place))
            .u16(static_cast<std::uint16_t>(time >> 32))
            .u32(static_cast<std::uint32_t>(time));
    txn.put(tables.used_stamps, key, row);
  }
  clear();
}

std::size_t purge_used_stamps(lmdb_txn& txn, const store_tables& tables, team_id team,
                              std::size_t most) {
  std::size_t rows = 0;
  const std::string prefix = key_of_team(team);
  lmdb_cursor cursor(txn, tables.used_stamps);
  for (; rows < most; ++rows) {
    if (!cursor.seek(prefix) || cursor.key().substr(0, prefix.size()) != prefix)
      break;
    cursor.erase();
  }
  return rows;
}

} // namespace spec_kitty::server::store
