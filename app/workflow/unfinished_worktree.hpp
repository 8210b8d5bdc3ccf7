// What a git left that was killed while it made or removed a worktree.
#pragma once

#include "app/workflow/feature.hpp"

#include <filesystem>
#include <string>

namespace spec_kitty::workflow {

/// Removes what a killed `git worktree add` left at `path`. One that is still at work is waited
/// for, at most 10 s.
void remove_half_made_worktree(const git& runner, const repository& repo,
                               const std::filesystem::path& path);

/// Whether a folder is there that git has begun to remove: its `.git` is gone.
bool is_half_removed_worktree(const repository& repo, const std::filesystem::path& path);

/// Removes the rest of it when each file in it is, byte for byte, one of the branch. False where
/// something else is in it: then no file is touched.
bool remove_half_removed_worktree(const repository& repo, const std::filesystem::path& path,
                                  const std::string& branch);

/// Ends what a killed `git worktree remove` of a worktree without changes has begun; one that is
/// still at work is waited for, at most 10 s. False where none had begun, or where something else
/// is in the worktree: then no file is touched.
bool end_removal_of_worktree(const git& runner, const repository& repo,
                             const std::filesystem::path& path, const std::string& branch);

} // namespace spec_kitty::workflow
