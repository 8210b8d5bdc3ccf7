// The harness checks itself: it finds what it must find.
//
//   histories  for each invariant one that breaks it alone, and one that breaks none
//   builds     deliberately broken programs, played in the scenario that must find them
#pragma once

#include "app/chaos/scenario.hpp"

#include <iosfwd>

namespace spec_kitty::chaos {

/// Prints what it does. False if a built-in defect was not found.
bool self_test(const stage& where, std::ostream& out);

/// A history that breaks exactly the invariant of that name, for the self-test and the tests.
history history_that_breaks(std::string_view invariant);

/// A history of some events that breaks nothing.
history sound_history();

} // namespace spec_kitty::chaos
