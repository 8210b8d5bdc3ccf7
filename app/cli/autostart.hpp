// The end of an emitting command: prints the delivery status and starts the daemon if wanted.
#pragma once

#include "app/cli/context.hpp"
#include "app/cli/delivery_status.hpp"

namespace spec_kitty {

/// Prints the delivery status. With `sync.autostart` also starts a daemon if none answers the
/// doorbell, a user is logged in and a server is set. To be called after the command's output; does
/// not wait for the daemon.
void print_delivery_status(context& ctx, const delivery_status& now);
/// The same for the outcome of an emitter.
void print_delivery_status(context& ctx, const emit_outcome& emitted);

} // namespace spec_kitty
