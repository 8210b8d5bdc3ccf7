// The commands in what the program prints, run as they are printed. tests/hints.py makes the suites
// of the command line do so: with SPEC_KITTY_TRY_HINTS=FOLDER a test that meets a command which no
// test has met before runs it then and there, leaves the outcome in FOLDER, and ends.
#pragma once

#include "app/chaos/process.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace spec_kitty::support {

/// Ends the test that has tried a hint: the state it continues from is no longer the one it made.
struct hint_tried {};

/// The hints in what a command has printed: of a failure, a warning, a finding.
std::vector<std::string> hints_in(const finished& done);

/// The commands that a hint tells to type, in its order.
std::vector<std::string> commands_in(const std::string& hint);

/// Runs the commands of the first hint that is new; throws hint_tried when there was one. Does
/// nothing unless the environment asks for it.
void try_hints(const launch& of, const finished& done, const std::filesystem::path& root);

} // namespace spec_kitty::support
