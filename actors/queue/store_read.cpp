// Reading: statistics from one snapshot, listings in pages.
#include "actors/queue/process_mark.hpp"
#include "actors/queue/store_rows.hpp"

#include <map>

namespace spec_kitty {

using store_detail::read_summary;

namespace {

/// A read transaction pins pages that a writer could otherwise use again, so long listings are
/// read in pages of this many events.
constexpr std::size_t page_events = 1000;

struct page {
  std::vector<listed_event> events;
  bool more = false;
};

/// Leased positions, and how many per team.
struct leased_now {
  std::set<std::uint64_t> positions;
  std::map<std::uint32_t, std::uint64_t> per_team;
};

leased_now leased_positions(const lmdb_txn& txn, const store_tables& tables, epoch_us now) {
  leased_now found;
  lmdb_cursor cursor(txn, tables.leases);
  for (bool more = cursor.first(); more; more = cursor.next()) {
    const auto lease = lease_record::decode(cursor.value());
    if (!lease || !store_detail::is_current(*lease, now))
      continue;
    found.positions.insert(lease->positions.begin(), lease->positions.end());
    found.per_team[lease->partition_id] += lease->positions.size();
  }
  return found;
}

/// Why the server holds a team's events.
std::string hold_of(const partition_record& team) {
  if (team.hold == 0)
    return {};
  return team.hold_reason.empty() ? "the server forbids this team" : team.hold_reason;
}

/// Why a partition's events are held, given the team of the session; empty: they are not.
std::string held_because(const store_detail::partition& partition, const std::string& project,
                         const std::string& hold, std::string_view team) {
  if (!partition.shared && partition.project.empty())
    return "belongs to no project, and sync.project_default is off";
  if (!partition.shared)
    return "the project " + project +
           " is opted out; in the project's folder, run: spec-kitty sync opt-in";
  if (partition.team == local_team)
    return "recorded before a login: run spec-kitty auth login";
  if (!hold.empty())
    return hold;
  if (!team.empty() && partition.team != team)
    return "belongs to the team " + partition.team + ", not to this login";
  return {};
}

std::map<std::uint32_t, std::string> held_partitions(const lmdb_txn& txn,
                                                     const store_tables& tables,
                                                     std::string_view team, bool share_by_default) {
  std::map<std::uint32_t, std::string> held;
  std::map<std::string, std::string> holds; // of each team; its own partition comes first
  for (const auto& partition : store_detail::all_partitions(txn, tables, share_by_default)) {
    holds.try_emplace(partition.team, hold_of(partition.row));
    const auto project = store_detail::read_project_row(txn, tables, partition.project);
    const std::string why = held_because(partition, project.name, holds[partition.team], team);
    if (!why.empty())
      held[partition.row.id] = why;
  }
  return held;
}

std::map<std::uint32_t, std::string> teams_of_partitions(const lmdb_txn& txn,
                                                         const store_tables& tables) {
  std::map<std::uint32_t, std::string> teams;
  for (const auto& partition : store_detail::all_partitions(txn, tables, true))
    teams[partition.row.id] = partition.team;
  return teams;
}

/// A project that is known by its uuid and by its git folder is shown once.
void add_project(std::vector<project_share>& projects, project_share project) {
  const auto same = std::find_if(projects.begin(), projects.end(), [&](const auto& other) {
    const bool by_folder = project.key.starts_with("git:") || other.key.starts_with("git:") ||
                           other.key.starts_with("doubt:");
    return by_folder && other.name == project.name && other.shared == project.shared;
  });
  if (same == projects.end())
    projects.push_back(std::move(project));
  else
    same->live += project.live;
}

/// Adds the partitions up by team and by project.
void count_partitions(const lmdb_txn& txn, const store_tables& tables, bool share_by_default,
                      std::map<std::uint32_t, std::uint64_t>& leased, queue_stats& stats) {
  std::map<std::string, project_share> projects;
  for (const auto& partition : store_detail::all_partitions(txn, tables, share_by_default)) {
    if (stats.teams.empty() || stats.teams.back().slug != partition.team)
      stats.teams.push_back(
          {partition.team, 0, leased[partition.row.id], 0, hold_of(partition.row)});
    auto& team = stats.teams.back();
    team.live += partition.row.live;
    team.opted_out += partition.shared ? 0 : partition.row.live;
    const auto row = store_detail::read_project_row(txn, tables, partition.project);
    auto& project = projects[partition.project];
    project.key = partition.project;
    project.name = partition.project.empty() ? "no project" : row.name;
    project.shared = partition.shared;
    project.live += partition.row.live;
  }
  lmdb_cursor decided(txn, tables.main);
  for (bool more = decided.seek("p"); more && decided.key().starts_with('p');
       more = decided.next()) {
    const auto row = project_record::decode(decided.value());
    const std::string key(decided.key().substr(1));
    if (row.choice == sharing::kept_here)
      projects.emplace(key, project_share{key, row.name, false, 0});
  }
  for (auto& [key, project] : projects)
    if (project.live > 0 || (!key.empty() && !project.shared))
      add_project(stats.projects, std::move(project));
  for (const auto& team : stats.teams)
    stats.leased += team.leased;
}

/// What decides the state and the team of an event.
struct live_view {
  std::map<std::uint32_t, std::string> held;
  std::map<std::uint32_t, std::string> teams; ///< of each partition
  std::set<std::uint64_t> leased;
};

std::string json_of(const event_record& event, const live_view& view) {
  const auto team = view.teams.find(event.partition_id);
  return team == view.teams.end() ? event.json() : event.json(team->second);
}

listed_event live_entry(const lmdb_txn& txn, const store_tables& tables, const lmdb_cursor& at,
                        const live_view& view) {
  const auto event = event_record::decode(at.value());
  if (!event)
    throw lmdb_error(MDB_CORRUPTED, "read an event");
  listed_event entry;
  entry.seq = position_of(at.key());
  entry.json = json_of(*event, view);
  if (const auto bytes = txn.get(tables.attempts, at.key())) {
    const auto attempts = attempt_record::decode(*bytes);
    entry.retry_count = attempts.tries;
    entry.last_error = attempts.last_error;
    entry.first_try_at = attempts.first_at;
    entry.last_try_at = attempts.last_at;
  }
  if (const auto why = view.held.find(event->partition_id); why != view.held.end()) {
    entry.state = event_state::held;
    entry.reason = why->second;
  } else if (view.leased.contains(entry.seq)) {
    entry.state = event_state::leased;
  }
  return entry;
}

listed_event dead_entry(const lmdb_cursor& at, const live_view& view) {
  const auto dead = dead_record::decode(at.value());
  const auto event = dead ? event_record::decode(dead->record) : std::nullopt;
  if (!event)
    throw lmdb_error(MDB_CORRUPTED, "read a dead letter");
  return {position_of(at.key()),   json_of(*event, view),     event_state::dead,
          dead->attempts.tries,    dead->attempts.last_error, dead->reason,
          dead->attempts.first_at, dead->attempts.last_at};
}

/// Live events and dead letters together, in the order in which they were appended.
page page_after(const lmdb_txn& txn, const store_tables& tables, std::uint64_t after,
                const live_view& view) {
  page out;
  lmdb_cursor live(txn, tables.events);
  lmdb_cursor dead(txn, tables.dead);
  bool more_live = live.seek(position_key(after + 1));
  bool more_dead = dead.seek(position_key(after + 1));
  while ((more_live || more_dead) && out.events.size() < page_events) {
    const bool is_live = more_live && (!more_dead || live.key() < dead.key());
    out.events.push_back(is_live ? live_entry(txn, tables, live, view) : dead_entry(dead, view));
    (is_live ? more_live : more_dead) = is_live ? live.next() : dead.next();
  }
  out.more = more_live || more_dead;
  return out;
}

} // namespace

std::set<std::uint64_t> store_detail::positions_in_hand(const lmdb_txn& txn,
                                                        const store_tables& tables, epoch_us now) {
  return leased_positions(txn, tables, now).positions;
}

result<queue_stats> store::stats() {
  return env_->read([&](lmdb_txn& txn, const store_tables& tables) {
    const summary row = read_summary(txn, tables);
    queue_stats stats;
    stats.clock = row.clock;
    stats.node_id = node_id_;
    stats.live = row.live;
    stats.dead = row.dead;
    stats.bytes = row.bytes;
    stats.accepted = row.accepted;
    stats.acked = row.acked;
    stats.dropped = row.dropped;
    stats.last_ack_at = row.last_ack_at;
    stats.last_error = txn.get(tables.main, last_error_key).value_or("");

    lmdb_cursor oldest(txn, tables.events);
    if (oldest.first())
      if (const auto event = event_record::decode(oldest.value()))
        stats.oldest_at = event->recorded_at;

    auto leased = leased_positions(txn, tables, wall_clock_now()).per_team;
    count_partitions(txn, tables, options_.share_by_default, leased, stats);
    lmdb_cursor types(txn, tables.main);
    for (bool more = types.seek("c"); more && types.key().starts_with('c'); more = types.next())
      stats.types.emplace_back(types.key().substr(1), decode_u64(types.value()));
    for (const auto& cursor : store_detail::all_cursors(txn, tables))
      if (cursor.taken_back_at != 0)
        stats.taken_back_logs.push_back({cursor.origin,
                                         cursor.team_slug,
                                         cursor.taken_back_at,
                                         {cursor.lost_from, cursor.lost_to}});
    return stats;
  });
}

result<void> store::list(std::string_view team,
                         const std::function<bool(const listed_event&)>& visit, epoch_us now) {
  std::uint64_t after = 0;
  for (bool more = true; more;) {
    auto found = env_->read([&](lmdb_txn& txn, const store_tables& tables) {
      const live_view view{held_partitions(txn, tables, team, options_.share_by_default),
                           teams_of_partitions(txn, tables),
                           leased_positions(txn, tables, now).positions};
      return page_after(txn, tables, after, view);
    });
    if (!found)
      return found.error();
    for (const auto& entry : found->events) {
      if (!visit(entry))
        return {};
      after = entry.seq;
    }
    more = found->more;
  }
  return {};
}

} // namespace spec_kitty
