// A work package's worktree: `.worktrees/<slug>-WPnn` on the branch `<slug>-WPnn`.
#pragma once

#include "app/workflow/feature.hpp"

namespace spec_kitty::workflow {

/// Makes git ignore paths of the project, each with a `/` in front: `lines` go to the git
/// directory's exclude file, because a tracked .gitignore belongs to the user. The caller holds the
/// edit lock.
result<void> ignore_paths(const repository& repo, const std::vector<std::string>& lines);

/// The same for `/.worktrees/`.
result<void> ignore_worktrees(const repository& repo);

/// Refuses a feature whose name, or whose target branch, git would take for an option or would not
/// take for the name of a branch. Such a feature can be read, and nothing else.
result<void> require_branch_names(const feature& feature_ref);

/// Repairs the worktree of a work package that was moved together with the repository around it.
/// Costs a look at a file where it was not.
void repair_if_moved(const feature& feature_ref, const std::string& wp);

/// A worktree that is removed at the end of the scope if it was created here and is not kept.
class made_worktree {
public:
  made_worktree(const feature& feature_ref, std::string wp)
      : feature_(feature_ref), wp_(std::move(wp)), git_(feature_ref.repo().checkout) {}
  ~made_worktree();
  made_worktree(const made_worktree&) = delete;
  made_worktree& operator=(const made_worktree&) = delete;

  /// Finds or creates it; a branch that does not exist yet begins at the commit `start`.
  result<void> make(const std::string& start);
  bool is_new() const { return made_tree_; }
  bool made_branch() const { return made_branch_; }
  void keep() { made_tree_ = made_branch_ = false; }

private:
  git_result<std::string> add(const std::filesystem::path& path, const std::string& branch,
                              const std::string& start);

  const feature& feature_;
  std::string wp_;
  git git_;
  bool made_tree_ = false;
  bool made_branch_ = false;
};

/// The start of a work package's branch.
struct base_point {
  std::string branch;
  std::string commit;
};

/// The tip of a branch; bad_input if it has no commit.
result<base_point> base_at(const feature& feature_ref, const std::string& branch);

} // namespace spec_kitty::workflow
