// The git side of `merge` around its commits (merge_commits.hpp): the target and how it is moved,
// what is cleaned up, the state file.
#pragma once

#include "app/workflow/feature.hpp"
#include "app/workflow/merge_state.hpp"

#include <optional>

namespace spec_kitty::workflow {

/// The branch to merge into: it exists and is checked out in the primary checkout.
result<std::string> merge_target(const feature& feature_ref,
                                 const std::optional<std::string>& named);

/// Moves the checked-out target to `state.to`, unless it is already there.
result<void> move_target(const feature& feature_ref, const merge_state& state);

/// True when the target holds `state.to`.
bool has_moved(const feature& feature_ref, const merge_state& state);

/// Moves the target back to `state.from`. Refuses if it has newer work.
result<void> take_back(const feature& feature_ref, const merge_state& state);

/// Pushes if wanted, then removes worktrees and branches unless they are to be kept. A worktree or
/// branch that holds something that was not merged stays; `warnings` says so, and what else a
/// person has to know.
result<void> finish_merge(const feature& feature_ref, const merge_state& state,
                          std::vector<std::string>& warnings);

/// The state file: reading, replacing, removing.
result<std::optional<merge_state>> read_merge_state(const repository& repo);
result<void> write_merge_state(const repository& repo, const merge_state& state);
void remove_merge_state(const repository& repo);

} // namespace spec_kitty::workflow
