// The drain side: lease and settle stand side by side, the only place where QUEUE is met twice.
//
//   lease    takes back what dead or late owners hold, then gives the team's oldest due events
//            to one caller, under a token that only ever grows
//   settle   removes what the server has (position and id must match, the token need not: a late
//            acknowledgement is still true), counts what it refused (only for the lease's owner),
//            ends the lease
#include "actors/queue/process_mark.hpp"
#include "actors/queue/store.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace spec_kitty {

using store_detail::read_event;
using store_detail::read_summary;

namespace {

/// `{"events":[` and `]}` around the joined rows.
constexpr std::size_t batch_frame = 13;

/// Drops leases that no longer count; the current one of the team, if any, is returned.
std::optional<lease_record> sweep_leases(lmdb_txn& txn, const store_tables& tables,
                                         std::uint32_t team_id, epoch_us now) {
  std::optional<lease_record> current;
  lmdb_cursor cursor(txn, tables.leases);
  for (bool more = cursor.first(); more; more = cursor.next()) {
    const auto lease = lease_record::decode(cursor.value());
    if (!lease || !store_detail::is_current(*lease, now))
      cursor.erase();
    else if (lease->team_id == team_id)
      current = lease;
  }
  return current;
}

attempt_record attempts_of(const lmdb_txn& txn, const store_tables& tables, std::uint64_t seq) {
  const auto bytes = txn.get(tables.attempts, position_key(seq));
  return bytes ? attempt_record::decode(*bytes) : attempt_record{};
}

/// One settlement in progress: the rows it changes.
struct settling {
  lmdb_txn& txn;
  const store_tables& tables;
  summary row;
  store_detail::team_book teams;
  store_detail::type_book types;
  std::optional<lease_record> lease; ///< while it is still the caller's
  std::uint32_t max_retries;
  epoch_us now;

  /// Takes an event out of the queue, whatever becomes of it.
  void take_out(std::uint64_t seq, const event_record& event) {
    const std::string at = position_key(seq);
    team_record& team = teams.at_id(event.team_id);
    --team.live;
    --row.live;
    row.bytes -= event.encoded_size();
    types.add(event.type, -1);
    txn.erase(tables.attempts, at);
    txn.erase(tables.ids, id_key(event.id));
    txn.erase(tables.team_queue, team_queue_key(event.team_id, seq));
    txn.erase(tables.events, at);
  }

  settled remove(std::uint64_t seq, const event_record& event) {
    take_out(seq, event);
    ++row.acked;
    row.last_ack_at = now;
    return settled::removed;
  }

  settled bury(std::uint64_t seq, const event_record& event, attempt_record attempts,
               std::string reason) {
    dead_record dead{std::move(attempts), std::move(reason), std::string(event.encoded_size(), 0)};
    event.encode(dead.record.data());
    take_out(seq, event);
    txn.put(tables.dead, position_key(seq), dead.encode());
    ++row.dead;
    return settled::died;
  }

  settled count_try(std::uint64_t seq, const event_record& event, const verdict& said) {
    if (!lease || !std::binary_search(lease->positions.begin(), lease->positions.end(), seq))
      return settled::gone;
    const std::string at = position_key(seq);
    attempt_record attempts = attempts_of(txn, tables, seq);
    ++attempts.tries;
    attempts.alone = said.alone ? 1 : attempts.alone;
    attempts.first_at = attempts.first_at == 0 ? now : attempts.first_at;
    attempts.last_at = now;
    attempts.last_error = said.message;
    if (said.what == fate::too_large)
      return bury(seq, event, std::move(attempts), "too_large");
    if (attempts.tries >= max_retries)
      return bury(seq, event, std::move(attempts), "max_retries");
    txn.put(tables.attempts, at, attempts.encode());
    return settled::counted;
  }

  settled apply(const verdict& said) {
    const auto event = read_event(txn, tables, said.seq);
    if (!event || to_string(event->id) != said.event_id)
      return settled::gone;
    switch (said.what) {
    case fate::delivered:
    case fate::duplicate:
      return remove(said.seq, *event);
    case fate::rejected:
    case fate::too_large:
      return count_try(said.seq, *event, said);
    case fate::pending:
    case fate::kept:
      break;
    }
    return settled::stayed;
  }
};

/// The lease afterwards: gone, or without what was removed and good for a while longer.
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
    if (outcome.events[i] == settled::removed || outcome.events[i] == settled::died)
      out.insert(request.verdicts[i].seq);
  std::erase_if(lease->positions, [&](std::uint64_t seq) { return out.contains(seq); });
  lease->expires_at = now + request.keep.count() * 1000;
  txn.put(tables.leases, token, lease->encode());
}

} // namespace

bool store_detail::is_current(const lease_record& lease, epoch_us now) {
  return lease.expires_at > now && is_alive(lease.owner);
}

result<due_count> store::due(const due_request& asked) {
  return env_->read([&](lmdb_txn& txn, const store_tables& tables) {
    const summary row = read_summary(txn, tables);
    const auto bytes =
        asked.team_slug.empty() ? std::nullopt : txn.get(tables.teams, asked.team_slug);
    const team_record team = bytes ? team_record::decode(*bytes) : team_record{};
    due_count found{team.live, row.next_seq - 1, row.live - team.live, team.hold != 0};
    if (asked.after == 0 && asked.through == ~0ULL)
      return found; // the whole queue, in O(1)
    found.events = 0;
    lmdb_cursor cursor(txn, tables.team_queue);
    const std::string end = team_queue_key(team.id, asked.through);
    for (bool more = cursor.seek(team_queue_key(team.id, asked.after + 1));
         more && cursor.key() <= end; more = cursor.next())
      ++found.events;
    return found;
  });
}

result<lease_grant> store::lease(const lease_request& request, const process_mark& owner,
                                 epoch_us now) {
  return env_->write([&](lmdb_txn& txn, const store_tables& tables) {
    lease_grant grant;
    store_detail::team_book teams(txn, tables);
    team_record& team = teams.at(request.team_slug);
    if (const auto current = sweep_leases(txn, tables, team.id, now)) {
      grant.busy_until = current->expires_at;
      return grant;
    }
    lease_record lease{now + request.ttl.count() * 1000, owner, team.id, {}};
    std::size_t bytes = batch_frame;
    lmdb_cursor cursor(txn, tables.team_queue);
    const std::string end = team_queue_key(team.id, request.through);
    bool more = cursor.seek(team_queue_key(team.id, request.after + 1));
    for (; more && cursor.key() <= end && grant.events.size() < request.max_events;
         more = cursor.next()) {
      const std::uint64_t seq = position_of(cursor.key());
      const auto event = read_event(txn, tables, seq);
      if (!event)
        throw lmdb_error(MDB_CORRUPTED, "find a queued event");
      bytes += event->head.size() + event->tail.size() + 1;
      if (bytes > request.max_bytes && !grant.events.empty())
        break;
      lease.positions.push_back(seq);
      const attempt_record before = attempts_of(txn, tables, seq);
      grant.events.push_back({seq, to_string(event->id), event->lamport, before.tries,
                              before.alone != 0, event->json()});
    }
    if (grant.events.empty())
      return grant;
    summary row = read_summary(txn, tables);
    grant.token = ++row.lease_epoch;
    team.sent_through = std::max(team.sent_through, lease.positions.back());
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
  // Deletes need space too. Half of them need less, and what the first half frees helps the next.
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
    settling work{txn,
                  tables,
                  read_summary(txn, tables),
                  {txn, tables},
                  {txn, tables},
                  held ? lease_record::decode(*held) : std::nullopt,
                  request.max_retries,
                  now};
    settle_outcome outcome;
    outcome.events.reserve(request.verdicts.size());
    for (const auto& said : request.verdicts)
      outcome.events.push_back(work.apply(said));
    if (last)
      end_or_extend(txn, tables, request, outcome, now);
    work.teams.write_back();
    work.types.write_back();
    txn.put(tables.main, summary_key, work.row.encode());
    return outcome;
  });
}

} // namespace spec_kitty
