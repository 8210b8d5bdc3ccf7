// What must be true before `merge` makes a commit, and before it removes a worktree.
#pragma once

#include "app/workflow/blockers.hpp"
#include "app/workflow/merged_work.hpp"

#include <string>
#include <vector>

namespace spec_kitty::workflow {

/// The blockers of a merge, in the order in which their commands can be typed: clean checkout and
/// worktrees; each worktree's HEAD contained in its branch; for each work package that would move,
/// its subtasks done and a commit of its own.
result<std::vector<blocker>> merge_blockers(const feature& feature_ref,
                                            const std::vector<work_package>& packages,
                                            const std::vector<std::string>& order);

/// Why a worktree must stay although its work is merged: it holds commits or files that are
/// nowhere else. `merged_tip` is the commit that was merged. Empty: it may be removed.
result<std::string> reason_to_keep(const feature& feature_ref, const std::string& wp,
                                   const std::string& merged_tip);

/// `WP01's worktree held git-ignored files, which are gone: a, b and 3 more`; empty without one.
std::string ignored_words(const std::string& wp, const std::vector<std::string>& ignored);

} // namespace spec_kitty::workflow
