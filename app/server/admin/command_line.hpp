// The command line of spec-kitty-server: parses, reads the configuration, carries out one command.
#pragma once

#include "app/server/admin/command_table.hpp"
#include "util/output.hpp"

#include <functional>

namespace CLI {
class App;
}

namespace spec_kitty::server {

/// What a command of its own (`run`, `init` …) gets.
struct command_context {
  output out;
  server_settings settings;
  bool dev = false; ///< `--dev`: see docs/server.md, Trying it out

  /// Prints the failure; the exit status.
  int fail(const failure& why);
};

/// The commands that are not carried out by a server: by their path in the table.
using local_command = std::function<int(command_context& ctx, const arguments& given)>;
struct local_commands {
  local_command run; ///< the program's own: it composes store, actors and listener
  /// Adds what only `run --dev` takes to the options of `run`.
  std::function<void(CLI::App& run)> declare_dev_options;
};

/// The whole program; the exit status: 0 done, 1 failed, 2 wrong usage.
int run_server_command_line(int argc, char** argv, const local_commands& own);

} // namespace spec_kitty::server
