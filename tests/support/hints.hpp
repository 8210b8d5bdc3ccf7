// The commands in what the program prints, run as they are printed. tests/hints.py makes the suites
// of the command line do so: with SPEC_KITTY_TRY_HINTS=FOLDER a test that meets a hint which no
// test has met before runs it then and there, leaves the outcome in FOLDER, and ends.
#pragma once

#include "app/chaos/process.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace spec_kitty::support {

/// Ends the test that has tried a hint: the state it continues from is no longer the one it made.
struct hint_tried {};

/// A hint, and what it is the remedy for; empty where one sentence says both.
struct printed_hint {
  std::string message;
  std::string hint;
  bool in_order = false; ///< a blocker's: those before it are typed first
};

/// The hints with a command in what a command has printed: of a failure, a blocker, a finding, a
/// warning, a line of a status.
std::vector<printed_hint> hints_in(const finished& done);

/// The commands that a hint tells to type, in its order.
std::vector<std::string> commands_in(const std::string& hint);

/// Runs the first command of the first hint that no test has run for the same message, leaves a
/// report in `tried` of the folder that the environment names, and throws hint_tried. What was
/// printed is kept in `met` there. Does nothing unless the environment asks for it.
void try_hints(const launch& of, const finished& done, const std::filesystem::path& root);

} // namespace spec_kitty::support
