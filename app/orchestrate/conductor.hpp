// Carries a run out: starts agents where the plan allows, takes their ends in, and keeps files,
// git, events and the state file in step. On one thread; every agent is an actor that it monitors.
//
// Each step goes: state (what is meant) ─▶ git and files ─▶ events ─▶ agent or state (what is).
// After a kill the step is done again from its state; what took effect before stays.
#pragma once

#include "app/orchestrate/agent.hpp"
#include "app/orchestrate/attempt_result.hpp"
#include "app/orchestrate/recorder.hpp"
#include "app/orchestrate/state_file.hpp"
#include "app/workflow/lane_edit.hpp"

#include <caf/scoped_actor.hpp>

#include <functional>
#include <map>

namespace spec_kitty::orchestrate {

struct conductor_config {
  const workflow::feature& feature;
  const agents_file& agents;
  const state_file& state;
  std::filesystem::path agent_runner; ///< the program
  /// Called after each change, and every fraction of a second between steps.
  std::function<void(const orchestration&)> show;
  /// A line about something that happened.
  std::function<void(const std::string&)> say;
  /// True when a person wants the run to stop.
  std::function<bool()> interrupted;
};

/// Why a run came to its end.
enum class run_end { over, stuck, stopped, aborted };

class conductor {
public:
  conductor(conductor_config config, orchestration& run, recorder& events,
            caf::actor_system& system);

  /// Takes up what was under way, then runs until nothing can go on. A failure where the state
  /// cannot be saved: all agents have been stopped then.
  result<run_end> perform();

private:
  struct attempt {
    agent_at_work work;
    bool cut = false; ///< we had it stopped: its end is no failure
  };

  result<void> save();
  result<void> pause_it(package_run& package, const failure& why);
  /// For an end that cannot be taken in: it is, when the run is resumed.
  result<void> hold_it(package_run& package, const failure& why);
  std::string token_of(const package_run& package) const;

  result<void> take_up();
  result<void> start(const std::string& wp, role task);
  /// From the state "running" to a running agent; also for one that was interrupted.
  result<void> launch(package_run& package, bool again);
  result<void> make_ready(package_run& package);
  result<void> write_prompt(const package_run& package) const;
  agent_runner_job job_for(const package_run& package) const;
  std::vector<std::string> variables_for(const package_run& package) const;

  result<void> ended(const std::string& wp);
  result<void> take_in_end(package_run& package, const attempt_result& result);
  result<void> move(package_run& package, workflow::lane_edit edit);
  void free_dependents(package_run& package, const std::string& how);
  std::optional<attempt_result> result_of(const package_run& package) const;
  std::string tail_of(const package_run& package, const attempt_result& result) const;

  result<bool> complete_requests();
  result<void> wait(std::chrono::milliseconds patience);
  result<void> stop_all();

  conductor_config config_;
  orchestration& run_;
  recorder& events_;
  caf::scoped_actor self_;
  std::map<std::string, attempt> at_work_; ///< by work package
};

} // namespace spec_kitty::orchestrate
