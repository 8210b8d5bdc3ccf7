// Gathers the evidence for `sync doctor`: looks at home, store, clock, session; asks the server.
#pragma once

#include "app/cli/context.hpp"
#include "app/cli/health.hpp"

namespace spec_kitty {

/// Changes nothing. If a server is set, sends it one request; the session is renewed for it as for
/// any other request.
evidence examine(const context& ctx);

/// The beginning of a command line for this home: `spec-kitty`, with --home if needed.
std::string program_for(const home_folder& home);

} // namespace spec_kitty
