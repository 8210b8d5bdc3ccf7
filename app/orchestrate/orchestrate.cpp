#include "app/orchestrate/orchestrate.hpp"

#include "app/home/emitter.hpp"
#include "app/orchestrate/board.hpp"
#include "app/orchestrate/conductor.hpp"
#include "app/orchestrate/plan_json.hpp"
#include "app/orchestrate/preflight.hpp"
#include "app/workflow/event_lanes.hpp"
#include "app/workflow/worktree.hpp"
#include "messages/ulid.hpp"
#include "util/install_tree.hpp"

#include <csignal>
#include <ctime>

namespace spec_kitty::orchestrate {

namespace wf = workflow;
using namespace std::chrono_literals;

namespace {

constexpr auto lock_patience = 500ms;

/// Polls for Ctrl-C, TERM and HUP. Made before any thread, so that all threads block them.
class interruption {
public:
  interruption() {
    ::sigemptyset(&signals_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
      struct sigaction now {};
      if (::sigaction(signal, nullptr, &now) == 0 && now.sa_handler != SIG_IGN) // nohup counts
        ::sigaddset(&signals_, signal);
    }
    ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  bool came() {
    const timespec now{};
    came_ = came_ || ::sigtimedwait(&signals_, nullptr, &now) > 0;
    return came_;
  }

private:
  sigset_t signals_{};
  bool came_ = false;
};

/// Where no home can be used there is no QUEUE, but agents are actors, too.
struct standalone_actor_system {
  system_config config{1};
  caf::actor_system system{config};
};

result<orchestration> plan_for(const wf::feature& feature, const run_request& request,
                               const std::vector<package_facts>& packages,
                               const agents_file& agents, std::optional<orchestration> before) {
  const bool unfinished =
      before && (before->state == run_state::running || before->state == run_state::paused);
  if (!request.resume) {
    if (unfinished)
      return failure{ec::bad_input, "an orchestration of " + feature.slug() + " is not finished",
                     "resume with: " + feature.command("orchestrate --resume") +
                         "; or end it: " + feature.command("orchestrate --abort")};
    const auto now = wall_clock_now();
    before.emplace();
    before->id = fresh_ulid(static_cast<std::uint64_t>(now / 1000));
    before->feature = feature.slug();
    before->began = now;
  } else if (!before || before->state == run_state::aborted) {
    return failure{ec::not_found, "no orchestration of " + feature.slug() + " to resume",
                   "start one: " + feature.command("orchestrate")};
  }
  if (!request.impl_agent.empty())
    before->impl_agent = request.impl_agent;
  if (!request.review_agent.empty())
    before->review_agent = request.review_agent;
  before->no_auto_commit = before->no_auto_commit || request.no_auto_commit;
  take_in(*before, packages, agents);
  revive(*before, agents);
  return std::move(*before);
}

/// Why a run ended before everything was done, and the next command; nothing where all is done.
std::optional<failure> unfinished_reason(const result<run_end>& end, const orchestration& run) {
  if (!end)
    return end.error();
  const auto resume = orchestrate_command(run, "--resume");
  switch (*end) {
  case run_end::over:
    return std::nullopt;
  case run_end::stopped:
    return failure{ec::stopping, "stopped; no agent is running any more", "resume with: " + resume};
  case run_end::aborted:
    return failure{ec::stopping, "aborted; finished work is kept",
                   "start a new one: " + orchestrate_command(run, "")};
  case run_end::stuck:
    break;
  }
  int paused = 0;
  failure why{ec::unhealthy, count_line(run), "fix it, then: " + resume};
  for (const auto& package : run.packages)
    if (package.at == stage::paused) {
      why.message += "; " + why_paused(package);
      why.hint =
          ++paused == 1 ? package.hint : "show each: " + orchestrate_command(run, "--status");
    }
  return why;
}

} // namespace

result<prepared_run> prepare(const run_host& host, const wf::feature& feature,
                             const run_request& request, approvable approved) {
  const auto& agents = approved.agents;
  if (auto named = check_named(agents, request.impl_agent, role::implementation, "--impl-agent");
      !named)
    return named.error();
  if (auto named = check_named(agents, request.review_agent, role::review, "--review-agent");
      !named)
    return named.error();
  if (auto own = wf::require_own_lanes(feature); !own)
    return own.error();
  if (auto named = wf::require_branch_names(feature); !named)
    return named.error();
  const auto packages = read_packages(feature);
  if (!packages)
    return packages.error();
  auto agent_runner = find_part("spec-kitty-agent-runner");
  if (!agent_runner)
    return agent_runner.error();
  const state_file state(feature);
  if (auto created = state.create_layout(); !created)
    return created.error();
  auto turn = state.try_lock_run(lock_patience);
  if (!turn)
    return turn.error();
  if (!*turn)
    return failure{ec::already_running,
                   "another orchestration of " + feature.slug() + " is running",
                   "show it: " + feature.command("orchestrate --status") +
                       "; or end it: " + feature.command("orchestrate --abort")};
  for (const auto& old : state.pending_requests()) // they came too late for the last run
    state.complete_request(old);
  auto before = state.read();
  if (!before)
    return before.error();
  auto run = plan_for(feature, request, *packages, agents, std::move(*before));
  if (!run)
    return run.error();
  prepared_run ready{std::move(approved), std::move(*run), std::move(*agent_runner),
                     std::move(**turn), false};
  ready.nothing_to_do = is_over(ready.run) && (!request.resume || ready.run.root.empty());
  const auto warnings = check_programs(feature, ready.run, ready.approved.agents);
  if (!warnings)
    return warnings.error();
  for (const auto& warning : *warnings)
    host.warn(warning);
  return ready;
}

run_outcome carry_out(const run_host& host, const wf::feature& feature, prepared_run prepared) {
  interruption signals;
  if (host.config_problem)
    host.warn(host.config_problem->message + "; the defaults are used");
  std::optional<emitter> emit;
  std::optional<standalone_actor_system> lone;
  if (host.no_home)
    lone.emplace();
  else
    emit.emplace(host.view, host.warn, 1); // an agent has a thread
  recorder events(host, emit ? &*emit : nullptr, prepared.run);
  run_outcome outcome;
  if (!prepared.nothing_to_do) {
    const state_file state(feature);
    board screen(host.screen);
    result<run_end> end = run_end::stuck;
    {
      conductor conduct({feature, prepared.approved, state, prepared.agent_runner,
                         [&](const orchestration& run) { screen.show(run); },
                         [&](const std::string& line) { screen.say(line); },
                         [&] { return signals.came(); }},
                        prepared.run, events, emit ? emit->system() : lone->system);
      end = conduct.perform();
    }
    screen.end(prepared.run);
    outcome.unfinished = unfinished_reason(end, prepared.run);
  }
  outcome.recorded = events.recorded();
  outcome.not_recorded = events.not_recorded();
  outcome.reason = events.reason();
  if (emit)
    outcome.emitted = emit->finish();
  outcome.run = std::move(prepared.run);
  return outcome;
}

} // namespace spec_kitty::orchestrate
