// What is recorded once per home. Rows of the main table, each written in the transaction of its
// event, whose id it holds (16 bytes; older announcements hold nothing):
//
//   announcements  that a feature and its work packages exist; kept for ever
//   intents        a transition that an interrupted command may tell again; kept 30 days
#include "actors/queue/store_rows.hpp"

#include <algorithm>
#include <array>

namespace spec_kitty {

std::string announcement_key(std::string_view project, std::string_view feature,
                             std::string_view wp_id) {
  return store_detail::subject_key('a', project, feature, wp_id);
}

namespace store_detail {

namespace {

constexpr std::chrono::hours intent_lifetime{24 * 30};
constexpr std::size_t max_pruned = 64; ///< rows in a transaction
constexpr std::string_view intent_rows = "in";

std::string id_in(std::string_view row) {
  ulid id;
  if (row.size() != id.bytes.size())
    return {};
  std::copy(row.begin(), row.end(), id.bytes.begin());
  return to_string(id);
}

/// The first key whose ULID is not older than 30 days: what comes before it has had its time.
std::string first_intent_to_keep(epoch_us now) {
  const auto oldest_ms =
      std::max<epoch_us>(now, 0) / 1000 - std::chrono::milliseconds(intent_lifetime).count();
  const auto id = next_ulid({}, static_cast<std::uint64_t>(std::max<epoch_us>(oldest_ms, 0)), {});
  return std::string(intent_rows) + to_string(id);
}

} // namespace

std::optional<std::string> queue_rows::recorded_as(const event_draft& draft) const {
  for (const auto& key : draft.dedup_keys)
    if (const auto row = txn.get(tables.main, key))
      return id_in(*row);
  if (!draft.intent_key.empty())
    if (const auto row = txn.get(tables.main, draft.intent_key))
      return id_in(*row);
  return std::nullopt;
}

void queue_rows::remember_once(const event_draft& draft, const ulid& event, epoch_us now) {
  if (!draft.dedup_keys.empty())
    txn.put(tables.main, draft.dedup_keys.front(), id_key(event));
  if (draft.intent_key.empty())
    return;
  txn.put(tables.main, draft.intent_key, id_key(event));
  if (!std::exchange(pruned_, true))
    prune_intents(now);
}

void queue_rows::prune_intents(epoch_us now) {
  const std::string keep = first_intent_to_keep(now);
  std::vector<std::string> old;
  {
    lmdb_cursor cursor(txn, tables.main);
    for (bool more = cursor.seek(intent_rows);
         more && old.size() < max_pruned && cursor.key().starts_with(intent_rows) &&
         cursor.key() < keep;
         more = cursor.next())
      old.emplace_back(cursor.key());
  }
  for (const auto& key : old)
    txn.erase(tables.main, key);
}

} // namespace store_detail

} // namespace spec_kitty
