// The words between an orchestration and the keeper of one agent: how it is started, and the files
// it leaves. The keeper is a program of its own (keeper_main.cpp): the agent dies with it, it with
// its owner, and an agent's end is written down even when the owner is gone.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace spec_kitty::orchestrate {

struct keeper_job {
  std::string token;              ///< which attempt; comes back in the result
  std::filesystem::path result;   ///< replaced as a whole when the agent has ended
  std::filesystem::path log;      ///< the agent's output is appended
  std::filesystem::path prompt;   ///< the agent's stdin
  std::filesystem::path lock;     ///< held while the agent or anything it started lives
  std::filesystem::path worktree; ///< the agent's working directory
  std::chrono::seconds timeout{3600};
  std::string title;                ///< the line in front of its output
  std::vector<std::string> command; ///< argv
};

/// What the agent gets after TERM before KILL.
inline constexpr std::chrono::seconds stop_grace{5};

/// The job as arguments, behind the program's name.
std::vector<std::string> keeper_arguments(const keeper_job& job);

/// The job of such arguments; an empty command where they are none.
keeper_job keeper_job_of(const std::vector<std::string>& arguments);

} // namespace spec_kitty::orchestrate
