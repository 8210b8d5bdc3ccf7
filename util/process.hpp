// Runs programs without a shell. Either to their end, with stdin empty, the output collected and a
// bound on the wait; or only starts them, and the caller waits.
#pragma once

#include "util/result.hpp"

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace spec_kitty {

struct program {
  std::vector<std::string> argv;      ///< argv[0] is looked up in PATH
  std::filesystem::path folder;       ///< where it runs
  std::vector<std::string> variables; ///< `NAME=value`, added to the caller's environment
  std::chrono::milliseconds patience{60'000};
  /// Called with the id of the process before the program begins in it. On false it never begins;
  /// nor does it when the caller is killed meanwhile.
  std::function<bool(pid_t)> before_start = {};
  /// An INT, TERM or HUP that the caller has blocked and that comes while the program runs is
  /// passed on to it; 5 s later it is killed. The signal stays pending. One that the caller ignores
  /// is not passed on.
  bool pass_on_signals = false;
};

struct program_end {
  int status = -1; ///< exit status; -1: a signal ended it
  std::string out;
  std::string err;
};

/// Runs a program to its end. A failure when it cannot be started, or took longer than `patience`
/// and was killed.
result<program_end> run_program(const program& what);

/// Starts a program in a process group of its own and does not wait: stdin is the descriptor
/// `input`, stdout and stderr are /dev/null. The caller reaps it. `patience` is not used.
result<pid_t> start_program(const program& what, int input);

/// Secrets are in memory from now on: no core dump of this process, and no other process of this
/// user looks into it. For programs of our own; a host decides that for itself.
void hide_memory();

/// Lets this process, and what it starts, open as many files as the hard limit allows; how many
/// those are. Source: setrlimit(2), RLIMIT_NOFILE.
std::uint64_t raise_open_file_limit();

} // namespace spec_kitty
