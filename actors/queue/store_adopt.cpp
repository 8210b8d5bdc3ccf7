// `local` events, emitted before a login, get the team of the login.
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

/// Positions of a partition, in order.
std::vector<std::uint64_t> positions_of(const lmdb_txn& txn, const store_tables& tables,
                                        std::uint32_t wanted_partition) {
  std::vector<std::uint64_t> found;
  lmdb_cursor cursor(txn, tables.team_queue);
  const std::string end = team_queue_key(wanted_partition, ~0ULL);
  for (bool more = cursor.seek(team_queue_key(wanted_partition, 0)); more && cursor.key() <= end;
       more = cursor.next())
    found.push_back(position_of(cursor.key()));
  return found;
}

} // namespace

result<adoption> store::adopt(const adopt_request& request) {
  return env_->write([&](lmdb_txn& txn, const store_tables& tables) {
    adoption done;
    const auto last_seen = txn.get(tables.main, account_key);
    const std::string account = account_row(request);
    const bool may = !last_seen || *last_seen == account || request.adopt_local;

    store_detail::queue_rows rows(txn, tables);
    for (const auto& partition :
         store_detail::all_partitions(txn, tables, options_.share_by_default)) {
      if (partition.team != local_team)
        continue;
      if (!may) {
        done.left += partition.row.live;
        continue;
      }
      for (const auto seq : positions_of(txn, tables, partition.row.id))
        rows.move_to_partition(seq, request.team_slug, partition.project);
      done.adopted += partition.row.live;
      if (partition.row.live > 0)
        done.projects.emplace_back(
            partition.project.empty()
                ? "no project"
                : store_detail::read_project_row(txn, tables, partition.project).name,
            partition.row.live);
    }
    if (may ||
        done.left ==
            0) // an account that was refused these events must not get them by a second login
      txn.put(tables.main, account_key, account);
    rows.write_back();
    return done;
  });
}

} // namespace spec_kitty
