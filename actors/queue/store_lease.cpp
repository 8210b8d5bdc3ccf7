// Leases: takes back those of dead or late owners, then gives the team's oldest due events to one
// caller, under a token that only grows.
#include "actors/queue/process_mark.hpp"
#include "actors/queue/store_deliver.hpp"
#include "messages/protocol.hpp"
#include "util/json.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

namespace spec_kitty {

using store_detail::attempts_of;
using store_detail::read_summary;

namespace {

/// Drops leases that no longer count; the current one of the team, if any, is returned.
std::optional<lease_record> sweep_leases(lmdb_txn& txn, const store_tables& tables,
                                         std::uint32_t partition_id, epoch_us now) {
  std::optional<lease_record> current;
  lmdb_cursor cursor(txn, tables.leases);
  for (bool more = cursor.first(); more; more = cursor.next()) {
    const auto lease = lease_record::decode(cursor.value());
    if (!lease || !store_detail::is_current(*lease, now))
      cursor.erase();
    else if (lease->partition_id == partition_id)
      current = lease;
  }
  return current;
}

/// The oldest positions of some partitions after one position and through another, without those
/// that `skip` accepts.
std::vector<std::uint64_t> oldest_positions(const lmdb_txn& txn, const store_tables& tables,
                                            const std::vector<store_detail::partition>& partitions,
                                            std::uint64_t after, std::uint64_t through,
                                            std::size_t max_count,
                                            const std::function<bool(std::uint64_t)>& skip = {}) {
  std::vector<std::uint64_t> found;
  for (const auto& partition : partitions) {
    lmdb_cursor cursor(txn, tables.team_queue);
    const std::string end = team_queue_key(partition.row.id, through);
    std::size_t taken = 0;
    for (bool more = cursor.seek(team_queue_key(partition.row.id, after + 1));
         more && cursor.key() <= end && taken < max_count; more = cursor.next()) {
      const std::uint64_t seq = position_of(cursor.key());
      if (skip && skip(seq))
        continue;
      found.push_back(seq);
      ++taken;
    }
  }
  if (partitions.size() > 1)
    std::sort(found.begin(), found.end());
  found.resize(std::min(found.size(), max_count));
  return found;
}

/// The team as it stands in an event's JSON.
std::string quoted_team(std::string_view team) {
  json_buffer buffer;
  json_writer out(buffer);
  put(out, team);
  return to_text(buffer);
}

} // namespace

bool store_detail::is_current(const lease_record& lease, epoch_us now) {
  // `now` may be older than the lease by what a write has to wait for the lock.
  constexpr epoch_us second = 1'000'000;
  constexpr epoch_us grace = 60 * second;
  const epoch_us left = lease.expires_at - now;
  const bool set_back = lease.seconds != 0 && left > lease.seconds * second + grace;
  return left > 0 && !set_back && is_alive(lease.owner);
}

attempt_record store_detail::attempts_of(const lmdb_txn& txn, const store_tables& tables,
                                         std::uint64_t seq) {
  const auto bytes = txn.get(tables.attempts, position_key(seq));
  return bytes ? attempt_record::decode(*bytes) : attempt_record{};
}

void store_detail::set_expiry(lease_record& lease, std::chrono::milliseconds time, epoch_us now) {
  lease.expires_at = now + time.count() * 1000;
  lease.seconds = static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::seconds>(time).count());
}

std::vector<store_detail::partition> store_detail::open_partitions(const lmdb_txn& txn,
                                                                   const store_tables& tables,
                                                                   const std::string& team,
                                                                   bool share_by_default) {
  auto partitions = store_detail::all_partitions(txn, tables, share_by_default);
  std::erase_if(partitions,
                [&](const auto& partition) { return partition.team != team || !partition.shared; });
  return partitions;
}

std::vector<leased_event> store_detail::take_events(const lmdb_txn& txn, const store_tables& tables,
                                                    const lease_request& request,
                                                    bool share_by_default,
                                                    partition_counters& teams,
                                                    lease_record& lease) {
  const auto was_refused = [&](std::uint64_t seq) {
    return attempts_of(txn, tables, seq).tries > 0;
  };
  const auto partitions = open_partitions(txn, tables, request.team_slug, share_by_default);
  const std::string team = quoted_team(request.team_slug);
  std::vector<leased_event> taken;
  std::vector<std::size_t> ends; // of their texts
  const auto joined = std::make_shared<std::string>();
  std::size_t bytes = protocol::batch_frame_bytes;
  lmdb_cursor rows(txn, tables.events);
  for (const auto seq : oldest_positions(
           txn, tables, partitions, request.after, request.through, request.max_events,
           request.fresh_only ? std::function<bool(std::uint64_t)>(was_refused) : nullptr)) {
    if (!rows.find(position_key(seq)))
      throw lmdb_error(MDB_CORRUPTED, "find a queued event");
    const auto event = event_record::decode(rows.value());
    if (!event)
      throw lmdb_error(MDB_CORRUPTED, "read an event");
    const std::size_t begin = joined->size();
    event->append_json(*joined, team); // may be longer than what is stored
    bytes += joined->size() - begin + 1;
    if (bytes > request.max_bytes && !taken.empty())
      break;
    ends.push_back(joined->size());
    partition_record& partition = teams.at_id(event->partition_id);
    partition.sent_through = std::max(partition.sent_through, seq);
    const attempt_record before = attempts_of(txn, tables, seq);
    taken.push_back(
        {seq, text_of_id(event->id), event->lamport, before.tries, before.alone != 0, {}});
    lease.positions.push_back(seq);
  }
  for (std::size_t i = 0; i < taken.size(); ++i) {
    const std::size_t begin = i == 0 ? 0 : ends[i - 1];
    taken[i].json = text_slice(joined, begin, ends[i] - begin);
  }
  return taken;
}

result<due_count> store::due(const due_request& asked) {
  return env_->read([&](lmdb_txn& txn, const store_tables& tables) {
    const summary row = read_summary(txn, tables);
    const auto bytes =
        asked.team_slug.empty() ? std::nullopt : txn.get(tables.teams, asked.team_slug);
    const bool held = bytes && partition_record::decode(*bytes).hold != 0;
    const auto partitions = bytes ? store_detail::open_partitions(txn, tables, asked.team_slug,
                                                                  options_.share_by_default)
                                  : std::vector<store_detail::partition>{};
    due_count found{0, row.next_seq - 1, 0, row.live, held, node_id_, 0};
    for (const auto& partition : partitions)
      found.due += partition.row.live;
    for (const auto& partition :
         store_detail::all_partitions(txn, tables, options_.share_by_default))
      found.opted_out += partition.shared ? 0 : partition.row.live;
    found.elsewhere = row.live - std::min(found.due + found.opted_out, row.live);
    if (asked.after > 0 || asked.through != ~0ULL)
      found.due =
          oldest_positions(txn, tables, partitions, asked.after, asked.through, ~std::size_t{0})
              .size();
    return found;
  });
}

result<lease_grant> store::lease(const lease_request& request, const process_mark& owner,
                                 epoch_us now) {
  return env_->write([&](lmdb_txn& txn, const store_tables& tables) {
    lease_grant grant;
    store_detail::partition_counters teams(txn, tables);
    const partition_record& team = teams.at(request.team_slug);
    const std::uint32_t partition_id = team.id;
    if (request.fresh_only && team.hold != 0)
      return grant;
    if (const auto current = sweep_leases(txn, tables, partition_id, now)) {
      grant.busy_until = current->expires_at;
      return grant;
    }
    lease_record lease{0, owner, partition_id, {}, 0};
    store_detail::set_expiry(lease, request.ttl, now);
    grant.events =
        store_detail::take_events(txn, tables, request, options_.share_by_default, teams, lease);
    if (grant.events.empty())
      return grant;
    summary row = read_summary(txn, tables);
    grant.token = ++row.lease_epoch;
    txn.put(tables.leases, position_key(grant.token), lease.encode());
    txn.put(tables.main, summary_key, row.encode());
    teams.write_back();
    return grant;
  });
}

} // namespace spec_kitty
