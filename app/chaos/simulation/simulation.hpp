// Deterministic simulation: the real actors, stores and files under virtual time, against a server
// and a disk that misbehave as a seed says.
//
//   seed ──▶ steps (what is done, and when) ──▶ run (what is next, by the same seed) ──▶ outcome
//
// The same seed and steps give the same schedule, message by message: see `trace`. Any part of
// the steps is a schedule too, so a shrinker can leave steps out.
#pragma once

#include "app/chaos/scenario.hpp"
#include "app/chaos/simulation/simulation_run.hpp"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace spec_kitty::chaos::simulation {

/// A schedule, played.
struct simulated {
  outcome what;
  std::uint64_t trace = 0; ///< of everything that happened in it
  history seen;            ///< the record that was judged
};

/// The steps of a seed's schedule.
std::vector<step> simulation_steps(std::uint64_t seed);

/// Plays some of them. `where` may be used again afterwards. Not to be called on two threads with
/// one home pool.
simulated simulate_steps(home_pool& where, std::uint64_t seed, const std::vector<step>& steps,
                         const simulation_variant& variant = {});

/// Plays all of them in a folder, best on a file system in memory.
simulated simulate(std::uint64_t seed, const std::filesystem::path& folder,
                   const simulation_variant& variant = {});

/// Many schedules, in worker processes: those of the scenario `schedule` with these seeds. Each
/// violation begins with the name of its round. A worker that
/// dies, or that takes `longest` for one schedule, is a violation too.
struct simulation_batch {
  std::vector<std::uint64_t> seeds;
  unsigned workers = 2;
  std::chrono::milliseconds longest{60'000};
  std::function<bool()> enough = {};
  std::function<void(std::uint64_t done)> progress = {};
  simulation_variant variant = {};
};
outcome simulate_many(const simulation_batch& batch, const std::filesystem::path& folder);

} // namespace spec_kitty::chaos::simulation
