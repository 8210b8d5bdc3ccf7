// A run from its beginning to its end: what is checked first, then the conductor with its emitter.
#pragma once

#include "app/context.hpp"
#include "app/orchestrate/plan.hpp"
#include "app/orchestrate/state_file.hpp"

namespace spec_kitty::orchestrate {

struct run_request {
  bool resume = false;
  std::string impl_agent; ///< empty: nobody was named
  std::string review_agent;
};

/// What may be carried out now.
struct prepared_run {
  agents_file agents;
  run_plan run;
  std::filesystem::path keeper;
  file_lock turn;
  bool nothing_to_do = false; ///< everything was done before
};

/// Reads and checks everything. Nothing has been started or recorded when it fails.
result<prepared_run> prepare(context& ctx, const workflow::feature& about,
                             const run_request& request);

/// Carries it out, says how it ended, and gives the exit status: 0 when everything is done or
/// skipped, else 1 with the reason and the next command.
exit_status carry_out(context& ctx, const workflow::feature& about, prepared_run prepared);

} // namespace spec_kitty::orchestrate
