// One sync run as a pure state machine: BATCH_SYNC carries out the step it is given and reports
// back what came of it, until the step is `finish`.
//
//   count → token → count the team's → ┌ lease → ┌ send → settle ┐ → ┐ → recount → finish
//                                      │         └── (plan.hpp) ─┘   │
//                                      └─────────────────────────────┘
//
// While every batch passes, the next one is sent on the verdicts of the one before it, which are
// settled meanwhile, in the transaction that also extends the lease by what is to be sent later. So
// at most one batch is unsettled: after a crash it is sent again, and the server knows its events.
//
// Strict progress: a run only looks at positions after its last lease and up to the event that was
// newest when it began, so every event gets at most one counted verdict and the run ends. Within a
// lease the plan says which events are sent together: all, halves, or a single event.
// Source: docs/protocol.md, Runs and progress; docs/cli.md, Sync.
#pragma once

#include "actors/batch_sync/plan.hpp"
#include "actors/batch_sync/response.hpp"
#include "messages/session.hpp"
#include "messages/sync.hpp"

#include <chrono>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace spec_kitty {

struct run_limits {
  std::size_t batch_events = 1000;  ///< of one batch, until the server says more or less
  std::size_t batch_bytes = 524288; ///< of one batch, before compression, likewise
  std::uint32_t max_retries = 5;
  unsigned transport_tries = 3; ///< of one batch, the first one included
  std::chrono::milliseconds timeout{60000};
  std::chrono::milliseconds max_wait{30000}; ///< for a Retry-After; a longer one ends the run
  std::uint64_t clock_seen = 0;              ///< the server's clock from the WebSocket, 0: none
  bool ask_offer = false;                    ///< what the server offers, before the first lease
  /// What the user set: a server cannot agree to more.
  std::size_t batch_events_cap = std::numeric_limits<std::size_t>::max();
  std::size_t batch_bytes_cap = std::numeric_limits<std::size_t>::max();
};

/// What to do next.
namespace step {
struct count {
  due_request request;
};
struct ask_token {
  std::string failed_access;
};
/// What the server offers: docs/protocol.md. Answered by on_offer, whatever comes of it.
struct ask_offer {};
struct lease {
  lease_request request;
};
/// batch(), with key() and token(). With a request, the batch before it is settled meanwhile: the
/// settlement's outcome is reported before the reply.
struct send {
  std::optional<settle_request> meanwhile{};
};
/// Nothing: the reply to the batch that is out comes next.
struct await_reply {};
struct settle {
  settle_request request;
};
struct hold {
  hold_request request;
};
struct ask_clock {}; ///< the server's clock, with token()
struct restamp {
  restamp_request request;
};
struct pause {
  std::chrono::milliseconds duration{};
};
struct finish {};
} // namespace step

using next_step = std::variant<step::count, step::ask_token, step::ask_offer, step::lease,
                               step::send, step::await_reply, step::settle, step::hold,
                               step::ask_clock, step::restamp, step::pause, step::finish>;

class sync_run {
public:
  /// `random` gives numbers in [0, 1) for the jitter, `make_key` idempotency keys.
  sync_run(run_limits limits, std::function<double()> random, std::function<std::string()> make_key)
      : limits_(limits), random_(std::move(random)), make_key_(std::move(make_key)),
        max_events_(limits.batch_events), max_bytes_(limits.batch_bytes) {}

  next_step start() { return step::count{}; }
  next_step on_count(const result<due_count>& due);
  next_step on_token(const result<access_token>& token);
  /// The server's limits, as far as they are known.
  next_step on_offer(const server_limits& offered);
  next_step on_lease(result<lease_grant> grant);
  next_step on_reply(const http_reply& reply, epoch_us now);
  next_step on_settled(result<settle_outcome> outcome);
  next_step on_held(const result<hold_done>& held);
  next_step on_clock(const http_reply& reply);
  next_step on_restamped(result<restamp_done> done);
  next_step on_pause();

  /// Ends the run instead of its next step; the leased events stay queued as they are.
  next_step interrupt();

  /// The events to send next.
  const std::vector<leased_event>& batch() const { return batch_; }
  /// The events that are sent after it if all of it passes, to be prepared; empty: not known yet.
  std::span<const leased_event> upcoming();
  /// The token of the current lease; 0: none.
  std::uint64_t lease() const { return lease_; }
  const std::string& key() const { return key_; }
  const access_token& token() const { return token_; }
  sync_report& report() { return report_; }
  /// What the server takes from now on, of an earlier run or of a reply.
  void agree(const server_limits& reported);
  const server_limits& agreed() const { return agreed_; }
  /// The highest server clock of this run, for the merge.
  std::optional<std::uint64_t> server_clock() const { return server_clock_; }

private:
  next_step on_fresh_token(const result<access_token>& token);
  next_step on_results(batch_reply read);
  next_step on_named(batch_reply read);
  next_step on_unnamed(const batch_reply& read);
  next_step on_too_large(const batch_reply& read);
  next_step on_too_long(const batch_reply& read);
  next_step on_slow_down(const batch_reply& read, epoch_us now);
  next_step on_failed(const batch_reply& read);
  lease_request next_events(std::size_t events, std::size_t bytes) const;
  next_step ask_lease();
  bool may_overlap() const;
  void take_batch();
  next_step send_meanwhile(std::vector<verdict> verdicts);
  void warn_of_journal(const settle_outcome& outcome);
  next_step on_settled_meanwhile(result<settle_outcome> outcome);
  next_step resume();
  next_step send_next();
  next_step settle(std::vector<verdict> verdicts, bool end_lease);
  next_step stop(failure why);
  next_step give_up(failure why);
  next_step finish();
  bool nothing_left() const;
  void prove();
  void tally(const verdict& ruling, settlement_effect what);
  std::chrono::milliseconds lease_time() const;

  run_limits limits_;
  std::function<double()> random_;
  std::function<std::string()> make_key_;
  server_limits agreed_;
  std::size_t max_events_; ///< of one batch; less than the limit after a 413
  std::size_t max_bytes_;

  sync_report report_;
  access_token token_;
  enum class phase { everything, team, waiting, draining, recount } phase_ = phase::everything;
  bool was_held_ = false;              ///< the server forbade the team before this run
  bool clear_hold_ = false;            ///< and has now accepted something
  std::uint64_t after_ = 0;            ///< last position whose lease has ended
  std::uint64_t through_ = 0;          ///< newest position when the run began
  std::chrono::milliseconds waited_{}; ///< for another drainer's lease

  std::uint64_t lease_ = 0;      ///< token, 0: none
  std::uint64_t lease_last_ = 0; ///< its last position
  batch_plan plan_;
  std::vector<leased_event> batch_;
  std::string key_;
  std::vector<verdict> verdicts_;            ///< being settled
  bool ending_ = false;                      ///< the settlement ends the lease
  bool overlapped_ = false;                  ///< it takes place while a batch is out
  std::optional<failure> settlement_failed_; ///< such a one: the run ends with the reply

  unsigned failures_ = 0;            ///< of the current batch
  bool refreshed_ = false;           ///< the token, for the current batch
  unsigned named_rounds_ = 0;        ///< 400s with names in a row
  bool proven_ = false;              ///< the server has accepted something in this run
  std::vector<verdict> unproven_;    ///< refusals of single events before it did
  std::vector<leased_event> behind_; ///< refused as clock_behind, not yet reconciled
  bool reconciled_ = false;          ///< at most once per run
  std::optional<std::uint64_t> server_clock_;
};

} // namespace spec_kitty
