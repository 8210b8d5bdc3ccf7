// One sync run as a pure state machine: BATCH_SYNC carries out the step it is given and reports
// back what came of it, until the step is `finish`.
//
//   count → token → count the team's → ┌ lease → send → settle ┐ → finish
//                                      └───────────────────────┘
//
// Strict progress: a run only looks at positions after the last batch and up to the newest event
// of its beginning, so every event gets at most one counted verdict and the run ends.
// Source: protocol.md, Runs and progress; cli.md, Accounting.
#pragma once

#include "actors/batch_sync/response.hpp"
#include "messages/session.hpp"
#include "messages/sync.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace spec_kitty {

struct run_limits {
  std::size_t batch_events = 1000;
  std::size_t batch_bytes = 524288;
  std::uint32_t max_retries = 5;
  unsigned transport_tries = 3; ///< of one batch, the first one included
  std::chrono::milliseconds timeout{60000};
};

/// What to do next.
namespace step {
struct count {
  std::string team_slug; ///< empty: everything
};
struct ask_token {
  std::string failed_access;
};
struct lease {
  lease_request request;
};
struct send {}; ///< events(), with key() and token()
struct settle {
  settle_request request;
};
struct pause {
  std::chrono::milliseconds duration{};
};
struct finish {};
} // namespace step

using next_step = std::variant<step::count, step::ask_token, step::lease, step::send, step::settle,
                               step::pause, step::finish>;

class sync_run {
public:
  /// `random` gives numbers in [0, 1) for the jitter, `make_key` idempotency keys.
  sync_run(run_limits limits, std::function<double()> random, std::function<std::string()> make_key)
      : limits_(limits), random_(std::move(random)), make_key_(std::move(make_key)) {}

  next_step start() { return step::count{}; }
  next_step on_count(const result<due_count>& due);
  next_step on_token(const result<access_token>& token);
  next_step on_lease(result<lease_grant> grant);
  next_step on_reply(const http_reply& reply);
  next_step on_settled(const result<settle_outcome>& outcome);
  next_step on_pause();

  const std::vector<leased_event>& events() const { return events_; }
  const std::string& key() const { return key_; }
  const access_token& token() const { return token_; }
  sync_report& report() { return report_; }
  /// The highest server clock of this run, for the merge.
  std::optional<std::uint64_t> server_clock() const { return server_clock_; }

private:
  next_step on_fresh_token(const result<access_token>& token);
  next_step ask_lease() const;
  next_step settle(std::vector<verdict> verdicts);
  next_step give_up(failure why);
  next_step finish();
  void tally(const verdict& said, settled what);

  run_limits limits_;
  std::function<double()> random_;
  std::function<std::string()> make_key_;

  sync_report report_;
  access_token token_;
  std::uint64_t after_ = 0;   ///< last position that has had its turn
  std::uint64_t through_ = 0; ///< newest position of the beginning
  std::uint64_t lease_ = 0;
  std::vector<leased_event> events_;
  std::string key_;
  std::vector<verdict> verdicts_; ///< being settled
  unsigned failures_ = 0;         ///< of the batch in hand
  bool refreshed_ = false;        ///< for the batch in hand
  bool counted_ = false;          ///< the team's events are counted
  std::optional<std::uint64_t> server_clock_;
};

} // namespace spec_kitty
