// `spec-kitty-server run`: composes store, actors, listener and administration, and serves.
#pragma once

#include "app/server/admin/command_line.hpp"
#include "app/server/dev/options.hpp"

namespace spec_kitty::server {

/// Serves until SIGTERM or SIGINT; SIGHUP loads the certificate anew. The exit status.
/// `trying_out` counts with `--dev` alone.
int serve(command_context& ctx, const dev::options& trying_out);

} // namespace spec_kitty::server
