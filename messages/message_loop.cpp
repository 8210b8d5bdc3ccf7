#include "messages/message_loop.hpp"

#include <caf/actor_system.hpp>
#include <caf/scheduler/test_coordinator.hpp>

namespace spec_kitty {

bool run_actors(caf::actor_system& system) {
  // CAF calls it so because tests use it. It is a plain queue of actors that have messages.
  auto* loop = dynamic_cast<caf::scheduler::test_coordinator*>(&system.scheduler());
  if (loop == nullptr)
    return false;
  do
    loop->run();
  while (loop->trigger_timeouts() > 0 && loop->has_job());
  return true;
}

} // namespace spec_kitty
