// Who moved a work package last: a row of the main table for each, written in the transaction that
// records the event or merges the clock.
#include "actors/queue/store_status.hpp"

#include "util/json.hpp"

#include <string>

namespace spec_kitty {

namespace {

constexpr char status_mark = 'o';
constexpr std::string_view count_key_of_heard = "on"; ///< rows without a change of this home
constexpr std::size_t status_key_bytes = 17;
constexpr std::size_t max_status_bytes = 64;

std::string status_key(std::string_view project, std::string_view feature, std::string_view wp_id) {
  return store_detail::hashed_key(status_mark, {project, feature, wp_id});
}

status_record read_statuses(const lmdb_txn& txn, const store_tables& tables, std::string_view key) {
  const auto bytes = txn.get(tables.main, key);
  auto record = bytes ? status_record::decode(*bytes) : std::nullopt;
  return record ? std::move(*record) : status_record{};
}

std::uint64_t heard_count(const lmdb_txn& txn, const store_tables& tables) {
  const auto bytes = txn.get(tables.main, count_key_of_heard);
  return bytes ? decode_u64(*bytes) : 0;
}

/// One row without a change of this home makes way, the one behind `near` in the order of keys,
/// which are hashes. False where the next few do not have one.
bool make_way(lmdb_txn& txn, const store_tables& tables, const std::string& near) {
  constexpr int looks = 64;
  std::string victim;
  {
    lmdb_cursor rows(txn, tables.main);
    bool more = rows.seek(near);
    for (int look = 0; look < looks && victim.empty(); ++look) {
      if (!more || !rows.key().starts_with(status_mark))
        more = rows.seek(std::string(1, status_mark));
      if (!more || !rows.key().starts_with(status_mark))
        return false;
      const auto record = rows.key().size() == status_key_bytes
                              ? status_record::decode(rows.value())
                              : std::nullopt;
      if (record && !record->own)
        victim = rows.key();
      more = rows.next();
    }
  }
  return !victim.empty() && txn.erase(tables.main, victim);
}

} // namespace

void store_detail::record_remote_statuses(lmdb_txn& txn, const store_tables& tables,
                                          const std::vector<status_change>& changes,
                                          std::uint64_t clock, epoch_us now) {
  if (changes.empty())
    return;
  const std::uint64_t before = heard_count(txn, tables);
  std::uint64_t count = before;
  for (const status_change& change : changes) {
    const auto event = parse_ulid(change.event_id);
    if (!event)
      continue;
    const std::string key = status_key(change.project, change.feature, change.wp_id);
    status_record record = read_statuses(txn, tables, key);
    const bool is_new = !record.own && record.others.empty();
    if (is_new && count >= max_remote_statuses && !make_way(txn, tables, key))
      continue;
    if (is_new && count < max_remote_statuses)
      ++count;
    record.hear({change.node_id, change.by, *event, change.lamport, now, clock, 0, change.before,
                 change.after});
    txn.put(tables.main, key, record.encode());
  }
  if (count != before)
    txn.put(tables.main, count_key_of_heard, encode_u64(count));
}

void store_detail::record_own_status(lmdb_txn& txn, const store_tables& tables,
                                     const event_draft& draft, const ulid& event,
                                     std::uint64_t lamport, epoch_us now) {
  if (draft.event_type != "WPStatusChanged" || !draft.feature_slug || draft.project_key.empty())
    return;
  const auto payload = parse_json(draft.payload);
  if (!payload || !payload->IsObject())
    return;
  own_status own{event, lamport, now, text_of(*payload, "previous_status").value_or(""),
                 text_of(*payload, "new_status").value_or("")};
  if (own.after.empty() || own.before.size() > max_status_bytes ||
      own.after.size() > max_status_bytes)
    return;
  const std::string key = status_key(draft.project_key, *draft.feature_slug,
                                     text_of(*payload, "wp_id").value_or(draft.aggregate_id));
  status_record record = read_statuses(txn, tables, key);
  if (!record.own && !record.others.empty())
    if (const std::uint64_t count = heard_count(txn, tables); count > 0)
      txn.put(tables.main, count_key_of_heard, encode_u64(count - 1));
  record.own = std::move(own);
  txn.put(tables.main, key, record.encode());
}

result<std::vector<status_record>> store::statuses(std::string_view project,
                                                   std::string_view feature,
                                                   const std::vector<std::string>& wp_ids) {
  return env_->read([&](lmdb_txn& txn, const store_tables& tables) {
    std::vector<status_record> found;
    found.reserve(wp_ids.size());
    for (const std::string& wp_id : wp_ids)
      found.push_back(read_statuses(txn, tables, status_key(project, feature, wp_id)));
    return found;
  });
}

} // namespace spec_kitty
