// An agent at work, as an actor that ends when the agent's runner has ended; the conductor monitors
// it. The result is in the job's file.
#pragma once

#include "messages/interfaces.hpp"
#include "util/files.hpp"
#include "util/runner_protocol.hpp"

#include <caf/actor_system.hpp>

#include <memory>
#include <mutex>

namespace spec_kitty::orchestrate {

/// The pipe that keeps an agent running. When it is closed, also by the death of this process, the
/// agent is stopped.
class parent_pipe {
public:
  explicit parent_pipe(unique_fd end) : end_(std::move(end)) {}
  void cut() {
    const std::lock_guard guard(lock_);
    end_ = unique_fd{};
  }

private:
  std::mutex lock_;
  unique_fd end_;
};

struct agent_at_work {
  agent_actor handle; ///< ends with its agent's runner
  std::shared_ptr<parent_pipe> pipe_to_agent;
};

/// Starts the agent runner and an actor that waits for it, on a thread of its own. `variables`:
/// `NAME=value`, added to the caller's environment. A failure where no process can be started.
result<agent_at_work> start_agent(caf::actor_system& system,
                                  const std::filesystem::path& agent_runner,
                                  const agent_runner_job& job, std::vector<std::string> variables);

} // namespace spec_kitty::orchestrate
