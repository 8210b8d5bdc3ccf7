// A merge under way, as the file that survives a kill in its middle.
//
//   merging   the commits are made beside the working tree; then the target branch is moved to the
//             last of them in one step, so a kill leaves all or nothing of it
//   lanes     the target holds the work; `moving` goes from doing to for_review in one commit
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
  std::string from;                ///< the target's commit before
  std::string to;                  ///< the commit that holds all; empty: not made yet
  std::vector<std::string> order;  ///< work packages with a branch, dependencies first
  std::vector<std::string> moving; ///< those that were in doing

  bool operator==(const merge_state&) const = default;
};

/// One JSON object.
std::string encode(const merge_state& state);

/// bad_input where the text is none, or of a later version.
result<merge_state> decode_merge_state(std::string_view text);

} // namespace spec_kitty::workflow
