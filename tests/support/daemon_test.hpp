// The fixture of tests with a daemon: the real one, in the background, on a home of its own.
#pragma once

#include "tests/support/cli_test.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace spec_kitty::support {

class daemon_test : public cli_test {
protected:
  ~daemon_test() override; ///< no daemon outlives its test

  /// `sync daemon run` as a child of the test; returns when it answers.
  void start_daemon();
  /// Ends it kindly and gives what it was.
  finished stop_daemon();
  void kill_daemon(int signal);
  pid_t daemon_pid() const { return daemon_ ? daemon_->pid() : -1; }

  /// `connection.state` of `sync status`.
  std::string connection() const;
  /// Waits until the connection is in this state.
  bool is_eventually(std::string_view state, milliseconds patience = long_enough) const;
  /// Waits until nothing is queued or leased.
  bool drains(milliseconds patience = long_enough) const;

  /// Records `count` events one command each; their ids, in order.
  std::vector<std::string> emit_each(int count);

  /// Every id recorded by emit_each.
  std::vector<std::string> recorded;

  /// What the server keeps: each recorded id once, nothing else, clocks rising strictly per node.
  void expect_all_on_server_in_order() const;

  std::unique_ptr<child> daemon_;
};

/// A line of `/proc/<pid>/<file>` that begins with `name`, as a number; -1 if it is missing.
long proc_number(pid_t pid, const std::string& file, const std::string& name);

} // namespace spec_kitty::support
