// `local` events, emitted before anybody logged in, get the team of a login.
#include "actors/queue/store.hpp"

#include <map>

namespace spec_kitty {

namespace {

std::string account_row(const adopt_request& who) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "origin", who.origin);
  field(out, "username", who.username);
  out.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

/// The project an event names, for telling the person what was adopted.
std::string project_of(const json_value& event) {
  for (const char* name : {"project_slug", "project_uuid"})
    if (auto text = text_of(event, name); text && !text->empty())
      return *text;
  return "no project";
}

} // namespace

result<adoption> store::adopt(const adopt_request& request) {
  return env_->write([&](lmdb_txn& txn, const store_tables& tables) {
    adoption done;
    summary row = store_detail::read_summary(txn, tables);
    const auto last_seen = txn.get(tables.main, account_key);
    const std::string account = account_row(request);
    const bool may = !last_seen || *last_seen == account || request.adopt_local;

    store_detail::team_book teams(txn, tables);
    teams.at(local_team);
    teams.at(request.team_slug); // both rows exist before references to them are kept
    team_record& local = teams.at(local_team);
    team_record& team = teams.at(request.team_slug);
    if (!may)
      done.left = local.live;

    std::vector<std::uint64_t> positions;
    lmdb_cursor cursor(txn, tables.team_queue);
    const std::string end = team_queue_key(local.id, ~0ULL);
    for (bool more = may && cursor.seek(team_queue_key(local.id, 0)); more && cursor.key() <= end;
         more = cursor.next())
      positions.push_back(position_of(cursor.key()));

    std::map<std::string, std::uint64_t> projects;
    for (const auto seq : positions) {
      auto event = store_detail::read_event(txn, tables, seq);
      if (!event)
        throw lmdb_error(MDB_CORRUPTED, "find a local event");
      const auto parsed = parse_json(event->json());
      if (!parsed)
        throw lmdb_error(MDB_CORRUPTED, "read a local event");
      auto head = store_detail::read_head(*event);
      head.team_slug = request.team_slug;
      event->team_id = team.id;
      store_detail::rewrite_head(txn, tables, row, seq, *event, head);
      txn.erase(tables.team_queue, team_queue_key(local.id, seq));
      txn.put(tables.team_queue, team_queue_key(team.id, seq), {});
      --local.live;
      ++team.live;
      ++done.adopted;
      ++projects[project_of(*parsed)];
    }
    done.projects.assign(projects.begin(), projects.end());
    if (may || done.left == 0) // who was not given these events must not get them by asking twice
      txn.put(tables.main, account_key, account);
    txn.put(tables.main, summary_key, row.encode());
    teams.write_back();
    return done;
  });
}

} // namespace spec_kitty
