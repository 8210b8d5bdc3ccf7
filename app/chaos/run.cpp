#include "app/chaos/run.hpp"

#include <algorithm>
#include <map>

namespace spec_kitty::chaos {

namespace {

using std::chrono::steady_clock;

constexpr std::size_t max_violations = 100;
constexpr unsigned max_broken_rounds = 3;

void add(outcome& sum, const outcome& more) {
  for (const auto& [kind, count] : more.faults) {
    sum.faults[kind].planned += count.planned;
    sum.faults[kind].injected += count.injected;
  }
  for (const auto& [name, figure] : more.figures)
    sum.figures[name] += figure;
  sum.skipped.insert(more.skipped.begin(), more.skipped.end());
}

std::chrono::milliseconds since(steady_clock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - begin);
}

/// Notes what a round broke, with the shortest schedule that breaks something.
void note(run_result& result, const round_name& name, const outcome& had, const stage& where,
          std::chrono::seconds shrinking) {
  stage patient = where;
  patient.enough = [] { return false; };
  const auto shortest = shrink(name, patient, 2, shrinking);
  for (const auto& violation : had.violations) {
    if (result.violations.size() >= max_violations) {
      ++result.violations_left_out;
      continue;
    }
    found_violation found{violation, to_string(name), to_string(shortest.name), {}};
    if (const auto steps = steps_of(shortest.name))
      for (const auto& step : *steps)
        found.steps.push_back(in_words(step));
    result.violations.push_back(std::move(found));
  }
}

} // namespace

bool run_result::all_injected() const {
  return std::all_of(scenarios.begin(), scenarios.end(), [](const scenario_total& total) {
    return std::all_of(total.sum.faults.begin(), total.sum.faults.end(), [](const auto& fault) {
      return fault.second.injected == fault.second.planned;
    });
  });
}

bool run_result::all_played() const {
  return std::all_of(scenarios.begin(), scenarios.end(),
                     [](const scenario_total& total) { return total.rounds > 0; });
}

run_result run(const chaos_run_options& plan, stage where, const round_listener& on_round) {
  const auto begin = steady_clock::now();
  const auto time_is_up = [&] {
    return steady_clock::now() - begin >= plan.time || (plan.broken_off && plan.broken_off());
  };
  run_result result;
  result.seed = plan.seed;
  for (const auto* chosen_scenario : plan.chosen)
    result.scenarios.push_back({chosen_scenario, 0, {}, {}});
  std::map<const scenario*, unsigned> broken;
  std::filesystem::create_directories(where.folder);
  for (std::uint64_t number = 0; plan.rounds == 0 || number < plan.rounds; ++number) {
    bool played = false;
    for (auto& total : result.scenarios) {
      if (time_is_up() || broken[total.of] >= max_broken_rounds)
        continue;
      played = true;
      const round_name name{total.of, round_seed(plan.seed, total.of->name, number), std::nullopt};
      where.enough = time_is_up;
      const auto round_begin = steady_clock::now();
      const auto steps = steps_of(name);
      const auto had = play(name, *steps, where);
      ++total.rounds;
      total.took += since(round_begin);
      add(total.sum, had);
      on_round(name, had);
      if (had.violations.empty())
        continue;
      ++broken[total.of];
      note(result, name, had, where, plan.shrinking);
    }
    if (!played)
      break;
  }
  result.took = since(begin);
  return result;
}

} // namespace spec_kitty::chaos
