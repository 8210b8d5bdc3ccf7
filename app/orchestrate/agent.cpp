#include "app/orchestrate/agent.hpp"

#include "util/process.hpp"

#include <caf/blocking_actor.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace spec_kitty::orchestrate {

namespace {

/// Waits for the keeper, which bounds its own time; a blocking actor has a thread for that.
void wait_for_keeper(caf::blocking_actor*, pid_t keeper) {
  int how = 0;
  while (::waitpid(keeper, &how, 0) < 0 && errno == EINTR)
    ;
}

} // namespace

result<agent_at_work> start_agent(caf::actor_system& system, const std::filesystem::path& keeper,
                                  const keeper_job& job, std::vector<std::string> variables) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return failure{ec::internal, std::string("cannot make a pipe: ") + std::strerror(errno), {}};
  const unique_fd held(ends[0]);
  auto life = std::make_shared<lifeline>(unique_fd(ends[1]));
  auto words = keeper_arguments(job);
  words.insert(words.begin(), keeper.string());
  const auto pid = start_program({words, {}, std::move(variables)}, held.get());
  if (!pid)
    return pid.error();
  return agent_at_work{system.spawn<caf::detached>(wait_for_keeper, *pid), std::move(life)};
}

} // namespace spec_kitty::orchestrate
