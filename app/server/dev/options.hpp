// What only `spec-kitty-server run --dev` takes on its command line.
#pragma once

#include "app/server/core/session_tokens.hpp"
#include "app/server/dev/faults.hpp"
#include "app/server/store/account_records.hpp"

#include <map>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace spec_kitty::server::dev {

/// The account of a server for trying out. An empty field: not given.
struct login {
  std::string username;
  std::string password;
  std::string team_slug;
};

struct options {
  login account; ///< the password is SPEC_KITTY_DEV_PASSWORD
  std::vector<store::team_event_type> types;
  session_rules sessions;
  long ping_s = 30; ///< between two pings of a WebSocket; 0: none
  fault_rules faults;
  std::map<std::string, std::string, std::less<>> settings; ///< keys of the configuration
};

/// Declares them on the command `run`, each of them only with `--dev`. Values are checked while the
/// line is parsed; `into` lives as long as the parser.
void declare_options(CLI::App& run, options& into);

} // namespace spec_kitty::server::dev
