// The git side of `merge`: preflight, the merge commits, moving the target, cleaning up.
//
// The commits are made with `merge-tree` and `commit-tree`, without a working tree. So a conflict
// is known before a file changes, and the target branch gets everything in one fast-forward.
// Rejected: `git merge` step by step in the primary checkout, which leaves it half merged on a
// conflict.
#pragma once

#include "app/workflow/feature.hpp"
#include "app/workflow/merge_state.hpp"

#include <optional>

namespace spec_kitty::workflow {

/// The outcome of one branch in the chain of merges.
struct merged_branch {
  std::string wp_id;
  bool was_in = false; ///< the target already had it
};

struct merge_chain {
  std::string tip; ///< the commit that holds all
  std::vector<merged_branch> branches;
};

/// The branch to merge into: it exists and is checked out in the primary checkout.
result<std::string> merge_target(const feature& feature_ref,
                                 const std::optional<std::string>& named);

/// Refuses a checkout or worktree with uncommitted work, and one in the middle of a git operation.
result<void> preflight(const feature& feature_ref, const std::vector<std::string>& wps);

/// Makes the commits on top of `state.from`; the target does not move. A conflict is a failure that
/// names the work package, the files and the way to continue. `runner` runs git (for a dry run with
/// its own object directory).
result<merge_chain> make_commits(const git& runner, const feature& feature_ref,
                                 const merge_state& state,
                                 const std::vector<work_package>& packages);

/// Moves the checked-out target to `state.to`, unless it is already there.
result<void> move_target(const feature& feature_ref, const merge_state& state);

/// Moves the target back to `state.from`. Refuses if it has newer work.
result<void> take_back(const feature& feature_ref, const merge_state& state);

/// Pushes if wanted, then removes worktrees and branches unless they are to be kept. A failure to
/// remove is a warning in `warnings`.
result<void> finish_merge(const feature& feature_ref, const merge_state& state,
                          std::vector<std::string>& warnings);

/// The state file: reading, replacing, removing.
result<std::optional<merge_state>> read_merge_state(const repository& repo);
result<void> write_merge_state(const repository& repo, const merge_state& state);
void remove_merge_state(const repository& repo);

} // namespace spec_kitty::workflow
