// Records events one by one and acknowledges each with its id: `broken_writer HOME COUNT ORDER`.
//
//   right   acknowledges after the commit, as the store does
//   early   acknowledges before it: the order that loses events, kept here so that the tests can
//           show that their checker finds it
#include "actors/queue/store.hpp"

#include <iostream>
#include <string>

namespace spec_kitty {
namespace {

void acknowledge(const event_record& event) {
  std::cout << R"({"event_id":")" << to_string(event.id) << R"(","lamport_clock":)" << event.lamport
            << "}" << std::endl;
}

/// What store::append does for one event, with the acknowledgement where it is asked for.
result<event_record> record_one(environment& env, std::string_view node, bool early) {
  event_draft draft;
  draft.event_type = "HistoryAdded";
  draft.aggregate_id = "WP01";
  draft.aggregate_type = "WorkPackage";
  draft.payload = R"({"wp_id":"WP01","entry_type":"note","entry_content":"x"})";
  draft.timestamp = format_timestamp(wall_clock_now());
  return env.write([&](lmdb_txn& txn, const store_tables& tables) {
    summary row = store_detail::read_summary(txn, tables);
    store_detail::team_book teams(txn, tables);
    store_detail::type_book types(txn, tables);
    team_record& team = teams.at(draft.team_slug);
    event_record event;
    event.id = next_ulid(row.last_id, static_cast<std::uint64_t>(wall_clock_now() / 1000),
                         draw_randomness());
    event.lamport = ++row.clock;
    event.team_id = team.id;
    const std::string head =
        render_head({to_string(event.id), event.lamport, std::string(node)}, draft.team_slug);
    const std::string tail = render_tail(draft);
    event.type = draft.event_type;
    event.head = head;
    event.tail = tail;

    const std::uint64_t seq = row.next_seq++;
    txn.put_new(tables.ids, id_key(event.id), position_key(seq));
    event.encode(txn.append(tables.events, position_key(seq), event.encoded_size()));
    txn.put(tables.team_queue, team_queue_key(team.id, seq), {});
    row.last_id = event.id;
    row.bytes += event.encoded_size();
    ++row.live;
    ++row.accepted;
    ++team.live;
    types.add(event.type, 1);
    teams.write_back();
    types.write_back();
    txn.put(tables.main, summary_key, row.encode());
    if (early)
      acknowledge(event);
    event.type = event.head = event.tail = {};
    return event;
  });
}

int run(const std::string& home, int count, bool early) {
  const auto queue = store::open({home, {"host", "user", true}}, open_mode::write);
  if (!queue)
    return 1;
  const auto env =
      environment::open({home + "/queue"}, open_mode::write, [](lmdb_txn&, const store_tables&) {});
  if (!env)
    return 1;
  for (int i = 0; i < count; ++i) {
    const auto event = record_one(**env, queue->node_id(), early);
    if (!event)
      return 1;
    if (!early)
      acknowledge(*event);
  }
  return 0;
}

} // namespace
} // namespace spec_kitty

int main(int argc, char** argv) {
  return argc == 4 ? spec_kitty::run(argv[1], std::stoi(argv[2]), std::string(argv[3]) == "early")
                   : 2;
}
