#include "app/chaos/simulation/simulation.hpp"

namespace spec_kitty::chaos::simulation {

namespace {

constexpr std::uint64_t steps_stream = 0x57e95U; ///< keeps the draws of steps and order apart

void count(const history& seen, outcome& into) {
  auto& figures = into.figures;
  figures["schedules"] = 1;
  for (const auto& attempt : seen.attempts) {
    figures["events asked"] += 1;
    figures["events acknowledged"] += attempt.acknowledged ? 1 : 0;
    figures["events spilled"] += attempt.spilled ? 1 : 0;
    figures["events refused"] += attempt.refused ? 1 : 0;
  }
  for (const auto& server : seen.servers)
    figures["events on the server"] += server.events.size();
  for (const auto& store : seen.stores)
    for (const auto& event : store.events)
      figures["dead letters"] += event.dead ? 1 : 0;
  figures["runs"] = seen.runs.size();
  figures["clocks heard"] = seen.heard.size();
  figures["status checks"] = seen.statuses.size();
}

} // namespace

std::vector<step> simulation_steps(std::uint64_t seed) {
  dice chance(seed ^ steps_stream);
  return draw_steps(chance);
}

simulated simulate_steps(home_pool& where, std::uint64_t seed, const std::vector<step>& steps,
                         const simulation_variant& variant) {
  simulated out;
  simulation_run played(where, seed, variant);
  std::vector<std::shared_ptr<bool>> done;
  played.play(steps, done);
  played.heal();
  played.close();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto what = action_named(steps[i].fault);
    if (what && spec_of(*what).kind != action_kind::work)
      out.what.count(steps[i].fault, *done[i]);
  }
  out.what.violations = check_all(played.seen());
  count(played.seen(), out.what);
  out.what.figures["decisions"] = played.decisions();
  out.what.figures["virtual seconds"] = static_cast<std::uint64_t>(played.now() / second);
  out.what.figures["arrived only after a restart"] = played.needed_restart() ? 1 : 0;
  out.trace = played.trace();
  out.seen = played.take_seen();
  return out;
}

simulated simulate(std::uint64_t seed, const std::filesystem::path& folder,
                   const simulation_variant& variant) {
  home_pool where(folder);
  return simulate_steps(where, seed, simulation_steps(seed), variant);
}

} // namespace spec_kitty::chaos::simulation
