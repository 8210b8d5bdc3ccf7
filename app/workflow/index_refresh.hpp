// The index of a checkout after `git commit --only`. A hook that changes files and adds them does
// so in the index of that commit, a temporary one: git's own index then still has the texts from
// before the hook, and shows them as staged changes that undo what was committed.
#pragma once

#include "app/workflow/git.hpp"

namespace spec_kitty::workflow {

/// True where a hook may run in a commit of this repository. Starts no process, so that a commit
/// without hooks costs nothing more. When in doubt, true.
bool hooks_may_run(const std::filesystem::path& common_git_dir);

/// Brings the index to the last commit for each file of that commit whose text on disk is the
/// committed one. Others stay as they are: they hold somebody's own changes.
void refresh_index(const git& runner);

} // namespace spec_kitty::workflow
