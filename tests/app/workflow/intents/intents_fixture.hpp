// Interruptions of work-package commands, and the oracle that judges what they leave.
#pragma once

#include "tests/app/workflow/workflow_fixture.hpp"

namespace spec_kitty::support {

class intents_test : public workflow_test {
protected:
  /// SIGKILL before the n-th operation on a file of the test; git gets the same, in each process.
  static launch with_kill(launch what, int operation);
  /// The same, but git is left alone.
  launch with_kill_of_command(launch what, int operation) const;

  /// A hook that waits once, when a test of the shell holds, until it is released, at most half a
  /// minute.
  void blocking_hook(const std::string& name, const std::string& when = "true") const;
  bool hook_is_reached() const;
  void release_hook() const;
  void remove_hook(const std::string& name) const;

  /// For each work package the WPStatusChanged are a chain that ends in the lane of main; there are
  /// as many HistoryAdded as changed boxes and lines of notes in git's history; the checkout is
  /// clean; no intent and no lock file is left.
  void expect_chain(const std::string& when) const;

  std::filesystem::path intents() const { return repo() / ".git" / "spec-kitty" / "intents"; }
  /// The files there; empty where the folder does not exist.
  std::vector<std::string> open_intents() const;

  /// The second with the label long.
  static int rounds(int usual, int wanted);
  static int stride(int usual, int wanted) { return rounds(usual, wanted); }
  /// Between nothing and what a command takes.
  static milliseconds random_moment();

private:
  std::string lane_in_main(const std::string& id) const;
  std::size_t boxes_changed() const;
  std::size_t notes_added() const;
};

} // namespace spec_kitty::support
