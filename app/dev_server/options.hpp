// The command line of spec-kitty-dev-server.
#pragma once

#include "app/dev_server/batch.hpp"
#include "app/dev_server/tokens.hpp"
#include "app/dev_server/ws_hub.hpp"

#include <string>
#include <variant>

namespace spec_kitty::dev_server {

struct options {
  int port = 0;      ///< 0 is any free one
  std::string state; ///< folder; empty: a temporary one
  bool json = false;
  bool quiet = false;
  account login; ///< as on the command line; the password is SPEC_KITTY_DEV_PASSWORD
  token_rules tokens;
  batch_rules batches;
  ws_rules sockets;
};

/// The options, or the exit status where there is nothing to run: 0 after --help, 2 after wrong
/// usage (explained on stderr).
std::variant<options, int> read_options(int argc, char** argv);

} // namespace spec_kitty::dev_server
