// Plays schedules of the simulation from the command line.
//
//   simulation_runner many FIRST COUNT [SECONDS]   seeds FIRST, FIRST + 1, …; what came of them
//   simulation_runner one SEED                     its steps, its trace, its violations
//   simulation_runner shrink SEED                  the fewest steps that still break something
#include "app/chaos/process.hpp"
#include "app/chaos/simulation/simulation.hpp"

#include <chrono>
#include <iostream>

namespace {

using namespace spec_kitty::chaos;
using spec_kitty::support::temporary_folder;

constexpr std::uint64_t most_shown = 20;

void show(const std::vector<step>& steps) {
  for (const auto& one : steps) {
    std::cout << "  " << one.fault;
    for (const auto value : one.values)
      std::cout << ' ' << value;
    std::cout << '\n';
  }
}

void show(const outcome& what) {
  for (const auto& [name, number] : what.figures)
    std::cout << name << ": " << number << '\n';
  for (const auto& [kind, both] : what.faults)
    std::cout << kind << ": " << both.injected << " of " << both.planned << '\n';
  std::cout << "violations: " << what.violations.size() << '\n';
  std::uint64_t shown = 0;
  for (const auto& one : what.violations)
    if (++shown <= most_shown)
      std::cout << one.invariant << ": " << one.words << '\n';
}

int many(std::uint64_t first, std::uint64_t count, std::chrono::seconds most) {
  const temporary_folder folder;
  simulation_batch batch;
  for (std::uint64_t i = 0; i < count; ++i)
    batch.seeds.push_back(first + i);
  const auto began = std::chrono::steady_clock::now();
  batch.enough = [=] { return std::chrono::steady_clock::now() - began > most; };
  const auto what = simulate_many(batch, folder.path());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  show(what);
  std::cout << "seconds: " << took.count() << '\n';
  return what.violations.empty() ? 0 : 1;
}

/// What the record holds, for whoever looks for the reason of a violation.
void show(const history& seen) {
  for (const auto& one : seen.attempts)
    std::cout << "attempt " << one.marker << ' ' << one.event_id << " clock " << one.lamport_clock
              << (one.acknowledged ? " acknowledged" : "") << (one.spilled ? " spilled" : "")
              << (one.refused ? " refused" : "") << " asked " << one.asked << " answered "
              << one.answered << '\n';
  const auto kept = [](const std::vector<kept_event>& events) {
    for (const auto& one : events)
      std::cout << "  " << one.marker << ' ' << one.event_id << " clock " << one.lamport_clock
                << " of " << one.team << " tries " << one.tries << (one.dead ? " dead" : "")
                << (one.spilled ? " spilled" : "") << '\n';
  };
  for (const auto& one : seen.stores) {
    std::cout << "store of " << one.home << ", clock " << one.clock << '\n';
    kept(one.events);
  }
  for (const auto& one : seen.servers) {
    std::cout << one.name << '\n';
    kept(one.events);
  }
  for (const auto& one : seen.runs) {
    std::cout << "run of " << one.home << ": " << one.selected;
    for (const auto& [name, count] : one.buckets)
      if (count > 0)
        std::cout << ", " << name << ' ' << count;
    std::cout << '\n';
  }
}

int one(std::uint64_t seed) {
  const temporary_folder folder;
  playground where(folder.path());
  show(simulation_steps(seed));
  const auto played = simulate_steps(where, seed, simulation_steps(seed));
  show(played.what);
  show(played.seen);
  std::cout << "trace: " << played.trace << '\n';
  return played.what.violations.empty() ? 0 : 1;
}

int shrink(std::uint64_t seed) {
  const temporary_folder folder;
  playground where(folder.path());
  auto steps = simulation_steps(seed);
  for (std::size_t i = 0; i < steps.size();) {
    auto fewer = steps;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    if (simulate_steps(where, seed, fewer).what.violations.empty())
      ++i;
    else
      steps = std::move(fewer), i = 0;
  }
  show(steps);
  const auto played = simulate_steps(where, seed, steps);
  show(played.what);
  show(played.seen);
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 2 ? argv[1] : "";
  if (what == "many" && argc > 3)
    return many(std::stoull(argv[2]), std::stoull(argv[3]),
                std::chrono::seconds(argc > 4 ? std::stol(argv[4]) : 3600));
  if (what == "one")
    return one(std::stoull(argv[2]));
  if (what == "shrink")
    return shrink(std::stoull(argv[2]));
  std::cerr << "usage: simulation_runner many FIRST COUNT [SECONDS] | one SEED | shrink SEED\n";
  return 2;
}
