// The protocol between an orchestration and the runner of an agent: the runner's arguments, and the
// result that it writes. The runner is a program of its own (app/agent_runner): when the
// orchestrator ends, the runner stops the agent; when the runner is killed, so is the agent; and
// the agent's result is written even when the orchestrator is gone.
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
  std::string token;              ///< identifies the attempt; copied into the result
  std::filesystem::path root;     ///< result, log, prompt and lock lie below it, no link on the way
  std::filesystem::path result;   ///< replaced as a whole when the agent has ended
  std::filesystem::path log;      ///< the agent's output is appended, within bounds
  std::filesystem::path prompt;   ///< the agent's stdin
  std::filesystem::path lock;     ///< held as long as the agent or a process it started runs
  std::filesystem::path worktree; ///< the agent's working directory
  std::filesystem::path worktree_root; ///< it lies below this in the same way
  std::chrono::seconds timeout{3600};
  std::string title;                ///< written to the log before its output
  std::vector<std::string> command; ///< argv
};

/// The time between TERM and KILL.
inline constexpr std::chrono::seconds stop_grace{5};

/// The job as arguments, without the program's name.
std::vector<std::string> agent_runner_arguments(const agent_runner_job& job);

/// The job of such arguments; its command is empty where they are not valid.
agent_runner_job agent_runner_job_of(const std::vector<std::string>& arguments);

/// How much of the end of an agent's output is judged.
inline constexpr std::size_t max_output_tail = std::size_t{64} << 10;

struct attempt_result {
  std::string token;      ///< identifies the attempt
  int status = -1;        ///< the agent's exit status; -1: a signal ended it
  int signal = 0;         ///< that signal
  bool timed_out = false; ///< stopped because it reached its timeout
  bool stopped = false;   ///< stopped because the orchestrator ended or stopped it
  std::string error;      ///< why it could not be started or ended; else empty
  std::string tail;       ///< the end of its output, from the beginning of a line; UTF-8
  std::uint64_t left = 0; ///< processes it left behind, which were ended

  bool operator==(const attempt_result&) const = default;
};

/// One line of JSON.
std::string encode_result(const attempt_result& result);
/// Nothing where the text is not a result.
std::optional<attempt_result> decode_result(std::string_view text);

} // namespace spec_kitty
