// The scenario `simulation`: thousands of schedules of the deterministic simulation in a round.
#pragma once

#include "app/chaos/scenario.hpp"

namespace spec_kitty::chaos {

/// Steps of the kind `schedule`, each with the seed of one. A schedule of its own, to be shrunk, is
/// what simulation_steps(seed) gives: play_simulation plays either.
std::vector<step> plan_simulation(dice& chance, std::uint64_t size);

/// `seed` counts where the steps are those of one schedule.
outcome play_simulation(const stage& where, std::uint64_t seed, const std::vector<step>& steps);

} // namespace spec_kitty::chaos
