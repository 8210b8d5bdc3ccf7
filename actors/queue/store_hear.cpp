// What others did, as a connection brings it: the receive rule, the place in the team's log and
// the statuses of work packages in one transaction; and logs that were taken back.
#include "actors/clock/causality.hpp"
#include "actors/queue/known_places.hpp"
#include "actors/queue/store_rows.hpp"
#include "actors/queue/store_status.hpp"

#include <algorithm>

namespace spec_kitty {

namespace {

constexpr char cursor_mark = 'r';

std::string cursor_key(std::string_view origin, const std::string& log) {
  return store_detail::hashed_key(cursor_mark, {origin, log});
}

void put_cursor(lmdb_txn& txn, const store_tables& tables, const cursor_record& cursor) {
  txn.put(tables.main, cursor_key(cursor.origin, to_string(cursor.log)), cursor.encode());
}

/// The place in the log that the team at that server had when it was heard last.
std::optional<cursor_record> cursor_of(const lmdb_txn& txn, const store_tables& tables,
                                       std::string_view origin, std::string_view team) {
  std::optional<cursor_record> newest;
  for (auto& cursor : store_detail::all_cursors(txn, tables))
    if (cursor.origin == origin && cursor.team_slug == team &&
        (!newest || cursor.moved_at > newest->moved_at))
      newest = std::move(cursor);
  return newest;
}

/// Numbers above these are lost: the later loss adds to one that nobody has acknowledged.
void note_loss(cursor_record& cursor, const lost_range& lost, epoch_us now) {
  const bool adds = cursor.taken_back_at != 0;
  cursor.lost_from = adds ? std::min(cursor.lost_from, lost.from) : lost.from;
  cursor.lost_to = adds ? std::max(cursor.lost_to, lost.to) : lost.to;
  cursor.taken_back_at = now;
}

/// What this home had heard up to.
std::uint64_t reach_of(const cursor_record& cursor) {
  return std::max(cursor.through, cursor.known.empty() ? 0 : cursor.known.front().seq);
}

/// Whether numbers are gone that the server was told of, or that this home had reached before it
/// asked. What the cursor reached since, by the end of the connection before or by another process
/// of this home, the server may not have counted: that is not lost.
bool is_taken_back(const join_request& where) {
  const std::uint64_t reported = where.known.empty() ? 0 : where.known.front().seq;
  return where.from < reported || where.head < where.reach;
}

} // namespace

std::vector<cursor_record> store_detail::all_cursors(const lmdb_txn& txn,
                                                     const store_tables& tables) {
  constexpr std::size_t key_bytes = 17;
  std::vector<cursor_record> found;
  lmdb_cursor rows(txn, tables.main);
  const std::string prefix(1, cursor_mark);
  for (bool more = rows.seek(prefix); more && rows.key().starts_with(prefix); more = rows.next())
    if (rows.key().size() == key_bytes)
      if (auto cursor = cursor_record::decode(rows.value()))
        found.push_back(std::move(*cursor));
  return found;
}

result<cursor_found> store::cursor(const cursor_request& asked) {
  return env_->read([&](lmdb_txn& txn, const store_tables& tables) {
    cursor_found found;
    if (const auto cursor = cursor_of(txn, tables, asked.origin, asked.team_slug)) {
      found.log = to_string(cursor->log);
      found.known = places_to_report(cursor->known);
      found.reach = reach_of(*cursor);
    }
    return found;
  });
}

result<join_done> store::join_log(const join_request& where, epoch_us now) {
  const auto log = parse_ulid(where.log.log);
  if (!log)
    return failure{ec::bad_input, "the server's log has no id", "ask the server's operator"};
  return env_->write([&](lmdb_txn& txn, const store_tables& tables) {
    join_done done;
    const auto before = cursor_of(txn, tables, where.log.origin, where.log.team_slug);
    cursor_record cursor = before.value_or(cursor_record{});
    const bool is_another = before && before->log != *log;
    const std::uint64_t reach = is_another ? reach_of(cursor) : where.reach;
    if (is_another)
      done.former_log = to_string(before->log);
    if (is_another || (before && is_taken_back(where))) {
      done.lost = lost_range{where.from + 1, std::max(reach, where.from)};
      note_loss(cursor, *done.lost, now);
      std::erase_if(cursor.known, [&](const heard_place& place) { return place.seq > where.from; });
      cursor.through = std::min(cursor.through, where.from);
    }
    if (before && !done.lost)
      return done;
    if (is_another)
      txn.erase(tables.main, cursor_key(before->origin, done.former_log));
    if (!before)
      cursor.known = where.known;
    cursor.origin = where.log.origin;
    cursor.team_slug = where.log.team_slug;
    cursor.log = *log;
    cursor.through = std::max(cursor.through, where.from);
    cursor.moved_at = now;
    put_cursor(txn, tables, cursor);
    return done;
  });
}

result<std::uint64_t> store::hear(const heard_burst& burst, epoch_us now) {
  if (burst.clock > max_received)
    return receive(0, burst.clock).error();
  return env_->write([&](lmdb_txn& txn, const store_tables& tables) {
    summary row = store_detail::read_summary(txn, tables);
    if (burst.clock > 0) {
      row.clock = *receive(row.clock, burst.clock);
      txn.put(tables.main, summary_key, row.encode());
    }
    store_detail::record_remote_statuses(txn, tables, burst.changes, row.clock, now);
    if (!burst.log)
      return row.clock;
    const auto bytes = txn.get(tables.main, cursor_key(burst.log->origin, burst.log->log));
    auto cursor = bytes ? cursor_record::decode(*bytes) : std::nullopt;
    if (!cursor)
      return row.clock;
    keep_places(cursor->known, burst.places);
    cursor->through = std::max(cursor->through, burst.through);
    cursor->moved_at = now;
    put_cursor(txn, tables, *cursor);
    return row.clock;
  });
}

result<taken_back_done> store::acknowledge_taken_back() {
  return env_->write([&](lmdb_txn& txn, const store_tables& tables) {
    taken_back_done done;
    for (auto& cursor : store_detail::all_cursors(txn, tables)) {
      if (cursor.taken_back_at == 0)
        continue;
      ++done.count;
      cursor.taken_back_at = 0;
      cursor.lost_from = cursor.lost_to = 0;
      put_cursor(txn, tables, cursor);
    }
    return done;
  });
}

} // namespace spec_kitty
