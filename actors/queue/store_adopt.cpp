// `local` events, emitted before a login, get the team of the login. No event is written again:
// what names the team is the row of its partition.
#include "actors/queue/store_rows.hpp"

namespace spec_kitty {

namespace {

std::string account_row(const adopt_request& request) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "origin", request.origin);
  field(out, "username", request.username);
  out.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

/// The team's further partition of a project without events, whose row the next events of `local`
/// can have: so that partitions do not grow in number with every login. A dead letter would come
/// back into it, so where there are any, none is taken.
std::optional<std::string> spare_partition(const lmdb_txn& txn, const store_tables& tables,
                                           const std::string& team, const std::string& project) {
  if (store_detail::read_summary(txn, tables).dead > 0)
    return std::nullopt;
  const std::string begin = further_partition_key(team, project, 0);
  lmdb_cursor cursor(txn, tables.teams);
  for (bool more = cursor.seek(begin); more && cursor.key().size() == begin.size();
       more = cursor.next()) {
    const std::string_view key = cursor.key();
    if (team_of_partition(key) != team || project_of_partition(key) != project)
      break;
    if (partition_record::decode(cursor.value()).live == 0)
      return std::string(key);
  }
  return std::nullopt;
}

/// Gives a partition of `local` to a team: its row moves to a key of that team, however many
/// events it has. Where the team has events of the same project, it has several partitions then.
void give_partition(lmdb_txn& txn, const store_tables& tables, const store_detail::partition& given,
                    const std::string& team) {
  const auto put = [&](const std::string& key, const partition_record& row) {
    txn.put(tables.teams, key, sealed(key, row.encode()));
  };
  const std::string from = partition_key(local_team, given.project);
  txn.erase(tables.teams, from);
  const std::string first = partition_key(team, given.project);
  if (!txn.get(tables.teams, first)) {
    put(first, given.row);
    return;
  }
  if (const auto spare = spare_partition(txn, tables, team, given.project)) {
    put(from, partition_record::decode(*txn.get(tables.teams, *spare)));
    txn.erase(tables.teams, *spare);
  }
  put(further_partition_key(team, given.project, given.row.id), given.row);
}

} // namespace

result<adoption> store::adopt(const adopt_request& request) {
  return env_->write([&](lmdb_txn& txn, const store_tables& tables) {
    adoption done;
    const auto last_seen = txn.get(tables.main, account_key);
    const std::string account = account_row(request);
    const bool may = !last_seen || *last_seen == account || request.adopt_local;

    for (const auto& partition :
         store_detail::all_partitions(txn, tables, options_.share_by_default)) {
      if (partition.team != local_team)
        continue;
      if (!may) {
        done.left += partition.row.live;
        continue;
      }
      if (partition.row.live == 0)
        continue;
      give_partition(txn, tables, partition, request.team_slug);
      done.adopted += partition.row.live;
      done.projects.emplace_back(
          partition.project.empty()
              ? "no project"
              : store_detail::read_project_row(txn, tables, partition.project).name,
          partition.row.live);
    }
    if (done.adopted > 0) { // a team has a row of its own: the server's hold is in it
      store_detail::partition_counters teams(txn, tables);
      teams.at(request.team_slug);
      teams.write_back();
    }
    if (may ||
        done.left ==
            0) // an account that was refused these events must not get them by a second login
      txn.put(tables.main, account_key, account);
    return done;
  });
}

} // namespace spec_kitty
