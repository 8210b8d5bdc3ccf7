// Gathers the evidence for `sync doctor`: looks at home, store, clock, session; asks the server.
#pragma once

#include "app/cli/context.hpp"
#include "app/cli/health.hpp"

namespace spec_kitty {

/// Looks, and changes nothing. The server is asked one question where one is set; the session is
/// renewed for it as for any other request.
evidence examine(const context& ctx);

/// How a command line begins that means this home.
std::string program_for(const home_folder& home);

} // namespace spec_kitty
