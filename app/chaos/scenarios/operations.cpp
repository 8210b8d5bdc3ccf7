// Every file operation of every command that writes, spoiled: killed there, torn, failed, full.
//
// A step names a command, a way to spoil, and a place as a fraction of the command's operations.
// Their number is counted by a run that nothing is done to, and again whenever a spoiled one has
// fewer. After each run the command's files are whole, and the next emission works.
#include "app/chaos/scenarios/scenarios.hpp"
#include "app/chaos/scenarios/workshop.hpp"
#include "app/chaos/spoil.hpp"

#include <csignal>

namespace spec_kitty::chaos {

namespace {

constexpr std::size_t steps_of_a_round = 24;
constexpr std::uint64_t whole = 65536; // of a fraction
constexpr int tries = 6;

/// One run of the command, with operation `at` spoiled; 0: none. How many operations it counted.
std::uint64_t run_spoiled(workshop& shop, std::uint64_t command, const spoil& how,
                          std::uint64_t at) {
  world& in = shop.place();
  support::finished done;
  std::string name;
  {
    auto one = shop.prepare(command);
    name = one.name;
    one.what = spoiled(in, std::move(one.what), how, at, in.home(shop.home()));
    done = carry_out(in, one, at > 0 && how.kills ? SIGKILL : 0);
  }
  const auto counted = operations_counted(in);
  shop.check(command, done);
  works_again(in, shop.home(), std::string(how.fault) + " " + std::to_string(at) + " of " + name);
  return counted;
}

} // namespace

std::vector<step> plan_operations(dice& chance) {
  std::vector<step> out;
  for (std::size_t i = 0; i < steps_of_a_round; ++i) {
    const auto& how = spoils()[static_cast<std::size_t>(chance.below(spoils().size()))];
    out.push_back({std::string(how.fault), // command, place
                   {chance.below(workshop::commands()), chance.below(whole)}});
  }
  return out;
}

outcome play_operations(const stage& where, std::uint64_t, const std::vector<step>& steps) {
  outcome out;
  workshop shop(where);
  std::map<std::uint64_t, std::uint64_t> known; // operations, by command
  for (const auto& one : steps) {
    if (where.enough())
      break;
    const auto command = one.values[0];
    auto& operations = known[command];
    bool hit = false;
    for (int i = 0; i < tries && !hit; ++i) {
      const std::uint64_t at = operations == 0 ? 0 : 1 + one.values[1] * operations / whole;
      const auto counted = run_spoiled(shop, command, spoil_named(one.fault), at);
      hit = at > 0 && counted >= at;
      if (!hit)
        operations = counted;
    }
    out.count(one.fault, hit);
  }
  out.violations = shop.finish();
  for (const auto& one : shop.place().seen.attempts)
    out.figures["events acknowledged"] += one.acknowledged ? 1 : 0;
  return out;
}

} // namespace spec_kitty::chaos
