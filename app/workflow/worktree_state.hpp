// What a worktree holds: what would be lost if it were removed.
#pragma once

#include "app/workflow/git.hpp"

#include <string>
#include <vector>

namespace spec_kitty::workflow {

struct worktree_state {
  std::string head;      ///< the commit that is checked out; empty: none
  std::string branch;    ///< empty: HEAD is detached
  std::string operation; ///< `rebase`, `merge`, `cherry-pick`, `revert`, `am`, `bisect`; or empty
  bool has_conflicts = false;
  std::vector<std::string> dirty_submodules; ///< of `changed`: submodules with changes inside
  std::vector<std::string> changed;          ///< changed and untracked paths that are not ignored
  std::vector<std::string> ignored;          ///< git-ignored paths
};

result<worktree_state> look_at_worktree(const std::filesystem::path& tree);

/// The command that ends the operation under way in a worktree: it continues where nothing is in
/// conflict, else it gives up.
std::string end_of_operation(const std::filesystem::path& tree, const worktree_state& state);

} // namespace spec_kitty::workflow
