// Broken variants of spec-kitty, each of which the simulation has to find. None of them is in the
// code itself: they stand between its actors.
#pragma once

#include "app/chaos/simulation/simulation_run.hpp"

namespace spec_kitty::chaos::simulation {

/// An append is answered before it is committed.
simulation_variant early_receipts();
/// What is leased counts as delivered before it is sent.
simulation_variant settled_before_sent();
/// No reply to a batch counts as a reply that takes all of it.
simulation_variant lost_is_delivered();
/// CLOCK says that it has merged a value, and has not.
simulation_variant deaf_clock();
/// What is not known of an event counts as a refusal.
simulation_variant blame_for_all();
/// An event whose stamp is taken gets no other one.
simulation_variant no_new_stamps();

} // namespace spec_kitty::chaos::simulation
