#include "app/orchestrate/conductor.hpp"

#include "app/orchestrate/steps.hpp"

#include <caf/all.hpp>

namespace spec_kitty::orchestrate {

using namespace std::chrono_literals;

namespace {

constexpr auto tick = 250ms;
constexpr auto stop_patience = 60s; ///< an agent runner stops its agent within its two graces

} // namespace

conductor::conductor(conductor_config config, orchestration& run, recorder& events,
                     caf::actor_system& system)
    : config_(std::move(config)), run_(run), events_(events), self_(system) {}

result<run_end> conductor::perform() {
  const auto give_up = [&](const failure& why) -> result<run_end> {
    (void)stop_all();
    return why;
  };
  run_.state = run_state::running;
  if (auto saved = save(); !saved)
    return give_up(saved.error());
  if (auto taken = take_up(); !taken)
    return give_up(taken.error());
  for (;;) {
    if (config_.interrupted()) {
      config_.say("stopping the agents");
      if (auto stopped = stop_all(); !stopped)
        return stopped.error();
      return run_end::stopped;
    }
    const auto aborted = complete_requests();
    if (!aborted)
      return give_up(aborted.error());
    if (*aborted)
      return run_end::aborted;
    for (const auto& next : due(run_, config_.approved.agents))
      if (auto started = start(next.id, next.task); !started)
        return give_up(started.error());
    config_.show(run_);
    if (at_work_.empty() && due(run_, config_.approved.agents).empty())
      break;
    if (auto waited = wait(tick); !waited)
      return give_up(waited.error());
    if (auto watched = watch_silence(); !watched)
      return give_up(watched.error());
  }
  run_.state = is_over(run_) ? run_state::done : run_state::paused;
  if (is_complete(run_))
    events_.completed(wall_clock_now());
  if (auto saved = save(); !saved)
    return saved.error();
  config_.show(run_);
  return is_over(run_) ? run_end::over : run_end::stuck;
}

result<void> conductor::save() {
  return config_.state.write(run_);
}

result<void> conductor::pause_package(package_run& package, const failure& why) {
  pause(run_, package, why);
  config_.say(why_paused(package) + "; paused");
  return save();
}

result<void> conductor::hold_package(package_run& package, const failure& why) {
  hold_end(run_, package, why);
  config_.say(why_paused(package) + "; paused");
  return save();
}

result<void> conductor::take_up() {
  wait_for_git(config_.feature, run_);
  for (auto& package : run_.packages) {
    if (!package.running)
      continue;
    // Its runner has seen that the orchestrator is gone, and ends the agent: wait for that.
    auto left = config_.state.files().lock(config_.state.of(package.id, ".lock"), stop_patience);
    if (!left || !*left) {
      if (auto paused =
              pause_package(package, {ec::bad_input,
                                      package.id + ": the agent of an earlier run "
                                                   "is still running",
                                      "end it, then: " + orchestrate_command(run_, "--resume")});
          !paused)
        return paused;
      continue;
    }
    left->reset();
    const auto found = result_of(package);
    auto done = found && !found->stopped ? take_in_end(package, *found) : launch(package, true);
    if (!done)
      return done;
  }
  return {};
}

result<bool> conductor::complete_requests() {
  for (const auto& request : config_.state.pending_requests()) {
    if (request == "abort") {
      config_.say("aborted from another terminal");
      if (auto stopped = stop_all(); !stopped)
        return stopped.error();
      run_.state = run_state::aborted;
      for (auto& package : run_.packages)
        package.running = false;
      if (auto saved = save(); !saved)
        return saved.error();
      config_.state.complete_request(request);
      return true;
    }
    auto* package = run_.find(request.substr(request.find('-') + 1));
    if (package != nullptr && !package->is_over()) {
      if (const auto at = at_work_.find(package->id); at != at_work_.end()) {
        at->second.cut = true;
        at->second.work.pipe_to_agent->cut();
        const auto until = std::chrono::steady_clock::now() + stop_patience;
        while (at_work_.count(package->id) > 0 && std::chrono::steady_clock::now() < until)
          if (auto waited = wait(tick); !waited)
            return waited.error();
      }
      if (!package->is_over()) { // it may have ended meanwhile
        package->at = stage::skipped;
        package->running = false;
        config_.say(package->id + ": skipped");
        if (auto saved = save(); !saved)
          return saved.error();
        free_dependents(*package, "skipped");
        if (auto saved = save(); !saved)
          return saved.error();
      }
    }
    config_.state.complete_request(request);
  }
  return false;
}

result<void> conductor::wait(std::chrono::milliseconds patience) {
  std::optional<caf::actor_addr> over;
  self_->receive([&](const caf::down_msg& down) { over = down.source; },
                 caf::after(patience) >> [] {});
  if (!over)
    return {};
  for (const auto& [wp, running] : at_work_)
    if (running.work.handle.address() == *over)
      return ended(std::string(wp));
  return {};
}

result<void> conductor::stop_all() {
  for (auto& [wp, running] : at_work_) {
    running.cut = true;
    running.work.pipe_to_agent->cut();
  }
  const auto until = std::chrono::steady_clock::now() + stop_patience;
  result<void> all;
  while (!at_work_.empty() && std::chrono::steady_clock::now() < until)
    if (auto waited = wait(tick); !waited)
      all = waited; // and wait for the others
  return all;
}

} // namespace spec_kitty::orchestrate
