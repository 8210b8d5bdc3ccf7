// What stands between a command and git: git is not installed, refuses the repository, is too old,
// or does not know who commits. Each is said as that, with the command that clears it.
#pragma once

#include "app/workflow/git.hpp"

namespace spec_kitty::workflow {

/// What git says on several lines, as one; of advice that it gives beside that, nothing.
std::string in_one_line(const std::string& complaint);

/// The remedy for what git reported. git translates its messages, but not the names of its
/// settings and files, so these are looked for.
std::string remedy_for(const std::string& complaint);

/// Fails where git cannot be run or refuses the repository, with git's own words.
result<void> check_git(const git& runner);

/// The same, and fails where git cannot merge without a working tree: before 2.38.
result<void> check_git_merges(const git& runner);

} // namespace spec_kitty::workflow
