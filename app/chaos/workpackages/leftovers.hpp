// What lies in a repository that no interrupted command may leave there.
#pragma once

#include "app/chaos/workpackages/work_history.hpp"

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace spec_kitty::chaos {

/// Processes of git, and hooks, that work in a repository.
std::vector<pid_t> git_processes(const std::filesystem::path& checkout);

/// Open intents, lock files, a merge that is not ended, uncommitted changes, half-made worktrees.
std::vector<std::string> leftovers_in(const std::filesystem::path& checkout, const git_runner& git);

} // namespace spec_kitty::chaos
