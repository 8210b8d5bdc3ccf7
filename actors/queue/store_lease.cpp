// Deliveries: lease and settle side by side.
//
//   lease    takes back the leases of dead or late owners, then gives the team's oldest due events
//            to one caller, under a token that only grows
//   settle   removes what the server has (position and id must match, the token need not: a late
//            acknowledgement is still true), counts what it refused (only for the lease's owner),
//            ends the lease
#include "actors/queue/process_mark.hpp"
#include "actors/queue/store_rows.hpp"
#include "messages/protocol.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <tuple>

namespace spec_kitty {

using store_detail::read_event;
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

attempt_record attempts_of(const lmdb_txn& txn, const store_tables& tables, std::uint64_t seq) {
  const auto bytes = txn.get(tables.attempts, position_key(seq));
  return bytes ? attempt_record::decode(*bytes) : attempt_record{};
}

/// One settlement in progress: the rows it changes.
struct settling : store_detail::queue_rows {
  settling(lmdb_txn& txn_, const store_tables& tables_, std::uint32_t max_attempts, epoch_us moment)
      : queue_rows(txn_, tables_), max_retries(max_attempts), now(moment) {}

  std::optional<lease_record> lease; ///< while it is still the caller's
  std::uint32_t max_retries;
  epoch_us now;

  settlement_effect remove(std::uint64_t seq, const event_record& event) {
    take_out(seq, event);
    ++row.acked;
    row.last_ack_at = now;
    return settlement_effect::removed;
  }

  settlement_effect bury(std::uint64_t seq, const event_record& event, attempt_record attempts,
                         std::string reason) {
    dead_record dead{std::move(attempts), std::move(reason), std::string(event.encoded_size(), 0)};
    event.encode(dead.record.data());
    take_out(seq, event);
    txn.put(tables.dead, position_key(seq), dead.encode());
    ++row.dead;
    return settlement_effect::dead_lettered;
  }

  settlement_effect count_try(std::uint64_t seq, const event_record& event, const verdict& ruling) {
    if (!lease || !std::binary_search(lease->positions.begin(), lease->positions.end(), seq))
      return settlement_effect::not_leased;
    const std::string at = position_key(seq);
    attempt_record attempts = attempts_of(txn, tables, seq);
    ++attempts.tries;
    attempts.alone = ruling.alone ? 1 : attempts.alone;
    attempts.first_at = attempts.first_at == 0 ? now : attempts.first_at;
    attempts.last_at = now;
    attempts.last_error = ruling.message;
    if (ruling.what == event_outcome::too_large)
      return bury(seq, event, std::move(attempts), "too_large");
    if (attempts.tries >= max_retries)
      return bury(seq, event, std::move(attempts), "max_retries");
    txn.put(tables.attempts, at, attempts.encode());
    return settlement_effect::retry_counted;
  }

  settlement_effect apply(const verdict& ruling) {
    const auto event = read_event(txn, tables, ruling.seq);
    if (!event || to_string(event->id) != ruling.event_id)
      return settlement_effect::not_leased;
    switch (ruling.what) {
    case event_outcome::delivered:
    case event_outcome::duplicate:
      return remove(ruling.seq, *event);
    case event_outcome::rejected:
    case event_outcome::too_large:
      return count_try(ruling.seq, *event, ruling);
    case event_outcome::pending:
    case event_outcome::kept:
      break;
    }
    return settlement_effect::unchanged;
  }
};

void set_expiry(lease_record& lease, std::chrono::milliseconds time, epoch_us now) {
  lease.expires_at = now + time.count() * 1000;
  lease.seconds = static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::seconds>(time).count());
}

/// The lease afterwards: removed, or without the settled events and extended.
void end_or_extend(lmdb_txn& txn, const store_tables& tables, const settle_request& request,
                   const settle_outcome& outcome, epoch_us now) {
  const std::string token = position_key(request.token);
  const auto bytes = txn.get(tables.leases, token);
  auto lease = bytes ? lease_record::decode(*bytes) : std::nullopt;
  if (!lease || request.keep.count() == 0) {
    txn.erase(tables.leases, token);
    return;
  }
  std::set<std::uint64_t> out;
  for (std::size_t i = 0; i < outcome.events.size(); ++i)
    if (outcome.events[i] == settlement_effect::removed ||
        outcome.events[i] == settlement_effect::dead_lettered)
      out.insert(request.verdicts[i].seq);
  std::erase_if(lease->positions, [&](std::uint64_t seq) { return out.contains(seq); });
  set_expiry(*lease, request.keep, now);
  txn.put(tables.leases, token, lease->encode());
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

namespace {

/// The partitions of a team whose events may be sent.
std::vector<store_detail::partition> open_partitions(const lmdb_txn& txn,
                                                     const store_tables& tables,
                                                     const std::string& team,
                                                     bool share_by_default) {
  auto partitions = store_detail::all_partitions(txn, tables, share_by_default);
  std::erase_if(partitions,
                [&](const auto& partition) { return partition.team != team || !partition.shared; });
  return partitions;
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
  std::sort(found.begin(), found.end());
  found.resize(std::min(found.size(), max_count));
  return found;
}

} // namespace

result<due_count> store::due(const due_request& asked) {
  return env_->read([&](lmdb_txn& txn, const store_tables& tables) {
    const summary row = read_summary(txn, tables);
    const auto bytes =
        asked.team_slug.empty() ? std::nullopt : txn.get(tables.teams, asked.team_slug);
    const bool held = bytes && partition_record::decode(*bytes).hold != 0;
    const auto partitions =
        bytes ? open_partitions(txn, tables, asked.team_slug, options_.share_by_default)
              : std::vector<store_detail::partition>{};
    due_count found{0, row.next_seq - 1, 0, row.live, held, node_id_};
    for (const auto& partition : partitions)
      found.due += partition.row.live;
    found.elsewhere = row.live - std::min(found.due, row.live);
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
    const auto was_refused = [&](std::uint64_t seq) {
      return attempts_of(txn, tables, seq).tries > 0;
    };
    if (const auto current = sweep_leases(txn, tables, partition_id, now)) {
      grant.busy_until = current->expires_at;
      return grant;
    }
    lease_record lease{0, owner, partition_id, {}, 0};
    set_expiry(lease, request.ttl, now);
    const auto partitions =
        open_partitions(txn, tables, request.team_slug, options_.share_by_default);
    std::size_t bytes = protocol::batch_frame_bytes;
    for (const auto seq : oldest_positions(
             txn, tables, partitions, request.after, request.through, request.max_events,
             request.fresh_only ? std::function<bool(std::uint64_t)>(was_refused) : nullptr)) {
      const auto event = read_event(txn, tables, seq);
      if (!event)
        throw lmdb_error(MDB_CORRUPTED, "find a queued event");
      std::string json = event->json(request.team_slug); // may be longer than what is stored
      bytes += json.size() + 1;
      if (bytes > request.max_bytes && !grant.events.empty())
        break;
      lease.positions.push_back(seq);
      partition_record& partition = teams.at_id(event->partition_id);
      partition.sent_through = std::max(partition.sent_through, seq);
      const attempt_record before = attempts_of(txn, tables, seq);
      grant.events.push_back({seq, to_string(event->id), event->lamport, before.tries,
                              before.alone != 0, std::move(json)});
    }
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

result<settle_outcome> store::settle(const settle_request& request, epoch_us now) {
  auto whole = settle_part(request, now, true);
  if (whole || whole.error().code != ec::store_full || request.verdicts.size() < 2)
    return whole;
  // Deletes need space too. Half of them need less, and the first half frees space for the second.
  const auto middle =
      request.verdicts.begin() + static_cast<std::ptrdiff_t>(request.verdicts.size() / 2);
  settle_outcome all;
  for (const auto& [from, to, last] : {std::tuple(request.verdicts.begin(), middle, false),
                                       std::tuple(middle, request.verdicts.end(), true)}) {
    const settle_request half{request.token, {from, to}, request.max_retries, request.keep};
    auto part = last ? settle(half, now) : settle_part(half, now, false);
    if (!part)
      return part;
    all.events.insert(all.events.end(), part->events.begin(), part->events.end());
  }
  return all;
}

result<settle_outcome> store::settle_part(const settle_request& request, epoch_us now, bool last) {
  return env_->write([&](lmdb_txn& txn, const store_tables& tables) {
    const std::string token = position_key(request.token);
    const auto held = txn.get(tables.leases, token);
    settling work(txn, tables, request.max_retries, now);
    if (held)
      work.lease = lease_record::decode(*held);
    settle_outcome outcome;
    outcome.events.reserve(request.verdicts.size());
    for (const auto& ruling : request.verdicts)
      outcome.events.push_back(work.apply(ruling));
    if (last)
      end_or_extend(txn, tables, request, outcome, now);
    work.write_back();
    return outcome;
  });
}

} // namespace spec_kitty
