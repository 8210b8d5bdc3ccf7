// One run of `spec-kitty merge`: what is merged, and what a person is told about it.
#pragma once

#include "app/cli/work_command.hpp"
#include "app/workflow/merge_lanes.hpp"
#include "app/workflow/merge_state.hpp"

namespace spec_kitty {

/// One merge, from its state to its end.
struct merge_job {
  workflow::feature feature;
  workflow::merge_state state;
  std::vector<workflow::work_package> packages;

  const workflow::repository& repo() const { return feature.repo(); }
};

/// The work packages that have a branch, dependencies first.
result<std::vector<std::string>> merge_order(const merge_job& job);

/// No work package has a branch: a success if all are merged, else not_found.
result<work_done> nothing_to_merge(const merge_job& job, work_done done);

/// What blockers stop.
std::string merge_aim(const merge_job& job);

/// The command that passes the gates, with the options that this one was given. `continues`: it
/// was `--resume`.
std::string bypass_of(const merge_job& job, bool continues);

/// Says in `done` what is merged, or would be.
void describe_merge(const merge_job& job, const workflow::merge_chain& chain, bool dry_run,
                    work_done& done);

} // namespace spec_kitty
