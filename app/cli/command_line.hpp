// The words of a command line: parsed by the command table, with help and errors in plain words.
#pragma once

#include "app/cli/command.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <optional>
#include <string>

namespace spec_kitty {

/// Accepted before and after a subcommand.
struct global_options {
  std::optional<std::string> home;
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  bool no_color = false;
  bool utc = false;
};

/// A command line that was parsed.
struct command_line {
  CLI::App app{"Records the work of this command line as events, stores them durably, and delivers "
               "each of them to your team's server exactly once in effect.",
               "spec-kitty"};
  global_options options;
  const command* chosen = nullptr;
  command_action action;
};

/// Parses. Where help or the version was asked for, or the words are wrong, that is printed, and
/// `status` has the exit status instead of a line.
struct parse_outcome {
  std::unique_ptr<command_line> line;
  int status = 0;
};
parse_outcome parse_command_line(int argc, char** argv);

/// Command lines that show how a command is used, without `spec-kitty` in front. Every command of
/// the table has one at least. They work in a repository with the feature of
/// `feature create 001-login --wp "Form" --wp "Session"`.
std::span<const std::string_view> examples_of(std::string_view path);

} // namespace spec_kitty
