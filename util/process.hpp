// Programs run to their end, with a bound on the wait: no shell, stdin empty, output collected. Or
// started, where their end is for others to see to.
#pragma once

#include "util/result.hpp"

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace spec_kitty {

struct program {
  std::vector<std::string> argv;      ///< argv[0] is looked up in PATH
  std::filesystem::path folder;       ///< where it runs
  std::vector<std::string> variables; ///< `NAME=value`, beside the caller's environment
  std::chrono::milliseconds patience{60'000};
};

struct program_end {
  int status = -1; ///< exit status; -1: a signal ended it
  std::string out;
  std::string err;
};

/// Runs a program. Fails when it cannot be started, or was killed because patience ended.
result<program_end> run_program(const program& what);

/// Starts a program in a process group of its own and does not wait: stdin is the descriptor,
/// stdout and stderr lead nowhere. The caller reaps it. `patience` does not count.
result<pid_t> start_program(const program& what, int input);

} // namespace spec_kitty
