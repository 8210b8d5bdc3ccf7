// Actors without threads: what a system of `system_config(0)` has to do is done by the thread that
// waits for its answer. Nothing else in the process runs, so a command that does one thing pays for
// no thread and for no switch between them.
#pragma once

namespace caf {
class actor_system;
} // namespace caf

namespace spec_kitty {

/// Runs the actors of a system without threads until no message is left; a request that is not
/// answered then never will be, and has its timeout at once. False in a system with threads, which
/// needs no such help.
bool run_actors(caf::actor_system& system);

} // namespace spec_kitty
