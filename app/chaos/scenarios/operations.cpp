// A fault at every file operation of every command that writes: kill, torn write, EIO, ENOSPC.
//
// A step names a command, a kind of fault, and a place as a fraction of the command's operations.
// Their number is counted by a run without a fault, and again whenever a run with a fault has
// fewer. After each run the command's files are whole, and the next emission works.
#include "app/chaos/io_fault.hpp"
#include "app/chaos/scenarios/command_matrix.hpp"
#include "app/chaos/scenarios/scenarios.hpp"

#include <csignal>

namespace spec_kitty::chaos {

namespace {

constexpr std::size_t operations_steps_per_round = 24;
constexpr std::uint64_t operation_parts = 65536; // of a fraction
constexpr int operations_tries = 6;

/// One run of the command, with a fault at operation `at`; 0: without. How many operations it
/// counted.
std::uint64_t run_with_io_fault(command_matrix& shop, std::uint64_t command, const io_fault& how,
                                std::uint64_t at) {
  installation& in = shop.place();
  support::finished done;
  std::string name;
  {
    auto prepared = shop.prepare(command);
    name = prepared.name;
    prepared.what = with_io_fault(in, std::move(prepared.what), how, at, in.home(shop.home()));
    done = carry_out(in, prepared, at > 0 && how.kills ? SIGKILL : 0);
  }
  const auto counted = operations_counted(in);
  shop.check(command, done);
  works_again(in, shop.home(), std::string(how.fault) + " " + std::to_string(at) + " of " + name);
  return counted;
}

} // namespace

std::vector<step> plan_operations(dice& chance) {
  std::vector<step> out;
  for (std::size_t i = 0; i < operations_steps_per_round; ++i) {
    const auto& how = io_faults()[static_cast<std::size_t>(chance.below(io_faults().size()))];
    out.push_back({std::string(how.fault), // command, place
                   {chance.below(command_matrix::commands()), chance.below(operation_parts)}});
  }
  return out;
}

outcome play_operations(const stage& where, std::uint64_t, const std::vector<step>& steps) {
  outcome out;
  command_matrix shop(where);
  std::map<std::uint64_t, std::uint64_t> known; // operations, by command
  for (const auto& step : steps) {
    if (where.enough())
      break;
    const auto command = step.values[0];
    auto& operations = known[command];
    bool hit = false;
    for (int i = 0; i < operations_tries && !hit; ++i) {
      const std::uint64_t at =
          operations == 0 ? 0 : 1 + step.values[1] * operations / operation_parts;
      const auto counted = run_with_io_fault(shop, command, io_fault_named(step.fault), at);
      hit = at > 0 && counted >= at;
      if (!hit)
        operations = counted;
    }
    out.count(step.fault, hit);
  }
  out.violations = shop.finish();
  for (const auto& attempt : shop.place().seen.attempts)
    out.figures["events acknowledged"] += attempt.acknowledged ? 1 : 0;
  return out;
}

} // namespace spec_kitty::chaos
