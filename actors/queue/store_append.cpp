// The emit side: Lamport tick, ULID and rows share one transaction, so two processes never share
// a value and a crash never leaves an id without its event.
#include "actors/queue/store_rows.hpp"
#include "util/files.hpp"

#include <algorithm>

namespace spec_kitty {

namespace {

failure full(const summary& row, std::uint64_t max_events, std::uint64_t max_bytes) {
  const bool by_count = row.live >= max_events;
  return {ec::queue_full,
          by_count ? "the queue holds " + std::to_string(row.live) +
                         " events, its cap: 1 event NOT recorded"
                   : "the queue holds " + std::to_string(row.bytes) + " bytes of its cap of " +
                         std::to_string(max_bytes) + ": 1 event NOT recorded",
          by_count ? "run: spec-kitty sync now, or raise sync.max_queue_size"
                   : "run: spec-kitty sync now, or raise sync.max_queue_bytes"};
}

const failure exhausted{ec::store_unusable, "the Lamport clock has reached 2^53 - 1",
                        "this home can record no more events; use another --home"};

} // namespace

namespace store_detail {

event_maker::event_maker(const event_draft& draft, const summary& row, std::string_view node_id,
                         epoch_us now, const ulid_randomness& random,
                         const std::optional<ulid>& known_id)
    : type_(draft.event_type), tail_(render_tail(draft)) {
  const auto now_ms = static_cast<std::uint64_t>(std::max<epoch_us>(now, 0) / 1000);
  record.id = known_id ? *known_id : next_ulid(row.last_id, now_ms, random);
  record.lamport = row.clock + 1;
  record.recorded_at = now;
  head_ =
      render_head({to_string(record.id), record.lamport, std::string(node_id)}, draft.team_slug);
  record.type = type_;
  record.head = head_;
  record.tail = tail_;
}

void queue_rows::add(event_record event, std::string_view team, std::string_view project) {
  partition_record& partition = teams.at(team, project);
  event.partition_id = partition.id;
  const std::uint64_t seq = row.next_seq++;
  const std::size_t size = event.encoded_size();
  if (!txn.put_new(tables.ids, id_key(event.id), position_key(seq)))
    throw lmdb_error(MDB_CORRUPTED, "give out an event id twice");
  event.encode(txn.append(tables.events, position_key(seq), size));
  txn.put(tables.team_queue, team_queue_key(partition.id, seq), {});
  row.clock = std::max(row.clock, event.lamport);
  row.bytes += size;
  ++row.live;
  ++row.accepted;
  ++partition.live;
  types.add(event.type, 1);
}

void queue_rows::remember_project(std::string_view key, std::string_view name) {
  if (key.empty())
    return;
  const std::string at = project_row_key(key);
  if (!txn.get(tables.main, at))
    txn.put(tables.main, at, project_record{sharing::undecided, std::string(name)}.encode());
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
  txn.erase(tables.ids, id_key(event.id));
  txn.erase(tables.team_queue, team_queue_key(event.partition_id, seq));
  txn.erase(tables.events, at);
}

void queue_rows::write_back() {
  teams.write_back();
  types.write_back();
  txn.put(tables.main, summary_key, row.encode());
}

} // namespace store_detail

result<std::vector<result<append_receipt>>> store::append(std::span<const event_draft> drafts,
                                                          epoch_us now) {
  if (auto room = check_free_space(env_->folder(), store_detail::free_space_reserve); !room)
    return room.error();
  return env_->write([&](lmdb_txn& txn, const store_tables& tables) {
    const ulid_randomness random = draw_randomness(); // a call of the kernel: one for the burst
    std::vector<result<append_receipt>> answers;
    answers.reserve(drafts.size());
    attempted_.clear();
    store_detail::queue_rows rows(txn, tables);
    summary& row = rows.row;
    for (const auto& draft : drafts) {
      if (auto known = rows.announced_as(draft.dedup_keys)) {
        attempted_.emplace_back();
        append_receipt before;
        before.event_id = std::move(*known);
        before.known = true;
        before.queued = row.live;
        answers.emplace_back(std::move(before));
        continue;
      }
      if (row.clock >= max_lamport) {
        attempted_.emplace_back();
        answers.emplace_back(exhausted);
        continue;
      }
      const store_detail::event_maker made(draft, row, node_id_, now, random);
      const std::size_t size = made.record.encoded_size();
      const auto fits = [&] {
        return row.live < options_.max_events && row.bytes + size <= byte_cap();
      };
      if (!fits() && options_.evict_oldest)
        evict(rows, drafts.size() - answers.size(), size, now);
      if (!fits()) {
        ++row.dropped;
        attempted_.emplace_back();
        answers.emplace_back(full(row, options_.max_events, byte_cap()));
        continue;
      }
      rows.remember_project(draft.project_key, draft.project_name);
      rows.add(made.record, draft.team_slug, draft.project_key);
      rows.remember_announcement(draft.dedup_keys, made.record.id);
      row.last_id = made.record.id;
      attempted_.push_back(to_string(made.record.id));
      answers.emplace_back(append_receipt{attempted_.back(), made.record.lamport,
                                          made.record.json(), row.live, std::nullopt, false});
    }
    rows.write_back();
    return answers;
  });
}

} // namespace spec_kitty
