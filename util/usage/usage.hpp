// What is said about words that a command line refuses: what is wrong with them, and what was most
// likely meant.
#pragma once

#include "util/result.hpp"

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace spec_kitty {

/// A program and all its commands, as they are typed: `spec-kitty`, `sync now`.
struct known_commands {
  std::string program;
  std::vector<std::string> paths;
};

/// `usage`, with the help of the command that was reached.
failure usage_failure(const CLI::App& app, const CLI::ParseError& error,
                      const known_commands& known);

} // namespace spec_kitty
