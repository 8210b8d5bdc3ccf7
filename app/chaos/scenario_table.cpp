#include "app/chaos/scenarios/scenarios.hpp"

#include <algorithm>
#include <array>

namespace spec_kitty::chaos {

std::span<const scenario> scenarios() {
  static constexpr std::array<scenario, 17> all = {{
      {"kills",
       "kill -9, stop and terminate emitters, hosts, drainers, the daemon and the server at random "
       "moments",
       plan_kills, play_kills},
      {"causality",
       "two nodes record after each other's events, while server, hosts and commands interfere",
       plan_causality, play_causality},
      {"power-loss",
       "record the disk of every kind of work, cut the power after any operation, check what is "
       "left",
       plan_power_loss, play_power_loss},
      {"operations", "kill, tear or fail any file operation of every command that writes",
       plan_operations, play_operations},
      {"full-disk",
       "no space from any file operation on; a small disk full to the last byte or inode, or "
       "read-only",
       plan_full_disk, play_full_disk},
      {"clock", "remove or falsify clock.json; let the clocks of programs jump by hours",
       plan_clock, play_clock},
      {"limits", "bound descriptors, address space, file size, threads; fork a host", plan_limits,
       play_limits},
      {"older",
       "emitters, drainers and the daemon of this and of another version in one home, which may "
       "refuse the store",
       plan_older, play_older},
      {"network",
       "delay, lose, cut, repeat, corrupt, reset and silence the traffic of client and server",
       plan_network, play_network},
      {"lies", "let the server give every odd reply that the protocol names", plan_lies, play_lies},
      {"tokens", "let sessions expire, and kill, log in and log out while they are being refreshed",
       plan_tokens, play_tokens},
      {"tenants",
       "two users, two teams, two servers, a home that moves between them, a foreign user in a "
       "home",
       plan_tenants, play_tenants},
      {"resume",
       "kill the server, daemons and watches of homes that listen to each other; cut and disturb "
       "their connections",
       plan_resume, play_resume},
      {"sessions",
       "lose replies of refreshes and of logins in the browser, kill clients and server meanwhile, "
       "and let a thief use tokens",
       plan_sessions, play_sessions},
      {"workpackages",
       "interrupt commands that change work packages: at random moments, in hooks, with two homes, "
       "with a store that cannot be used, with a person who rewrites the branch meanwhile",
       plan_workpackages, play_workpackages},
      {"simulation",
       "a thousand schedules of the actors under virtual time: messages, store, network and "
       "processes by one seed",
       plan_simulation, play_simulation},
      {"schedule", "one schedule of the simulation, to be replayed and shrunk", plan_schedule,
       play_schedule},
  }};
  return all;
}

const scenario* find_scenario(std::string_view name) {
  const auto all = scenarios();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const scenario& scenario) { return scenario.name == name; });
  return found == all.end() ? nullptr : &*found;
}

} // namespace spec_kitty::chaos
