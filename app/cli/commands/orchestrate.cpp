// spec-kitty orchestrate: agents work on a feature's work packages, every step an event.
#include "app/orchestrate/orchestrate.hpp"
#include "app/cli/autostart.hpp"
#include "app/cli/command.hpp"
#include "app/cli/commands/approval.hpp"
#include "app/cli/work_command.hpp"
#include "app/orchestrate/board.hpp"
#include "app/orchestrate/plan_json.hpp"
#include "app/workflow/repo_edit.hpp"
#include "app/workflow/text_lines.hpp"
#include "messages/ulid.hpp"
#include "util/text.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <thread>

namespace spec_kitty {

namespace {

namespace wf = workflow;
namespace ot = orchestrate;
using namespace std::chrono_literals;

constexpr auto turn_patience = 500ms;
constexpr auto request_patience = 60s;

struct orchestrate_options : work_options {
  bool init = false;
  bool trust = false;
  bool status = false;
  bool resume = false;
  bool abort = false;
  std::optional<std::string> skip;
  std::string impl_agent;
  std::string review_agent;
};

result<work_done> write_example(const wf::repository& repo) {
  const auto file = ot::agents_path(repo);
  work_done done;
  const auto found_kind = repo.files().kind_of(file);
  if (!found_kind)
    return found_kind.error();
  if (*found_kind == entry_kind::link)
    return is_a_link(file);
  const bool there = *found_kind != entry_kind::missing;
  std::vector<std::string> found;
  for (const auto& name : ot::known_programs())
    if (!ot::find_program(name, repo.checkout).empty())
      found.push_back(name);
  if (!there) {
    auto written = repo.files().make_folders(file.parent_path());
    if (written)
      written = repo.files().replace(file, ot::example_agents(found), {0644});
    if (!written)
      return failure{ec::bad_input, written.error().message,
                     wf::in_repository(written.error()).hint};
  }
  done.lines = {file.string() + (there ? " exists already; it is not changed" : ": written")};
  if (!there)
    done.lines.push_back(found.empty() ? "no known agent program was found; edit the file"
                                       : "found: " + wf::joined(found));
  done.lines.emplace_back("to let agents be run as it says: spec-kitty orchestrate --trust");
  done.fields = [path = file.string(), there, found](json_writer& out) {
    field(out, "path", path);
    field(out, "created", !there);
    payload_detail::write(out, "found", found);
  };
  return done;
}

failure no_run(const wf::feature& feature) {
  return {ec::not_found, "no orchestration of " + feature.slug(),
          "start one: " + feature.command("orchestrate")};
}

result<work_done> show_run_status(const wf::feature& feature) {
  const ot::state_file state(feature);
  auto run = state.read();
  if (!run)
    return run.error();
  if (!*run)
    return no_run(feature);
  const bool lives = state.is_taken();
  const bool cut = !lives && (*run)->state == ot::run_state::running;
  const bool stuck = !lives && (*run)->state == ot::run_state::paused;
  if (!lives) // no process runs it, whatever the state file says
    for (auto& package : (*run)->packages)
      package.running = false;
  work_done done;
  const auto rows = ot::table_lines(**run, wall_clock_now(), 200, 10'000);
  done.lines.assign(rows.begin(), rows.end());
  done.lines.push_back(
      feature.slug() + ": " + (cut ? "interrupted" : std::string(ot::to_string((*run)->state))) +
      (cut || stuck ? "; resume with: " + ot::orchestrate_command(**run, "--resume") : ""));
  for (const auto& package : (*run)->packages)
    if (!package.hint.empty())
      done.lines.push_back(package.id + ": " + package.hint);
  done.fields = [run = **run, lives](json_writer& out) {
    ot::write_summary(out, run);
    field(out, "running", lives);
  };
  return done;
}

/// What another terminal wants: granted by the process that runs, or here where none does.
result<work_done> request(const wf::feature& feature, const std::string& wanted,
                          const std::function<result<void>(ot::orchestration&)>& alone) {
  const ot::state_file state(feature);
  auto run = state.read();
  if (!run)
    return run.error();
  if (!*run)
    return no_run(feature);
  auto turn = state.try_lock_run(turn_patience);
  if (!turn)
    return turn.error();
  if (*turn) {
    run = state.read(); // a run may have ended in between
    if (!run || !*run)
      return run ? no_run(feature) : run.error();
    if (auto done = alone(**run); !done)
      return done.error();
    if (auto saved = state.write(**run); !saved)
      return saved.error();
  } else {
    if (auto asked = state.submit_request(wanted); !asked)
      return asked.error();
    const auto until = std::chrono::steady_clock::now() + request_patience;
    const auto open = [&] {
      const auto pending_requests = state.pending_requests();
      return std::find(pending_requests.begin(), pending_requests.end(), wanted) !=
             pending_requests.end();
    };
    while (open()) {
      if (std::chrono::steady_clock::now() > until || !state.is_taken())
        return failure{ec::unhealthy, "the orchestration of " + feature.slug() + " did not answer",
                       "show it: " + feature.command("orchestrate --status")};
      std::this_thread::sleep_for(50ms);
    }
  }
  if (*turn)
    turn->reset(); // so that the status reports that it does not run
  return show_run_status(feature);
}

result<work_done> abort_run(const wf::feature& feature) {
  return request(feature, "abort", [&](ot::orchestration& run) -> result<void> {
    if (run.state == ot::run_state::done)
      return failure{ec::bad_input, "the orchestration of " + feature.slug() + " is done",
                     "show it: " + feature.command("orchestrate --status")};
    run.state = ot::run_state::aborted;
    for (auto& package : run.packages)
      package.running = false;
    return {};
  });
}

result<work_done> skip_package(const wf::feature& feature, const std::string& wp) {
  if (const auto there = feature.load(wp); !there)
    return there.error();
  const auto run = ot::state_file(feature).read();
  if (!run)
    return run.error();
  const auto* known = *run ? (*run)->find(wp) : nullptr;
  const failure is_done{ec::bad_input, wp + " is done already; there is nothing to skip",
                        "show it: " + feature.command("orchestrate --status")};
  if (known != nullptr && known->at == ot::stage::done)
    return is_done;
  if (*run && known == nullptr)
    return failure{ec::not_found, wp + " is not part of the orchestration",
                   "add it: " + feature.command("orchestrate --resume")};
  return request(feature, "skip-" + wp, [&](ot::orchestration& plan) -> result<void> {
    auto* package = plan.find(wp);
    if (package == nullptr || package->at == ot::stage::done)
      return is_done;
    if (plan.state == ot::run_state::aborted)
      return failure{ec::bad_input, "the orchestration of " + feature.slug() + " was aborted",
                     "start a new one: " + feature.command("orchestrate")};
    package->unfinished.reset();
    package->at = ot::stage::skipped;
    package->running = false;
    package->reason.clear();
    package->hint.clear();
    return {};
  });
}

void write_events(json_writer& out, const ot::run_outcome& outcome) {
  key(out, "events");
  out.StartObject();
  field(out, "recorded", outcome.recorded);
  field(out, "not_recorded", outcome.not_recorded);
  if (outcome.not_recorded > 0)
    field(out, "reason", outcome.reason);
  out.EndObject();
}

/// The end of a run for a person or a script: exit status 0 when everything is done or skipped,
/// else 1 with the reason and the next command.
exit_status report(context& ctx, const ot::run_outcome& outcome) {
  const auto& run = outcome.run;
  const auto fields = [&](json_writer& out) {
    ot::write_summary(out, run);
    write_events(out, outcome);
  };
  if (outcome.not_recorded > 0)
    ctx.out.warn(count_of(outcome.not_recorded, "event") +
                 " of this run NOT recorded: " + outcome.reason);
  if (outcome.unfinished) {
    ctx.out.fail(*outcome.unfinished, fields);
  } else {
    const bool complete = std::all_of(run.packages.begin(), run.packages.end(),
                                      [](const auto& each) { return each.at == ot::stage::done; });
    ctx.out.line(
        run.feature + ": " + ot::count_line(run) +
        (complete ? "; next: spec-kitty merge " + shell_option("--feature", run.feature) : ""));
    ctx.out.object(fields);
  }
  ctx.out.flush();
  if (outcome.emitted)
    print_delivery_status(ctx, *outcome.emitted);
  return outcome.unfinished ? status_of(outcome.unfinished->code) : exit_status::done;
}

ot::run_host host_of(context& ctx) {
  const bool silent = ctx.out.json() || ctx.out.quiet();
  return {ctx,
          ctx.config_problem,
          ctx.no_home,
          ctx.warnings(),
          {!silent && ::isatty(STDOUT_FILENO) != 0, silent,
           [&ctx](std::string_view text) { ctx.out.line(text); },
           [&ctx](std::size_t lines) { ctx.out.erase_lines(lines); }, [&ctx] { ctx.out.flush(); }}};
}

exit_status run_or_resume(context& ctx, const wf::feature& feature,
                          const orchestrate_options& options) {
  ot::run_request request;
  request.resume = options.resume;
  request.impl_agent = options.impl_agent;
  request.review_agent = options.review_agent;
  request.no_auto_commit = options.no_auto_commit;
  const auto host = host_of(ctx);
  const auto refuse = [&](const failure& why) {
    return run_work(ctx, {options.feature, {}}, [&]() -> result<work_done> { return why; });
  };
  auto approved = approved_agents(ctx, feature.repo());
  if (!approved)
    return refuse(approved.error());
  auto prepared = ot::prepare(host, feature, request, std::move(*approved));
  if (!prepared)
    return refuse(prepared.error());
  return report(ctx, ot::carry_out(host, feature, std::move(*prepared)));
}

exit_status perform(context& ctx, const orchestrate_options& options) {
  const auto repo = find_repository(ctx);
  if (!repo)
    return ctx.fail(repo.error());
  if (options.init)
    return run_reading(ctx, [&] { return write_example(*repo); });
  if (options.trust)
    return run_reading(ctx, [&] { return trust_agents(ctx, *repo); });
  const auto feature = wf::feature::find(*repo, options.feature);
  if (!feature && options.status)
    return ctx.fail(feature.error());
  if (!feature)
    return run_work(ctx, {options.feature, {}},
                    [&]() -> result<work_done> { return feature.error(); });
  if (options.status)
    return run_reading(ctx, [&] { return show_run_status(*feature); });
  if (options.abort)
    return run_reading(ctx, [&] { return abort_run(*feature); });
  if (options.skip)
    return run_reading(ctx, [&] { return skip_package(*feature, *options.skip); });
  return run_or_resume(ctx, *feature, options);
}

} // namespace

command_action declare_orchestrate(CLI::App& app) {
  auto options = std::make_shared<orchestrate_options>();
  auto* init = app.add_flag("--init", options->init,
                            "Write .kittify/agents.toml with the agents found here");
  auto* trust = app.add_flag("--trust", options->trust,
                             "Show what the repository lets agents run, and approve it");
  auto* status = app.add_flag("--status", options->status, "Show the state of the run");
  auto* resume =
      app.add_flag("--resume", options->resume, "Resume after a stop, a kill or a pause");
  auto* abort = app.add_flag("--abort", options->abort, "End the run; finished work is kept");
  auto* skip = app.add_option("--skip", options->skip, "Skip a work package");
  work_package_value(skip);
  const std::vector<CLI::Option*> modes = {init, trust, status, resume, abort, skip};
  for (auto* mode : modes)
    for (auto* other : modes)
      if (mode != other)
        mode->excludes(other);
  app.add_option("--impl-agent", options->impl_agent,
                 "The agent that implements, instead of the one in the files")
      ->type_name("A");
  app.add_option("--review-agent", options->review_agent, "The agent that reviews")->type_name("A");
  declare_no_auto_commit(app, *options);
  declare_feature(app, *options);
  return [options](context& ctx) { return perform(ctx, *options); };
}

} // namespace spec_kitty
