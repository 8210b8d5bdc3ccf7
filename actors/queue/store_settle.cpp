// Settlements: removes what the server has (position and id must match, the token need not: a late
// acknowledgement is still true), counts what it refused (only for the lease's owner), then ends
// the lease, or extends it by time and by the events that are to be sent next.
#include "actors/queue/store_deliver.hpp"
#include "actors/queue/store_rows.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace spec_kitty {

using store_detail::attempts_of;

namespace {

/// The reason of a dead letter that one verdict makes; empty for any other outcome.
std::string_view final_reason(event_outcome what) {
  switch (what) {
  case event_outcome::too_large:
    return "too_large";
  case event_outcome::id_conflict:
    return "id_conflict";
  case event_outcome::unknown_type:
    return "unknown_type";
  case event_outcome::invalid:
    return "invalid";
  case event_outcome::delivered:
  case event_outcome::duplicate:
  case event_outcome::pending:
  case event_outcome::rejected:
  case event_outcome::kept:
    break;
  }
  return {};
}

/// One settlement in progress: the rows it changes.
struct settling : store_detail::queue_rows {
  settling(lmdb_txn& txn_, const store_tables& tables_, std::uint32_t max_attempts, epoch_us moment)
      : queue_rows(txn_, tables_), max_retries(max_attempts), now(moment) {}

  std::optional<lease_record> lease; ///< while it is still the caller's
  std::uint32_t max_retries;
  epoch_us now;
  std::vector<settled_event>* delivered = nullptr;

  settlement_effect remove(std::uint64_t seq, const event_record& event, bool known_before) {
    if (delivered != nullptr)
      delivered->push_back({event.json(teams.team_of(event.partition_id)), known_before});
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
    if (const auto reason = final_reason(ruling.what); !reason.empty())
      return bury(seq, event, std::move(attempts), std::string(reason));
    if (attempts.tries >= max_retries)
      return bury(seq, event, std::move(attempts), "max_retries");
    txn.put(tables.attempts, at, attempts.encode());
    return settlement_effect::retry_counted;
  }

  settlement_effect apply(const verdict& ruling) {
    lmdb_cursor& rows = cursors().events;
    if (!rows.find(position_key(ruling.seq)))
      return settlement_effect::not_leased;
    const auto event = event_record::decode(rows.value());
    if (!event)
      throw lmdb_error(MDB_CORRUPTED, "read an event");
    if (text_of_id(event->id) != ruling.event_id)
      return settlement_effect::not_leased;
    switch (ruling.what) {
    case event_outcome::delivered:
    case event_outcome::duplicate:
      return remove(ruling.seq, *event, ruling.what == event_outcome::duplicate);
    case event_outcome::rejected:
    case event_outcome::too_large:
    case event_outcome::id_conflict:
    case event_outcome::unknown_type:
    case event_outcome::invalid:
      return count_try(ruling.seq, *event, ruling);
    case event_outcome::pending:
    case event_outcome::kept:
      break;
    }
    return settlement_effect::unchanged;
  }
};

/// The lease afterwards: removed, or without the settled events and extended.
void end_or_extend(settling& work, const settle_request& request, bool share_by_default,
                   settle_outcome& outcome) {
  const std::string token = position_key(request.token);
  if (!work.lease || request.keep.count() == 0) {
    work.txn.erase(work.tables.leases, token);
    return;
  }
  lease_record& lease = *work.lease;
  std::vector<std::uint64_t> settled;
  settled.reserve(request.verdicts.size());
  for (const auto& ruling : request.verdicts)
    settled.push_back(ruling.seq);
  std::sort(settled.begin(), settled.end());
  std::erase_if(lease.positions, [&](std::uint64_t seq) {
    return std::binary_search(settled.begin(), settled.end(), seq);
  });
  if (request.more)
    outcome.more = store_detail::take_events(work.txn, work.tables, *request.more, share_by_default,
                                             work.teams, lease);
  if (request.more && lease.positions.empty()) {
    outcome.lease_ended = true;
    work.txn.erase(work.tables.leases, token);
    return;
  }
  store_detail::set_expiry(lease, request.keep, work.now);
  work.txn.put(work.tables.leases, token, lease.encode());
}

} // namespace

result<settle_outcome> store::settle(const settle_request& request, epoch_us now,
                                     std::vector<settled_event>* delivered) {
  auto whole = settle_part(request, now, true, delivered);
  if (whole || whole.error().code != ec::store_full || request.verdicts.size() < 2)
    return whole;
  // Deletes need space too. Half of them need less, and the first half frees space for the second.
  const auto middle =
      request.verdicts.begin() + static_cast<std::ptrdiff_t>(request.verdicts.size() / 2);
  settle_outcome all;
  for (const auto& [from, to, last] : {std::tuple(request.verdicts.begin(), middle, false),
                                       std::tuple(middle, request.verdicts.end(), true)}) {
    const settle_request half{
        request.token, {from, to}, request.max_retries, request.keep, request.more};
    auto part = last ? settle(half, now, delivered) : settle_part(half, now, false, delivered);
    if (!part)
      return part;
    all.events.insert(all.events.end(), part->events.begin(), part->events.end());
    all.more = std::move(part->more);
    all.lease_ended = part->lease_ended;
  }
  return all;
}

result<settle_outcome> store::settle_part(const settle_request& request, epoch_us now, bool last,
                                          std::vector<settled_event>* delivered) {
  const std::size_t before = delivered == nullptr ? 0 : delivered->size();
  auto done = env_->write([&](lmdb_txn& txn, const store_tables& tables) {
    if (delivered != nullptr)
      delivered->resize(before); // of a transaction that is tried again
    const std::string token = position_key(request.token);
    const auto held = txn.get(tables.leases, token);
    settling work(txn, tables, request.max_retries, now);
    work.delivered = delivered;
    if (held)
      work.lease = lease_record::decode(*held);
    settle_outcome outcome;
    outcome.events.reserve(request.verdicts.size());
    for (const auto& ruling : request.verdicts)
      outcome.events.push_back(work.apply(ruling));
    if (last)
      end_or_extend(work, request, options_.share_by_default, outcome);
    work.write_back();
    return outcome;
  });
  if (!done && delivered != nullptr)
    delivered->resize(before);
  return done;
}

} // namespace spec_kitty
