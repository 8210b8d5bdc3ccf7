#include "app/server/store/lmdb/retention.hpp"

#include "app/server/store/lmdb/audit_log.hpp"
#include "app/server/store/lmdb/reads.hpp"
#include "app/server/store/lmdb/rows.hpp"
#include "app/server/store/lmdb/used_stamps.hpp"

#include <algorithm>
#include <optional>

namespace spec_kitty::server::store {

namespace {

/// Bounds of one transaction.
constexpr std::size_t max_blocks_taken = 64;
constexpr std::size_t max_blocks_purged = 16;
constexpr std::size_t max_rows_purged = 4096;
constexpr std::size_t max_rows_scanned = 65'536;

failure event_not_found(team_id team, sequence seq) {
  return {
      ec::not_found, "team " + std::to_string(team) + " has no event " + std::to_string(seq), {}};
}

bool starts_with_team(std::string_view key, team_id team) {
  return key.substr(0, 4) == key_of_team(team);
}

/// Removes the blocks at the beginning of the team's log and the ids of their events. False: none.
bool purge_blocks(lmdb_txn& txn, const store_tables& tables, block_codec& codec, team_id team) {
  std::size_t blocks = 0;
  std::string memory;
  for (; blocks < max_blocks_purged; ++blocks) {
    std::string key;
    std::vector<block_event> events;
    {
      lmdb_cursor cursor(txn, tables.blocks);
      if (!cursor.seek(key_of_block(team, 0)) || !starts_with_team(cursor.key(), team))
        break;
      key = cursor.key();
      try {
        events = codec.unpack(cursor.value(), memory);
      } catch (const damaged_row&) {
        events.clear(); // its ids are found by the search through all ids
      }
    }
    for (const auto& event : events)
      txn.erase(tables.ids, view_of(key_of_id(event.id, team)));
    txn.erase(tables.blocks, key);
  }
  return blocks > 0;
}

bool purge_stamps(lmdb_txn& txn, const store_tables& tables, team_id team) {
  std::size_t rows = 0;
  lmdb_cursor cursor(txn, tables.stamps);
  for (; rows < max_rows_purged; ++rows) {
    if (!cursor.seek(key_of_team(team)) || !starts_with_team(cursor.key(), team))
      break;
    cursor.erase();
  }
  return rows > 0;
}

/// Ids whose texts retention took stand in no block: all ids are looked through. False at the end.
bool purge_ids(lmdb_txn& txn, const store_tables& tables, team_id team, std::string& resume) {
  std::vector<std::string> found;
  {
    lmdb_cursor cursor(txn, tables.ids);
    bool more = resume.empty() ? cursor.first() : cursor.seek(resume);
    std::size_t scanned = 0;
    for (; more && scanned < max_rows_scanned && found.size() < max_rows_purged; ++scanned) {
      if (team_of_id_key(cursor.key()) == team)
        found.emplace_back(cursor.key());
      more = cursor.next();
    }
    if (more)
      resume = cursor.key();
    else
      resume.clear();
  }
  for (const auto& key : found)
    txn.erase(tables.ids, key);
  return !resume.empty();
}

} // namespace

result<texts_taken> take_old_texts(lmdb_txn& txn, const store_tables& tables, team_id team,
                                   epoch_us received_before) {
  auto head = read_head(txn, tables, team);
  if (!head)
    return failure{ec::not_found, "team " + std::to_string(team) + " does not exist", {}};
  texts_taken taken;
  for (std::size_t blocks = 0; blocks < max_blocks_taken; ++blocks) {
    std::string key;
    block_header header;
    {
      lmdb_cursor cursor(txn, tables.blocks);
      if (!cursor.seek(key_of_block(team, head->first)) || !starts_with_team(cursor.key(), team))
        break;
      key = cursor.key();
      header = read_block_header(cursor.value());
    }
    if (header.newest_received >= received_before)
      break;
    txn.erase(tables.blocks, key);
    const std::size_t bytes = text_bytes_of(header);
    taken.events += header.events;
    taken.bytes += bytes;
    head->text_bytes -= std::min<std::uint64_t>(head->text_bytes, bytes);
    head->first = decode_block_key(key).last + 1;
    head->merged_through = std::max(head->merged_through, head->first - 1);
  }
  if (taken.events > 0)
    txn.put(tables.heads, key_of_team(team), encode(*head));
  return taken;
}

result<void> erase_text(lmdb_txn& txn, const store_tables& tables, block_codec& codec, team_id team,
                        sequence seq, const change_note& note) {
  auto head = read_head(txn, tables, team);
  if (!head || seq == 0 || seq > head->head)
    return event_not_found(team, seq);
  if (seq < head->first)
    return {};
  std::string key;
  std::string memory;
  std::vector<block_event> events;
  {
    lmdb_cursor cursor(txn, tables.blocks);
    if (!cursor.seek(key_of_block(team, seq)) || !starts_with_team(cursor.key(), team))
      throw damaged_row("the block of event " + std::to_string(seq) + " is missing");
    key = cursor.key();
    events = codec.unpack(cursor.value(), memory);
  }
  const sequence last = decode_block_key(key).last;
  if (last - seq >= events.size())
    throw damaged_row("the block of event " + std::to_string(seq) + " is missing");
  auto& event = events[events.size() - 1 - static_cast<std::size_t>(last - seq)];
  if (event.erased)
    return {};
  head->text_bytes -= std::min<std::uint64_t>(head->text_bytes, event.text.size());
  event.erased = true;
  event.text = {};
  txn.put(tables.blocks, key, codec.pack(events));
  txn.put(tables.heads, key_of_team(team), encode(*head));
  add_audit(txn, tables, note, team, "event.erase", std::to_string(seq), note.reason);
  return {};
}

result<bool> purge_some(lmdb_txn& txn, const store_tables& tables, block_codec& codec, team_id team,
                        std::string& resume) {
  const auto row = txn.get(tables.heads, key_of_team(team));
  if (!row)
    return true;
  if (purge_blocks(txn, tables, codec, team) || purge_stamps(txn, tables, team) ||
      purge_used_stamps(txn, tables, team, max_rows_purged) > 0 ||
      purge_ids(txn, tables, team, resume))
    return false;
  txn.erase(tables.heads, key_of_team(team));
  return true;
}

std::vector<team_id> teams_to_purge(const lmdb_txn& txn, const store_tables& tables) {
  std::vector<team_id> out;
  lmdb_cursor cursor(txn, tables.heads);
  for (bool more = cursor.first(); more; more = cursor.next())
    if (decode_head(cursor.value()).removed)
      out.push_back(row_reader(cursor.key()).u32());
  return out;
}

} // namespace spec_kitty::server::store
