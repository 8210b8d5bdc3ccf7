// Dead letters: a person sends them again or deletes them. Holds of a team are kept here as well.
#include "actors/queue/store_rows.hpp"

#include <map>

namespace spec_kitty {

namespace {

/// Every dead letter's position by event id.
std::map<std::string, std::uint64_t> dead_by_id(const lmdb_txn& txn, const store_tables& tables) {
  std::map<std::string, std::uint64_t> found;
  lmdb_cursor cursor(txn, tables.dead);
  for (bool more = cursor.first(); more; more = cursor.next()) {
    const auto dead = dead_record::decode(cursor.value());
    const auto event = dead ? event_record::decode(dead->record) : std::nullopt;
    if (!event)
      throw lmdb_error(MDB_CORRUPTED, "read a dead letter");
    found.emplace(to_string(event->id), position_of(cursor.key()));
  }
  return found;
}

/// Puts a dead letter back where it was in append order.
void bring_back(lmdb_txn& txn, const store_tables& tables, std::uint64_t seq, summary& row,
                store_detail::partition_counters& teams, store_detail::type_counters& types) {
  const std::string at = position_key(seq);
  const auto dead = dead_record::decode(*txn.get(tables.dead, at));
  const std::string bytes = dead->record; // a copy: the writes below move pages
  const auto event = event_record::decode(bytes);
  if (!txn.put_new(tables.ids, id_key(event->id), at))
    return; // the same event is queued again already
  txn.put(tables.events, at, bytes);
  txn.put(tables.team_queue, team_queue_key(event->partition_id, seq), {});
  ++teams.at_id(event->partition_id).live;
  types.add(event->type, 1);
  ++row.live;
  row.bytes += bytes.size();
}

} // namespace

result<dead_done> store::decide_dead(const dead_request& request) {
  return env_->write([&](lmdb_txn& txn, const store_tables& tables) {
    dead_done done;
    const auto all = dead_by_id(txn, tables);
    std::map<std::string, std::uint64_t> chosen;
    for (const auto& id : request.event_ids) {
      if (const auto found = all.find(id); found != all.end())
        chosen.insert(*found);
      else
        done.unknown.push_back(id);
    }
    if (request.event_ids.empty())
      chosen = all;
    if (!done.unknown.empty())
      return done;
    summary row = store_detail::read_summary(txn, tables);
    store_detail::partition_counters teams(txn, tables);
    store_detail::type_counters types(txn, tables);
    for (const auto& [id, seq] : chosen) {
      if (request.what == dead_request::decision::retry)
        bring_back(txn, tables, seq, row, teams, types);
      txn.erase(tables.dead, position_key(seq));
      --row.dead;
      ++done.count;
    }
    teams.write_back();
    types.write_back();
    txn.put(tables.main, summary_key, row.encode());
    return done;
  });
}

result<hold_done> store::hold(const hold_request& request, epoch_us now) {
  return env_->write([&](lmdb_txn& txn, const store_tables& tables) {
    store_detail::partition_counters teams(txn, tables);
    partition_record& team = teams.at(request.team_slug);
    const bool held = !request.reason.empty();
    if (held && team.hold == 0)
      team.held_since = now;
    team.hold = held ? 1 : 0;
    team.hold_reason = request.reason;
    teams.write_back();
    return hold_done{};
  });
}

} // namespace spec_kitty
