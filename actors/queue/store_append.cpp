// The emit side: Lamport tick, ULID and rows share one transaction, so two processes never share
// a value and a crash never leaves an id without its event.
#include "actors/queue/store.hpp"

#include <sys/statvfs.h>

#include <algorithm>

namespace spec_kitty {

namespace {

/// Space that must stay free for deletes and the mirror, which need room too.
constexpr std::uint64_t free_space_reserve = std::uint64_t{1} << 20;

result<void> check_free_space(const std::filesystem::path& folder) {
  struct statvfs info {};
  if (::statvfs(folder.c_str(), &info) != 0)
    return {}; // no answer is no reason to refuse; the commit will tell
  if (static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize >= free_space_reserve)
    return {};
  return failure{ec::store_full, "less than 1 MiB is free on the disk of " + folder.string(),
                 "free some disk space, then run the command again"};
}

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

} // namespace

result<std::vector<result<append_receipt>>> store::append(std::span<const event_draft> drafts,
                                                          epoch_us now) {
  if (auto room = check_free_space(env_->folder()); !room)
    return room.error();
  const auto now_ms = static_cast<std::uint64_t>(std::max<epoch_us>(now, 0) / 1000);
  return env_->write([&](lmdb_txn& txn, const store_tables& tables) {
    std::vector<result<append_receipt>> answers;
    answers.reserve(drafts.size());
    summary row = store_detail::read_summary(txn, tables);
    store_detail::team_book teams(txn, tables);
    store_detail::type_book types(txn, tables);

    for (const auto& draft : drafts) {
      if (row.clock >= max_lamport) {
        answers.emplace_back(failure{ec::store_unusable, "the Lamport clock has reached 2^53 - 1",
                                     "this home can record no more events; use another --home"});
        continue;
      }
      event_record event;
      event.id = next_ulid(row.last_id, now_ms, draw_randomness());
      event.lamport = row.clock + 1;
      event.recorded_at = now;
      event.type = draft.event_type;
      const std::string id = to_string(event.id);
      const std::string head = render_head({id, event.lamport, node_id_}, draft.team_slug);
      const std::string tail = render_tail(draft);
      event.head = head;
      event.tail = tail;
      const std::size_t size = event.encoded_size();
      if (row.live >= options_.max_events || row.bytes + size > byte_cap()) {
        ++row.dropped;
        answers.emplace_back(full(row, options_.max_events, byte_cap()));
        continue;
      }

      team_record& team = teams.at(draft.team_slug);
      event.team_id = team.id;
      const std::uint64_t seq = row.next_seq++;
      if (!txn.put_new(tables.ids, id_key(event.id), position_key(seq)))
        throw lmdb_error(MDB_CORRUPTED, "give out an event id twice");
      event.encode(txn.append(tables.events, position_key(seq), size));
      txn.put(tables.team_queue, team_queue_key(team.id, seq), {});

      row.clock = event.lamport;
      row.last_id = event.id;
      row.bytes += size;
      ++row.live;
      ++row.accepted;
      ++team.live;
      types.add(draft.event_type, 1);
      answers.emplace_back(append_receipt{id, event.lamport, event.json(), row.live});
    }
    teams.write_back();
    types.write_back();
    txn.put(tables.main, summary_key, row.encode());
    return answers;
  });
}

} // namespace spec_kitty
