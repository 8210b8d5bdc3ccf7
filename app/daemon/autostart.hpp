// What an emitting command says and does about the daemon when its own work is done.
#pragma once

#include "app/context.hpp"
#include "app/standing.hpp"

namespace spec_kitty {

/// The line about where the events stand; and, with `sync.autostart`, a daemon where nobody answers
/// the doorbell, somebody is logged in and a server is set. Called when the command's output is
/// out; the daemon is not waited for.
void say_standing(context& ctx, const standing& now);

} // namespace spec_kitty
