// `spec-kitty-server run`: composes store, actors, listener and administration, and serves.
#pragma once

#include "app/server/admin/command_line.hpp"

namespace spec_kitty::server {

/// Serves until SIGTERM or SIGINT; SIGHUP loads the certificate anew. The exit status.
int serve(command_context& ctx, const arguments& given);

} // namespace spec_kitty::server
