// Clock reconciliation: after the server's clock has been merged, events that were never sent get
// new stamps, in order. An event whose outcome is unknown (sent, no answer) keeps its stamp: the
// server may have it. Source: docs/protocol.md, Clocks.
#include "actors/clock/causality.hpp"
#include "actors/queue/store.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace spec_kitty {

namespace {

/// The highest position of each team that was ever sent.
std::map<std::uint32_t, std::uint64_t> sent_positions(const lmdb_txn& txn,
                                                      const store_tables& tables) {
  std::map<std::uint32_t, std::uint64_t> sent;
  lmdb_cursor cursor(txn, tables.teams);
  for (bool more = cursor.first(); more; more = cursor.next()) {
    const auto team = partition_record::decode(cursor.value());
    sent[team.id] = team.sent_through;
  }
  return sent;
}

} // namespace

result<restamp_done> store::restamp(const restamp_request& request) {
  if (request.server_clock > max_received)
    return receive(0, request.server_clock).error();
  auto outcome =
      env_->write([&](lmdb_txn& txn, const store_tables& tables) -> result<restamp_done> {
        restamp_done done;
        summary row = store_detail::read_summary(txn, tables);
        row.clock = *receive(row.clock, request.server_clock);
        store_detail::partition_counters teams(txn, tables);
        const std::set<std::uint64_t> named(request.positions.begin(), request.positions.end());
        const bool lease_holds =
            request.token != 0 && txn.get(tables.leases, position_key(request.token)).has_value();

        std::vector<std::uint64_t> positions;
        {
          const auto sent = sent_positions(txn, tables);
          lmdb_cursor cursor(txn, tables.events);
          for (bool more = cursor.first(); more; more = cursor.next()) {
            const auto event = event_record::decode(cursor.value());
            if (!event)
              throw lmdb_error(MDB_CORRUPTED, "read an event");
            const std::uint64_t seq = position_of(cursor.key());
            const auto through = sent.find(event->partition_id);
            const bool never_sent = through == sent.end() || seq > through->second;
            if (never_sent || (lease_holds && named.contains(seq)))
              positions.push_back(seq);
          }
        }
        if (row.clock > max_lamport - positions.size())
          return failure{ec::bad_input,
                         "received clock " + std::to_string(request.server_clock) +
                             " is refused: it leaves no values for the queued events",
                         "the sender's clock is wrong; nothing was merged"};
        const std::string node(txn.get(tables.main, node_key).value_or(""));
        for (const auto seq : positions) {
          const auto event = *store_detail::read_event(txn, tables, seq);
          auto head = store_detail::read_head(event);
          head.team_slug = teams.team_of(event.partition_id);
          head.stamp.lamport_clock = ++row.clock;
          const std::string id = head.stamp.event_id;
          if (named.contains(seq) && head.stamp.node_id == node) // refused as clock_behind
            txn.put(tables.main, taken_node_key, node);
          std::string json = store_detail::rewrite_head(txn, tables, row, seq, event, head);
          ++done.restamped;
          if (named.contains(seq))
            done.events.push_back({seq, id, row.clock, 0, false, text_slice(std::move(json))});
        }
        done.clock = row.clock;
        txn.put(tables.main, summary_key, row.encode());
        return done;
      });
  return outcome ? std::move(*outcome) : outcome.error();
}

} // namespace spec_kitty
