// INGEST: batches of all teams, from their arrival to their verdicts.
//
//   ticket ─▶ bounds (in all, per team, rate, quota: 429 or 503 at once) ─▶ what arrived
//          ─▶ a free worker ─▶ unpack, check ─▶ store: one transaction with what else waits there
//          ─▶ what was answered ─▶ a free worker ─▶ compare what differs ─▶ answer
//
// A worker has a thread of its own, so that no other actor waits behind a batch. Teams are served
// in turn by the bytes that they send, and none ever has the last worker (worker_turns.hpp).
// Two batches have an order only where the second is sent after the first was answered, which
// clients do.
#pragma once

#include "app/server/actors/context.hpp"
#include "app/server/core/rate_bucket.hpp"
#include "app/server/core/worker_turns.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

namespace spec_kitty::server {

struct ingest_state {
  static inline const char* name = "ingest";

  void take(const ingest_call& asked);
  void close(const ticket_size& size);
  /// Hands what waits to workers.
  void hand_out();
  /// The refusal of a batch that finds no place.
  std::optional<ingest_refusal> judge(const ingest_ticket& ticket);

  struct team_queue {
    std::size_t open = 0; ///< tickets that were taken and not closed
    rate_bucket events;
    std::shared_ptr<const custom_types> types;
    epoch_us types_read = 0;      ///< 0: never
    std::size_t types_mark = 0;   ///< of their texts, to see a change
    std::uint64_t text_bytes = 0; ///< that the team has stored
  };
  /// The team's own event types, looked up every few seconds.
  void read_types(store::team_id team, team_queue& queue);
  void take_worker(const worker_is_free& done);
  /// What the store has answered for a ticket.
  template <class Answer>
  void take_answer(const Answer& found);
  bool has_space() const;

  using work = std::variant<prepare_call, commit_answer, compare_answer>;
  context_ptr context;
  std::vector<ingest_worker_actor> workers;
  std::vector<std::size_t> free_workers; ///< places in `workers`
  std::map<store::team_id, team_queue> teams;
  std::optional<worker_turns<store::team_id, work>> turns;
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
  /// Tells the boss that nothing is left to do for this ticket now.
  void is_free(const ingest_ticket& of, std::size_t more_bytes = 0);
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
