// INGEST: batches of all teams, from their arrival to their verdicts.
//
//   ticket ─▶ bounds (in all, per team, rate, quota: 429 or 503 at once) ─▶ the team's queue
//          ─▶ a free worker, teams in turn ─▶ unpack, check (no network thread) ─▶ store: one
//             transaction with what else waits there ─▶ compare what differs ─▶ answer
//
// A worker takes the next batch as soon as it has handed one to the store. Two batches have an
// order only where the second is sent after the first was answered, which clients do.
#pragma once

#include "app/server/actors/context.hpp"
#include "app/server/core/rate_bucket.hpp"

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace spec_kitty::server {

struct ingest_state {
  static inline const char* name = "ingest";

  void take(const ingest_call& asked);
  void close(const ticket_size& size);
  /// Hands waiting batches to workers, teams in turn.
  void hand_out();
  /// The refusal of a batch that finds no place.
  std::optional<ingest_refusal> judge(const ingest_ticket& ticket);

  struct team_queue {
    std::deque<std::shared_ptr<ingest_ticket>> waiting;
    std::size_t open = 0; ///< tickets that were taken and not closed
    rate_bucket events;
    std::shared_ptr<const custom_types> types;
    epoch_us types_read = 0;      ///< 0: never
    std::size_t types_mark = 0;   ///< of their texts, to see a change
    std::uint64_t text_bytes = 0; ///< that the team has stored
  };
  /// The team's own event types, looked up every few seconds.
  void read_types(store::team_id team, team_queue& queue);
  void take_worker(const batch_prepared& done);
  /// The team after the one that was served last, with a batch that waits.
  std::map<store::team_id, team_queue>::iterator next_team();

  context_ptr context;
  std::vector<ingest_worker_actor> workers;
  std::vector<std::size_t> free_workers; ///< places in `workers`
  std::map<store::team_id, team_queue> teams;
  store::team_id last_served = 0;
  std::size_t open_bytes = 0;
  std::size_t open_batches = 0;
  ingest_actor::pointer self = nullptr;
};

ingest_actor::behavior_type ingest(ingest_actor::stateful_pointer<ingest_state> self,
                                   context_ptr context);

struct ingest_worker_state {
  static inline const char* name = "ingest-worker";

  void prepare(const std::shared_ptr<ingest_ticket>& ticket);
  void take_outcome(const commit_answer& found);
  void compare(const compare_answer& found);
  void compare_next(const std::shared_ptr<ingest_ticket>& ticket);
  void finish(ingest_ticket& ticket);
  void refuse(ingest_ticket& ticket, ingest_refusal why);
  void commit(const std::shared_ptr<ingest_ticket>& ticket);

  context_ptr context;
  ingest_actor boss;
  std::size_t place = 0; ///< among the workers
  ingest_worker_actor::pointer self = nullptr;
};

ingest_worker_actor::behavior_type
ingest_worker(ingest_worker_actor::stateful_pointer<ingest_worker_state> self, context_ptr context,
              ingest_actor boss, std::size_t place);

} // namespace spec_kitty::server
