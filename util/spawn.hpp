// The only place that starts a program as a new process. util/process.hpp stands on it, and so does
// what needs more: the daemon's session, an agent that dies with its runner, a child with pipes.
#pragma once

#include <sys/types.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

/// A bound on what a process may use, as setrlimit takes it.
struct resource_limit {
  int resource = 0;        ///< RLIMIT_NOFILE and the like
  std::uint64_t value = 0; ///< both the soft and the hard limit
};

/// Which processes get a signal together with the new one.
enum class process_group {
  same, ///< the caller's group: a Ctrl-C at the terminal reaches both
  own,
  own_session ///< no terminal either
};

/// How a program that cannot begin is reported.
enum class start_failure {
  reported,   ///< `spawn` waits for exec and returns its error
  exit_status ///< `spawn` does not wait: the process exits with 126 (limits) or 127 (anything else)
};

struct spawn_request {
  std::string program; ///< a path, or a name looked up in the caller's PATH; empty: argv[0]
  std::vector<std::string> argv;
  std::vector<std::string> environment; ///< all of it, `NAME=value`
  std::filesystem::path folder;         ///< where it runs; empty: the caller's
  int input = -1;                       ///< its stdin; -1: /dev/null
  int output = -1;                      ///< its stdout; -1: /dev/null
  int error_output = -1;                ///< its stderr; -1: /dev/null
  int kept_open = -1;                   ///< a further descriptor that it gets under the same number
  bool close_others = false;            ///< closes even those without close-on-exec
  process_group group = process_group::same;
  bool keep_signal_mask = false; ///< what the caller blocks stays blocked; else nothing is
  /// An INT, TERM or HUP that the caller ignores is blocked: the program stays without it even when
  /// it sets a handler, as git does, which then removes its lock files and continues.
  bool block_ignored = false;
  /// Signals that get their default effect even where the caller ignores them.
  std::vector<int> default_signals = {SIGPIPE, SIGXFSZ};
  int parent_death_signal = 0;        ///< sent to it when the calling thread ends; 0: none
  std::vector<resource_limit> limits; ///< set last, right before the program begins
  start_failure on_failure = start_failure::reported;
  /// A pipe's reading end: the program begins when a byte comes through it, and the process exits
  /// (127) when every writer is gone first. Needs start_failure::exit_status.
  int gate = -1;
  int gate_writer = -1; ///< the other end; the new process closes its copy
};

struct spawn_outcome {
  pid_t pid = -1; ///< the caller reaps it
  int error = 0;  ///< an errno value; where it is not 0, no process is left behind
};

/// Starts a program. A handler of the caller never runs in the new process: a signal sent to it
/// before the program begins has its default effect, unless the caller ignores that signal.
spawn_outcome spawn(const spawn_request& request);

/// Whether this process ignores a signal: under nohup, or in the background of a script.
bool is_ignored(int signal);

/// Variables that hold a secret for the program they were set for, and for no child of it.
inline constexpr std::array<std::string_view, 2> secret_variables = {"SPEC_KITTY_PASSWORD",
                                                                     "SPEC_KITTY_DEV_PASSWORD"};

/// The caller's environment without secrets and the variables `removed` (names), and with `added`
/// (`NAME=value`), which replace variables of the same name.
std::vector<std::string> environment_with(const std::vector<std::string_view>& removed,
                                          const std::vector<std::string>& added);

} // namespace spec_kitty
