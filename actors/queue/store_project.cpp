// What a person decides about a project: its events are shared, or stay here and are shown as held.
#include "actors/queue/store_rows.hpp"

#include <algorithm>

namespace spec_kitty {

namespace {

/// Events recorded before the store knew projects are in the team's own partition. Those that name
/// the project move to its partition, so that the decision covers them.
void gather_strays(store_detail::queue_rows& rows, const project_request& request) {
  for (const auto& partition : store_detail::all_partitions(rows.txn, rows.tables, true)) {
    if (!partition.project.empty())
      continue;
    std::vector<std::uint64_t> strays;
    {
      lmdb_cursor cursor(rows.txn, rows.tables.team_queue);
      const std::string end = team_queue_key(partition.row.id, ~0ULL);
      for (bool more = cursor.seek(team_queue_key(partition.row.id, 0));
           more && cursor.key() <= end; more = cursor.next()) {
        const auto event =
            store_detail::read_event(rows.txn, rows.tables, position_of(cursor.key()));
        if (!event || event->tail.find(request.key) == std::string_view::npos)
          continue;
        const auto parsed = parse_json(event->json(partition.team));
        if (parsed && text_of(*parsed, "project_uuid") == request.key)
          strays.push_back(position_of(cursor.key()));
      }
    }
    for (const auto seq : strays)
      rows.move_to_partition(seq, partition.team, request.key);
  }
}

} // namespace

result<project_done> store::decide_project(const project_request& request, epoch_us now) {
  return env_->write([&](lmdb_txn& txn, const store_tables& tables) {
    store_detail::queue_rows rows(txn, tables);
    project_record project = store_detail::read_project_row(txn, tables, request.key);
    const auto choice = request.share ? sharing::shared : sharing::kept_here;
    project_done done;
    done.changed = project.choice != choice;
    project.choice = choice;
    if (!request.name.empty())
      project.name = request.name;
    txn.put(tables.main, project_row_key(request.key), project.encode());
    gather_strays(rows, request);
    rows.write_back();

    const auto in_hand = store_detail::positions_in_hand(txn, tables, now);
    for (const auto& partition :
         store_detail::all_partitions(txn, tables, options_.share_by_default)) {
      if (partition.project != request.key)
        continue;
      done.events += partition.row.live;
      for (const auto seq : in_hand)
        done.leased += txn.get(tables.team_queue, team_queue_key(partition.row.id, seq)) ? 1U : 0U;
    }
    return done;
  });
}

} // namespace spec_kitty
