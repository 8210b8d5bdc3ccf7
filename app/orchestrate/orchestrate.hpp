// A run from its beginning to its end: first the checks, then the conductor with its emitter.
#pragma once

#include "app/orchestrate/approval.hpp"
#include "app/orchestrate/plan.hpp"
#include "app/orchestrate/recorder.hpp"
#include "app/orchestrate/state_file.hpp"

namespace spec_kitty::orchestrate {

struct run_request {
  bool resume = false;
  std::string impl_agent; ///< empty: not given
  std::string review_agent;
  bool no_auto_commit = false; ///< a run that is resumed keeps it
};

/// A run that passed all checks and holds the lock.
struct prepared_run {
  approvable approved;
  orchestration run;
  std::filesystem::path agent_runner;
  file_lock turn;
  bool nothing_to_do = false; ///< everything was done before
};

/// Reads and checks everything. Nothing has been started or recorded when it fails. `approved`:
/// what a person approved to be run.
result<prepared_run> prepare(const run_host& host, const workflow::feature& feature,
                             const run_request& request, approvable approved);

/// The outcome of a run.
struct run_outcome {
  orchestration run;
  std::optional<failure>
      unfinished; ///< why not everything is done or skipped, and the next command
  std::uint64_t recorded = 0;
  std::uint64_t not_recorded = 0;
  std::string reason; ///< why an event was not recorded
  std::optional<emit_outcome> emitted;
};

/// Carries it out, to its end or an interruption.
run_outcome carry_out(const run_host& host, const workflow::feature& feature,
                      prepared_run prepared);

} // namespace spec_kitty::orchestrate
