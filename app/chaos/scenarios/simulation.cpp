#include "app/chaos/simulation/simulation.hpp"
#include "app/chaos/scenarios/scenarios.hpp"

#include <unistd.h>

#include <algorithm>
#include <thread>

namespace spec_kitty::chaos {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t schedules_of_a_round = 1'000;

/// A file system in memory where there is one: a store's pages need no disk here.
class memory_folder {
public:
  explicit memory_folder(const fs::path& otherwise) {
    std::string name = "/dev/shm/spec-kitty-simulation-XXXXXX";
    path_ = ::mkdtemp(name.data()) != nullptr ? fs::path(name) : otherwise / "simulation";
    fs::create_directories(path_);
  }
  ~memory_folder() {
    std::error_code none;
    fs::remove_all(path_, none);
  }
  memory_folder(const memory_folder&) = delete;
  memory_folder& operator=(const memory_folder&) = delete;

  const fs::path& path() const { return path_; }

private:
  fs::path path_;
};

/// A fault is drawn without knowing whether an exchange will come that it fits. One that had no
/// occasion is a figure, not a fault that should have been.
outcome only_met(outcome had) {
  std::uint64_t none = 0;
  for (auto& [kind, count] : had.faults) {
    none += count.planned - count.injected;
    count.planned = count.injected;
  }
  had.figures["faults without an occasion"] += none;
  return had;
}

} // namespace

std::vector<step> plan_simulation(dice& chance) {
  std::vector<step> steps;
  for (std::uint64_t i = 0; i < schedules_of_a_round; ++i)
    steps.push_back({"schedule", {chance.next()}});
  return steps;
}

outcome play_simulation(const stage& where, std::uint64_t, const std::vector<step>& steps) {
  const memory_folder memory(where.folder);
  simulation::simulation_batch batch;
  batch.workers = std::max(1U, std::thread::hardware_concurrency());
  batch.enough = where.enough;
  for (const auto& step : steps)
    batch.seeds.push_back(step.values.front());
  return only_met(simulation::simulate_many(batch, memory.path()));
}

std::vector<step> plan_schedule(dice& chance) {
  return simulation::simulation_steps(chance.next());
}

outcome play_schedule(const stage& where, std::uint64_t seed, const std::vector<step>& steps) {
  const memory_folder memory(where.folder);
  simulation::home_pool ground(memory.path());
  return only_met(simulation::simulate_steps(ground, dice(seed).next(), steps).what);
}

} // namespace spec_kitty::chaos
