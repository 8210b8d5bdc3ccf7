// What an emitting command says and does about the daemon when its own work is done.
#pragma once

#include "app/cli/context.hpp"
#include "app/cli/delivery_status.hpp"

namespace spec_kitty {

/// The line about where the events stand; and, with `sync.autostart`, a daemon where nobody answers
/// the doorbell, somebody is logged in and a server is set. Called when the command's output is
/// out; the daemon is not waited for.
void print_delivery_status(context& ctx, const delivery_status& now);
/// The same at the end of an emitter.
void print_delivery_status(context& ctx, const emit_outcome& emitted);

} // namespace spec_kitty
