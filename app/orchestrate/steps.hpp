// The steps of a run on files and in git. Each can be repeated after a kill in its middle: what is
// already done is kept.
#pragma once

#include "app/orchestrate/plan.hpp"
#include "app/orchestrate/recorder.hpp"
#include "app/workflow/feature.hpp"
#include "app/workflow/intents/change.hpp"
#include "app/workflow/lane_edit.hpp"
#include "app/workflow/worktree.hpp"
#include "util/files.hpp"

namespace spec_kitty::orchestrate {

/// Waits, at most a few seconds, for a git process that outlived its orchestration.
void wait_for_git(const workflow::feature& feature, const orchestration& run);

/// Finds or makes the work package's worktree: on the branch of one of `dependencies` whose work is
/// not in the target yet, the others merged in. `fresh`: no agent of this run has used it, so it
/// must be clean. Returns the point where its branch begins.
result<workflow::base_point> ready_worktree(const workflow::feature& feature,
                                            const package_run& package_state,
                                            const std::vector<std::string>& dependencies,
                                            bool fresh);

/// Commits what an agent left uncommitted, with the agent as author. A worktree that the agent
/// removed left nothing: its branch has the work.
result<void> commit_leftovers(const workflow::feature& feature, const std::string& wp,
                              const std::string& agent);

/// True when the work package's branch has a commit that neither its base nor the target nor the
/// branches of its `dependencies` have.
result<bool> has_own_work(const workflow::feature& feature, const std::string& wp,
                          const std::vector<std::string>& dependencies);

/// A lane change on disk, under the edit lock until its event is recorded.
struct lane_move {
  file_lock lock;
  std::optional<workflow::open_change> change; ///< nothing: it was there, and is recorded
};

/// Settles what interrupted commands left, then moves the work package's file to a lane and, given
/// a message, commits that. A work package that somebody moved to another lane is a failure.
/// `edit.at` is set here; the edit's base is used where the file has no base.
result<lane_move> move_lane(const workflow::feature& feature, const package_run& package_state,
                            workflow::lane_edit edit, const std::optional<std::string>& message,
                            const recorder& events);

/// How a dependency that was done before the run was resolved: `merged` where its branch is gone or
/// part of the target, else `completed`.
std::string resolution_of(const workflow::feature& feature, const std::string& wp);

} // namespace spec_kitty::orchestrate
