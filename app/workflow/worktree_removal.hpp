// The end of a work package's worktree.
#pragma once

#include "app/workflow/git.hpp"

namespace spec_kitty::workflow {

/// Removes a worktree that has no changes. git refuses to where submodules are initialised, because
/// their repositories go with it; they are removed if everything in them is found elsewhere too,
/// else the failure names what is not.
result<void> remove_worktree(const git& runner, const std::filesystem::path& tree);

} // namespace spec_kitty::workflow
