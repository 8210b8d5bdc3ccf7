#include "app/chaos/store_check.hpp"

#include <map>
#include <sstream>

namespace spec_kitty {

namespace fs = std::filesystem;

std::shared_ptr<environment> tables_of(const fs::path& home) {
  auto env =
      environment::open({home / "queue"}, open_mode::write, [](lmdb_txn&, const store_tables&) {});
  if (!env)
    throw std::runtime_error(env.error().message);
  return *std::move(env);
}

namespace {

/// What the rows themselves say.
struct counted {
  std::uint64_t live = 0;
  std::uint64_t bytes = 0;
  std::uint64_t dead = 0;
  std::map<std::string, std::uint64_t> types;
  std::map<std::uint32_t, std::uint64_t> teams;
  std::ostringstream wrong;
};

void count_rows(lmdb_txn& txn, const store_tables& tables, counted& found) {
  std::uint64_t last_lamport = 0;
  lmdb_cursor events(txn, tables.events);
  for (bool more = events.first(); more; more = events.next()) {
    const std::uint64_t seq = position_of(events.key());
    const auto event = event_record::decode(events.value());
    if (!event) {
      found.wrong << "event " << seq << " cannot be read\n";
      continue;
    }
    ++found.live;
    found.bytes += events.value().size();
    ++found.types[std::string(event->type)];
    ++found.teams[event->partition_id];
    if (txn.get(tables.ids, id_key(event->id)) != position_key(seq))
      found.wrong << "event " << seq << " is not in ids\n";
    if (!txn.get(tables.team_queue, team_queue_key(event->partition_id, seq)))
      found.wrong << "event " << seq << " is not in its team's queue\n";
    if (event->lamport <= last_lamport)
      found.wrong << "event " << seq << " has a clock that does not rise\n";
    last_lamport = event->lamport;
  }
  lmdb_cursor attempts(txn, tables.attempts);
  for (bool more = attempts.first(); more; more = attempts.next())
    if (!txn.get(tables.events, attempts.key()))
      found.wrong << "attempts of " << position_of(attempts.key()) << " without an event\n";
  lmdb_cursor dead(txn, tables.dead);
  for (bool more = dead.first(); more; more = dead.next()) {
    ++found.dead;
    if (const auto row = dead_record::decode(dead.value());
        !row || !event_record::decode(row->record))
      found.wrong << "dead letter " << position_of(dead.key()) << " cannot be read\n";
  }
  if (txn.entries(tables.ids) != found.live || txn.entries(tables.team_queue) != found.live)
    found.wrong << "the indices hold " << txn.entries(tables.ids) << " and "
                << txn.entries(tables.team_queue) << " rows for " << found.live << " events\n";
}

} // namespace

std::string recount(store& queue, const fs::path& home) {
  counted found;
  const auto env = tables_of(home);
  std::map<std::string, std::uint64_t> teams;
  const auto done = env->read([&](lmdb_txn& txn, const store_tables& tables) {
    count_rows(txn, tables, found);
    lmdb_cursor rows(txn, tables.teams);
    for (bool more = rows.first(); more; more = rows.next())
      teams[std::string(team_of_partition(rows.key()))] +=
          found.teams[partition_record::decode(rows.value()).id];
    return true;
  });
  const auto stats = queue.stats();
  if (!done || !stats)
    return "cannot be read";
  const auto compare = [&](std::string_view name, std::uint64_t row, std::uint64_t truth) {
    if (row != truth)
      found.wrong << name << ": the store says " << row << ", there are " << truth << '\n';
  };
  compare("live", stats->live, found.live);
  compare("bytes", stats->bytes, found.bytes);
  compare("dead", stats->dead, found.dead);
  for (const auto& share : stats->teams)
    compare("team " + share.slug, share.live, teams[share.slug]);
  std::uint64_t of_types = 0;
  for (const auto& [type, count] : stats->types) {
    compare("type " + type, count, found.types[type]);
    of_types += count;
  }
  compare("types", of_types, found.live);
  return found.wrong.str();
}

} // namespace spec_kitty
