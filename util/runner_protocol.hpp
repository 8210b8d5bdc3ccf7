// The words between an orchestration and the keeper of one agent: how it is started, and the files
// it leaves. The keeper is a program of its own (keeper_main.cpp): the agent dies with it, it with
// its owner, and an agent's end is written down even when the owner is gone.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

struct agent_runner_job {
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
std::vector<std::string> agent_runner_arguments(const agent_runner_job& job);

/// The job of such arguments; an empty command where they are none.
agent_runner_job agent_runner_job_of(const std::vector<std::string>& arguments);

struct attempt_result {
  std::string token;          ///< which attempt it was
  int status = -1;            ///< the agent's exit status; -1: a signal ended it
  int signal = 0;             ///< that signal
  bool timed_out = false;     ///< stopped because its time was over
  bool stopped = false;       ///< stopped because its owner went away or said so
  std::string error;          ///< why it could not be started; empty: it was
  std::uint64_t log_from = 0; ///< where its output begins in the log
  std::uint64_t left = 0;     ///< processes it left behind, which were ended

  bool operator==(const attempt_result&) const = default;
};

/// One line of JSON.
std::string encode_result(const attempt_result& result);
/// Nothing where the text is none.
std::optional<attempt_result> decode_result(std::string_view text);

} // namespace spec_kitty
