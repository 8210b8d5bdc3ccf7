// The state of a merge in progress, as a file that survives a kill.
//
//   merging   the commits are made beside the working tree, work and lanes; then the target branch
//   is
//             moved to the last of them in one step, so a kill leaves either all or nothing
//   lanes     the target holds the work, and `moving` stands in for_review
//   finish    that is recorded as events; what is left: push, remove worktrees and branches
//
// Pure.
#pragma once

#include "util/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::workflow {

struct merge_state {
  std::string phase = "merging";
  std::string feature;
  std::string target;             ///< the branch merged into
  std::string strategy = "merge"; ///< or `squash`
  bool keep_branch = false;
  bool keep_worktree = false;
  bool push = false;
  bool force = false;              ///< the gates were passed over
  std::string from;                ///< the target's commit before
  std::string to;                  ///< the commit that holds all; empty: not made yet
  std::vector<std::string> order;  ///< work packages with a branch, dependencies first
  std::vector<std::string> tips;   ///< of their branches, as they were merged
  std::vector<std::string> moving; ///< those that were in doing
  std::string intent;              ///< the intent that records them; empty: of an older program

  bool operator==(const merge_state&) const = default;
};

/// One JSON object.
std::string encode(const merge_state& state);

/// bad_input if the text is not a state of this version.
result<merge_state> decode_merge_state(std::string_view text);

} // namespace spec_kitty::workflow
