// How each change of the queue keeps its rows in step.
#include "actors/queue/store_rows.hpp"

#include <algorithm>

namespace spec_kitty::store_detail {

const event_record& event_maker::make(const event_draft& draft,
                                      std::optional<std::string_view> cause, const summary& row,
                                      const std::optional<ulid>& known_id) {
  const auto now_ms = static_cast<std::uint64_t>(std::max<epoch_us>(now_, 0) / 1000);
  record_.id = known_id ? *known_id : next_ulid(row.last_id, now_ms, random_);
  record_.lamport = row.clock + 1;
  record_.recorded_at = now_;
  id_ = text_of_id(record_.id);
  json_.clear();
  append_head(json_, id_.view(), record_.lamport, node_id_, draft.team_slug);
  const std::size_t head_bytes = json_.size();
  append_tail(json_, draft, cause);
  record_.type = draft.event_type;
  record_.head = std::string_view(json_).substr(0, head_bytes);
  record_.tail = std::string_view(json_).substr(head_bytes);
  return record_;
}

bool queue_rows::add(const event_record& event, std::string_view team, std::string_view project) {
  if (!is_json(event.joined(joined_)))
    return false;
  add_well_formed(event, team, project);
  return true;
}

void queue_rows::add_well_formed(event_record event, std::string_view team,
                                 std::string_view project) {
  partition_record& partition = teams.at(team, project);
  event.partition_id = partition.id;
  const std::uint64_t seq = row.next_seq++;
  const std::size_t size = event.encoded_size();
  const std::string at = position_key(seq);
  auto& [events, ids, queue] = cursors();
  if (!ids.put_new(id_key(event.id), at))
    throw lmdb_error(MDB_CORRUPTED, "an event id was given out twice");
  event.encode(events.append(at, size));
  if (!queue.put_new(team_queue_key(partition.id, seq), {}))
    throw lmdb_error(MDB_CORRUPTED, "a position was given out twice");
  row.clock = std::max(row.clock, event.lamport);
  row.bytes += size;
  ++row.live;
  ++row.accepted;
  ++partition.live;
  types.add(event.type, 1);
}

void queue_rows::move_to_partition(std::uint64_t seq, std::string_view team,
                                   std::string_view project) {
  auto event = read_event(txn, tables, seq);
  if (!event)
    throw lmdb_error(MDB_CORRUPTED, "find a queued event");
  head_parts head = read_head(*event);
  head.team_slug = team;
  const std::uint32_t from = event->partition_id;
  partition_record& old = teams.at_id(from);
  --old.live;
  const bool was_sent = seq <= old.sent_through;
  partition_record& partition = teams.at(team, project);
  ++partition.live;
  if (was_sent) // its outcome may be unknown: it keeps its stamp
    partition.sent_through = std::max(partition.sent_through, seq);
  event->partition_id = partition.id;
  rewrite_head(txn, tables, row, seq, *event, head);
  txn.erase(tables.team_queue, team_queue_key(from, seq));
  txn.put(tables.team_queue, team_queue_key(partition.id, seq), {});
}

void queue_rows::take_out(std::uint64_t seq, const event_record& event) {
  const std::string at = position_key(seq);
  --teams.at_id(event.partition_id).live;
  --row.live;
  row.bytes -= event.encoded_size();
  types.add(event.type, -1);
  txn.erase(tables.attempts, at);
  // `event` may lie in its row: its key and place are read before that is gone.
  const std::string queue_key = team_queue_key(event.partition_id, seq);
  auto& [events, ids, queue] = cursors();
  if (!ids.find(id_key(event.id)) || !queue.find(queue_key) || !events.find(at))
    throw lmdb_error(MDB_CORRUPTED, "find the rows of an event");
  ids.erase();
  queue.erase();
  events.erase();
}

row_cursors& queue_rows::cursors() {
  if (!cursors_)
    cursors_ = std::make_unique<row_cursors>(txn, tables);
  return *cursors_;
}

void queue_rows::write_back() {
  teams.write_back();
  types.write_back();
  causes.write_back();
  txn.put(tables.main, summary_key, row.encode());
}

} // namespace spec_kitty::store_detail
