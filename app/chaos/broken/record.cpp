#include "app/chaos/broken/broken.hpp"

#include "util/json.hpp"

#include <iostream>
#include <string>

namespace spec_kitty::broken {

namespace {

void acknowledge(const event_record& event) {
  std::cout << R"({"event_id":")" << to_string(event.id) << R"(","lamport_clock":)" << event.lamport
            << "}" << std::endl;
}

result<event_draft> draft_in(const std::string& line) {
  const auto parsed = parse_json(line);
  const json_value* payload = parsed ? member(*parsed, "payload") : nullptr;
  if (payload == nullptr)
    return failure{ec::bad_input, "no line of emit --stdin: " + line, {}};
  event_draft draft;
  draft.event_type = text_of(*parsed, "event_type").value_or("");
  draft.aggregate_id = "WP01";
  draft.aggregate_type = "WorkPackage";
  draft.payload = to_text(*payload);
  draft.timestamp = format_timestamp(wall_clock_now());
  return draft;
}

/// What store::append does for one event, with the flaw.
result<event_record> record_one(environment& env, std::string_view node, const event_draft& draft,
                                flaw how) {
  const auto before = env.read([](lmdb_txn& txn, const store_tables& tables) {
    return store_detail::read_summary(txn, tables).clock;
  });
  if (!before)
    return before.error();
  return env.write([&](lmdb_txn& txn, const store_tables& tables) {
    summary row = store_detail::read_summary(txn, tables);
    store_detail::partition_counters teams(txn, tables);
    store_detail::type_counters types(txn, tables);
    partition_record& team = teams.at(draft.team_slug);
    event_record event;
    event.id = next_ulid(row.last_id, static_cast<std::uint64_t>(wall_clock_now() / 1000),
                         draw_randomness());
    event.lamport = (how == flaw::loose_clock ? *before : row.clock) + 1;
    event.partition_id = team.id;
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
    row.clock = event.lamport;
    row.last_id = event.id;
    row.bytes += event.encoded_size();
    ++row.live;
    ++row.accepted;
    ++team.live;
    types.add(event.type, 1);
    teams.write_back();
    types.write_back();
    txn.put(tables.main, summary_key, row.encode());
    if (how == flaw::early)
      acknowledge(event);
    event.type = event.head = event.tail = {};
    return event;
  });
}

} // namespace

result<void> record_lines(const home_view& view, flaw how) {
  const auto queue = store::open(view.store_settings(), open_mode::write);
  if (!queue)
    return queue.error();
  const auto env = environment::open({view.home.path / "queue"}, open_mode::write,
                                     [](lmdb_txn&, const store_tables&) {});
  if (!env)
    return env.error();
  const std::string team = view.session_team();
  for (std::string line; std::getline(std::cin, line);) {
    auto draft = draft_in(line);
    if (!draft)
      return draft.error();
    if (!team.empty())
      draft->team_slug = team;
    const auto event = record_one(**env, queue->node_id(), *draft, how);
    if (!event)
      return event.error();
    if (how != flaw::early)
      acknowledge(*event);
  }
  return {};
}

} // namespace spec_kitty::broken
