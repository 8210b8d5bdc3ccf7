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

/// Waits for the agent runner, which bounds its own time; a blocking actor has a thread for that.
void wait_for_agent_runner(caf::blocking_actor*, pid_t agent_runner) {
  int how = 0;
  while (::waitpid(agent_runner, &how, 0) < 0 && errno == EINTR)
    ;
}

} // namespace

result<agent_at_work> start_agent(caf::actor_system& system,
                                  const std::filesystem::path& agent_runner,
                                  const agent_runner_job& job, std::vector<std::string> variables) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return failure{ec::internal, std::string("cannot create a pipe: ") + std::strerror(errno), {}};
  const unique_fd held(ends[0]);
  auto pipe_to_agent = std::make_shared<parent_pipe>(unique_fd(ends[1]));
  auto words = agent_runner_arguments(job);
  words.insert(words.begin(), agent_runner.string());
  const auto pid = start_program({words, {}, std::move(variables)}, held.get());
  if (!pid)
    return pid.error();
  return agent_at_work{system.spawn<caf::detached>(wait_for_agent_runner, *pid),
                       std::move(pipe_to_agent)};
}

} // namespace spec_kitty::orchestrate
