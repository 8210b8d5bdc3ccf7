// The commits of a merge, made with `merge-tree` and `commit-tree`, without a working tree. So a
// conflict is known before a file changes, and the target gets everything in one fast-forward.
// Rejected: `git merge` step by step in the primary checkout, which leaves it half merged.
#pragma once

#include "app/workflow/activity_log.hpp"
#include "app/workflow/blockers.hpp"
#include "app/workflow/feature.hpp"
#include "app/workflow/merge_state.hpp"

#include <map>
#include <string>
#include <vector>

namespace spec_kitty::workflow {

/// The outcome of one branch in the chain of merges.
struct merged_branch {
  std::string wp_id;
  std::string tip;     ///< of the branch
  bool was_in = false; ///< the target already had it
};

struct merge_chain {
  std::string tip; ///< the commit that holds all
  std::vector<merged_branch> branches;
  std::vector<blocker> conflicts;    ///< not empty: the chain is not complete
  std::vector<std::string> left_out; ///< changes of the bookkeeping that stay out, for a person
  std::map<std::string, std::vector<log_entry>> logs; ///< of each branch's own work package
};

/// Makes the commits on top of `state.from`; the target does not move. `runner` runs git (for a dry
/// run with its own object directory).
result<merge_chain> make_commits(const git& runner, const feature& feature_ref,
                                 const merge_state& state,
                                 const std::vector<work_package>& packages);

/// The trailer that names a work package whose branch is merged.
std::string trailer_of(const std::string& wp, const std::string& tip);

} // namespace spec_kitty::workflow
