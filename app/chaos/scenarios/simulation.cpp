#include "app/chaos/scenarios/simulation.hpp"

#include "app/chaos/simulation/simulation.hpp"

#include <unistd.h>

#include <algorithm>
#include <thread>

namespace spec_kitty::chaos {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t schedules_per_size = 2'000;
constexpr const char* batch_step = "schedule";

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

} // namespace

std::vector<step> plan_simulation(dice& chance, std::uint64_t size) {
  std::vector<step> steps;
  steps.reserve(static_cast<std::size_t>(size * schedules_per_size));
  for (std::uint64_t i = 0; i < size * schedules_per_size; ++i)
    steps.push_back({batch_step, {chance.next()}});
  return steps;
}

outcome play_simulation(const stage& where, std::uint64_t seed, const std::vector<step>& steps) {
  const memory_folder memory(where.folder);
  if (steps.empty() || steps.front().fault != batch_step) {
    playground ground(memory.path());
    return simulate_steps(ground, seed, steps).what;
  }
  simulation_batch batch;
  batch.workers = std::max(1U, std::thread::hardware_concurrency());
  batch.enough = where.enough;
  for (const auto& one : steps)
    if (!one.values.empty())
      batch.seeds.push_back(one.values.front());
  return simulate_many(batch, memory.path());
}

} // namespace spec_kitty::chaos
