// Carries a run out: starts agents where the plan allows, handles their ends, and keeps files, git,
// events and the state file consistent. On one thread; it monitors every agent, an actor.
//
// Each step: state (the intention) ─▶ git and files ─▶ events ─▶ agent or state (the outcome).
// After a kill the step is repeated from its state; what already took effect stays.
#pragma once

#include "app/orchestrate/agent.hpp"
#include "app/orchestrate/approval.hpp"
#include "app/orchestrate/attempt_verdict.hpp"
#include "app/orchestrate/recorder.hpp"
#include "app/orchestrate/silence.hpp"
#include "app/orchestrate/state_file.hpp"
#include "app/workflow/lane_edit.hpp"

#include <caf/scoped_actor.hpp>

#include <functional>
#include <map>

namespace spec_kitty::orchestrate {

struct conductor_config {
  const workflow::feature& feature;
  const approvable& approved; ///< the agents, and what a person approved to be run
  const state_file& state;
  std::filesystem::path agent_runner; ///< the program
  /// Called after each change, and every fraction of a second between steps.
  std::function<void(const orchestration&)> show;
  /// A line about something that happened.
  std::function<void(const std::string&)> say;
  /// True when a person wants the run to stop.
  std::function<bool()> interrupted;
};

/// Why a run ended.
enum class run_end { over, stuck, stopped, aborted };

class conductor {
public:
  conductor(conductor_config config, orchestration& run, recorder& events,
            caf::actor_system& system);

  /// Resumes interrupted attempts, then runs until nothing more can start. A failure where the
  /// state cannot be saved: all agents have been stopped then.
  result<run_end> perform();

private:
  struct attempt {
    agent_at_work work;
    silence_watch silence;
    bool cut = false; ///< we stopped it: its end is not a failure
  };

  result<void> save();
  result<void> pause_package(package_run& package, const failure& why);
  /// Pauses a package whose attempt ended but cannot be recorded yet; a resumed run records it.
  result<void> hold_package(package_run& package, const failure& why);
  std::string token_of(const package_run& package) const;

  result<void> take_up();
  result<void> start(const std::string& wp, role task);
  /// From the state "running" to a running agent; `again`: the attempt was interrupted.
  result<void> launch(package_run& package, bool again);
  result<void> make_ready(package_run& package);
  /// Fails where a program of the repository is not what was approved, or something that is not to
  /// be written to stands in the place of the agent's log or lock.
  result<void> check_start(const package_run& package) const;
  result<void> write_prompt(const package_run& package) const;
  agent_runner_job job_for(const package_run& package) const;
  std::vector<std::string> variables_for(const package_run& package) const;

  result<void> ended(const std::string& wp);
  result<void> take_in_end(package_run& package, const attempt_result& result);
  result<void> move(package_run& package, workflow::lane_edit edit);
  void free_dependents(package_run& package, const std::string& how);
  std::optional<attempt_result> result_of(const package_run& package) const;
  /// The command that shows what its agent prints.
  std::string log_command(const package_run& package) const;

  /// Reports agents that have printed nothing for too long, and those that print again.
  result<void> watch_silence();
  void note_silence(package_run& package, const std::string& last);

  result<bool> complete_requests();
  result<void> wait(std::chrono::milliseconds patience);
  result<void> stop_all();

  conductor_config config_;
  orchestration& run_;
  recorder& events_;
  caf::scoped_actor self_;
  std::map<std::string, attempt> at_work_; ///< by work package
  silence_watch::time_point looked_at_ = {};
};

} // namespace spec_kitty::orchestrate
