#include "app/chaos/scenarios/power_loss.hpp"

#include "app/chaos/power/trials.hpp"
#include "app/chaos/power/workloads.hpp"

#include <unistd.h>

#include <algorithm>
#include <thread>

namespace spec_kitty::chaos {

namespace fs = std::filesystem;

namespace {

constexpr const char* power_loss_fault = "power loss";
constexpr std::uint64_t images_of_a_round = 2000;
constexpr std::uint64_t max_images_per_recording = 400;

/// A folder in memory where the machine has one, else on the disk given. Removed at the end.
class scratch {
public:
  explicit scratch(const fs::path& otherwise) {
    std::string name = "/dev/shm/spec-kitty-power-XXXXXX";
    path_ = ::mkdtemp(name.data()) != nullptr ? fs::path(name) : otherwise / "power";
    fs::create_directories(path_);
  }
  ~scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  const fs::path& path() const { return path_; }

private:
  fs::path path_;
};

power::recording record(const stage& where, const fs::path& folder, const power::workload& what,
                        std::uint64_t seed) {
  fs::create_directories(folder);
  power::recorder on(where, folder, std::string(what.name));
  dice chance(seed);
  what.play(on, chance);
  return on.finish();
}

} // namespace

std::vector<step> plan_images(dice& chance, std::uint64_t images) {
  const std::uint64_t kinds = power::workloads().size();
  const std::uint64_t recordings =
      kinds * std::max<std::uint64_t>(1, images / (kinds * max_images_per_recording));
  std::vector<step> steps;
  for (std::uint64_t i = 0; i < recordings; ++i)
    steps.push_back(
        {power_loss_fault, {i % kinds, chance.next(), (images + recordings - 1) / recordings}});
  return steps;
}

std::vector<step> plan_power_loss(dice& chance) {
  return plan_images(chance, images_of_a_round);
}

outcome play_power_loss(const stage& where, std::uint64_t seed, const std::vector<step>& steps) {
  outcome out;
  std::uint64_t number = 0;
  for (const auto& step : steps) {
    if (where.enough && where.enough())
      break;
    const auto& what = power::workloads()[step.values.at(0) % power::workloads().size()];
    const std::uint64_t images = step.values.at(2);
    auto& counted = out.faults[power_loss_fault];
    counted.planned += images;
    const scratch memory(where.folder);
    const auto seen = record(where, memory.path() / "recorded", what, step.values.at(1));
    for (const auto& words : seen.trouble)
      out.violations.push_back({"ends", seen.workload + ": " + words});
    power::trial_options how;
    how.seed = round_seed(seed ^ step.values.at(1), what.name, number++);
    how.images = images;
    how.workers = std::clamp(std::thread::hardware_concurrency(), 1U, 4U);
    auto found = power::try_images(seen, memory.path() / "images", how);
    counted.injected += found.judged;
    out.figures["images"] += found.judged;
    out.figures["disk operations recorded"] += seen.steps.size();
    for (const auto& attempt : seen.attempts)
      out.figures["events acknowledged"] += attempt.acknowledged ? 1 : 0;
    std::move(found.violations.begin(), found.violations.end(), std::back_inserter(out.violations));
  }
  return out;
}

std::vector<violation> power_loss_with_lying_disk(const stage& where, std::uint64_t seed) {
  const scratch memory(where.folder);
  const auto& all = power::workloads();
  const auto what = std::find_if(all.begin(), all.end(), [](const power::workload& workload) {
    return workload.name == "singles";
  });
  const auto seen = record(where, memory.path() / "recorded", *what, seed);
  power::trial_options how;
  how.seed = seed;
  how.images = 300;
  how.behaviour = power::disk_kind::lying;
  return power::try_images(seen, memory.path() / "images", how).violations;
}

} // namespace spec_kitty::chaos
