// `sync.overflow = evict_oldest`: at the cap the oldest events are evicted. They are written to a
// file in the home's `overflow` folder before they leave the queue, so a crash between the two
// leaves both, and `events import` takes them in again, each once.
#include "actors/queue/overflow.hpp"
#include "actors/queue/store_rows.hpp"

#include <algorithm>

namespace spec_kitty {

namespace {

/// A file for each event would be slow: a hundredth of the cap is evicted at a time.
constexpr std::uint64_t share_evicted = 100;

/// An event as a line of the file. The key of a git folder is not in the event; without it an
/// import would not know that its project is opted out.
std::string overflow_line(const event_record& event, store_detail::partition_counters& partitions) {
  std::string line = event.json(partitions.team_of(event.partition_id));
  const std::string project(partitions.project_of(event.partition_id));
  if (is_local_project_key(project)) {
    line.pop_back();
    line.append(",\"").append(project_key_member).append("\":\"").append(project).append("\"}");
  }
  return line + '\n';
}

} // namespace

void store::evict(store_detail::queue_rows& rows, std::size_t events, std::size_t bytes,
                  epoch_us now) const {
  const std::uint64_t max_chosen = std::min<std::uint64_t>(
      std::max<std::uint64_t>(events, options_.max_events / share_evicted), options_.max_events);
  const auto in_hand = store_detail::positions_in_hand(rows.txn, rows.tables, now);
  std::vector<std::uint64_t> chosen;
  std::string first_id;
  std::string lines;
  std::size_t freed = 0;
  lmdb_cursor cursor(rows.txn, rows.tables.events);
  for (bool more = cursor.first(); more && (chosen.size() < max_chosen || freed < bytes);
       more = cursor.next()) {
    const auto event = event_record::decode(cursor.value());
    if (!event)
      throw lmdb_error(MDB_CORRUPTED, "read an event");
    const std::uint64_t seq = position_of(cursor.key());
    if (in_hand.contains(seq))
      continue;
    if (chosen.empty())
      first_id = to_string(event->id);
    chosen.push_back(seq);
    freed += event->encoded_size();
    lines += overflow_line(*event, rows.teams);
  }
  if (chosen.empty() || !write_overflow(options_.home, first_id, chosen.size(), lines))
    return;             // the caller refuses the new event: there is still no space
  rows.close_cursors(); // they stand where the tables end, and the tables change
  for (const auto seq : chosen)
    rows.take_out(seq, *store_detail::read_event(rows.txn, rows.tables, seq));
  rows.close_cursors();
  rows.row.dropped += chosen.size();
}

} // namespace spec_kitty
