// An attempt of an agent: what must be ready before it, its start, and the effects of its end.
#include "app/orchestrate/conductor.hpp"
#include "app/orchestrate/steps.hpp"
#include "app/workflow/text_lines.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace spec_kitty::orchestrate {

namespace wf = workflow;

namespace {

constexpr std::string_view review_request = R"(
---

# You are the reviewer

The work package above has been implemented on this branch. Review the work against it. Change
nothing. End with exactly one of these as your last line:

APPROVED
CHANGES REQUESTED: what must be changed
)";

constexpr std::string_view asked_again = R"(
You have reviewed it before, and your last line was neither of the two. Review it again, and end
with one of these two lines, without another word in it.
)";

} // namespace

std::string conductor::token_of(const package_run& package) const {
  const role task = package.task();
  return run_.id + "/" + package.id + "/" + std::string(to_string(task)) + "/" +
         std::to_string(package.of(task).starts);
}

result<void> conductor::start(const std::string& wp, role task) {
  auto& package = *run_.find(wp);
  if (auto begun = begin(run_, package, task, config_.approved.agents, wall_clock_now()); !begun)
    return pause_package(package, begun.error());
  if (auto saved = save(); !saved)
    return saved;
  return launch(package, false);
}

result<void> conductor::launch(package_run& package, bool again) {
  const role task = package.task();
  if (again) // the time between does not count
    package.began = wall_clock_now();
  const auto& agent = package.of(task).agent;
  if (config_.approved.agents.find(agent) == nullptr)
    return pause_package(package, {ec::bad_config,
                                   package.id + ": its agent " + agent + " is not in agents.toml",
                                   "add it, then: " + orchestrate_command(run_, "--resume")});
  auto ready = make_ready(package);
  if (ready)
    ready = check_start(package);
  if (!ready) {
    if (!again)
      --package.of(task).starts; // no event has been recorded for it
    return pause_package(package, ready.error());
  }
  events_.assigned(package, task);
  if (auto written = write_prompt(package); !written)
    return pause_package(package, written.error());
  if (auto saved = save(); !saved) // with the causes so far
    return saved;
  const auto job = job_for(package);
  (void)config_.state.files().remove(job.result); // of an attempt that ended or was stopped
  auto work = start_agent(self_->home_system(), config_.agent_runner, job, variables_for(package));
  if (!work)
    return pause_package(package, work.error());
  self_->monitor(work->handle);
  const post& post = package.of(task);
  at_work_.emplace(package.id, attempt{std::move(*work),
                                       {config_.approved.agents.find(post.agent)->silence,
                                        std::chrono::steady_clock::now()}});
  config_.say(package.id + ": " + std::string(to_string(task)) + " by " + post.agent +
              (post.starts > 1 ? ", try " + std::to_string(post.starts) : ""));
  return {};
}

/// Prepares what an agent needs: the lane, the worktree, the events before its start.
result<void> conductor::make_ready(package_run& package) {
  if (package.implementation.starts + package.review.starts == 1) {
    for (const auto& id : package.dependencies) {
      if (const auto* other = run_.find(id); other != nullptr && other->was_done)
        events_.resolved(package, *other, resolution_of(config_.feature, id));
      else if (other != nullptr && other->at == stage::skipped) // while nothing was running
        events_.resolved(package, *other, "skipped");
    }
  }
  const auto base =
      ready_worktree(config_.feature, package, builds_on(run_, package), !package.ours);
  if (!base)
    return base.error();
  package.ours = true;
  if (package.task() == role::review || package.lane == "doing")
    return {};
  wf::lane_edit edit;
  edit.to = "doing";
  edit.agent = package.implementation.agent;
  edit.note = "Started implementation";
  edit.base_branch = base->branch;
  edit.base_commit = base->commit;
  return move(package, std::move(edit));
}

result<void> conductor::move(package_run& run, wf::lane_edit edit) {
  const std::string to = edit.to;
  const std::string by = edit.reviewer.value_or(edit.agent.value_or("user"));
  const std::string message = run.lane == "planned"
                                  ? "chore: " + run.id + " claimed for implementation"
                                  : "chore: Move " + run.id + " to " + to + " on spec " +
                                        config_.feature.label() + " [" + by + "]";
  auto moved = move_lane(config_.feature, run, std::move(edit),
                         run_.no_auto_commit ? std::nullopt : std::optional(message), events_);
  if (!moved)
    return moved.error();
  if (moved->change)
    events_.moved(run, *moved->change);
  else if (run.moving_to == to) // by an older program, which recorded its events afterwards
    events_.moved(run, to, by);
  run.lane = to;
  run.moving_to.clear();
  ++run.moves;
  return {};
}

result<void> conductor::write_prompt(const package_run& run) const {
  const auto package = config_.feature.load(run.id);
  if (!package)
    return package.error();
  std::string text = package->file.text();
  if (run.task() == role::review)
    text += review_request;
  if (run.task() == role::review && run.review.no_verdicts > 0)
    text += asked_again;
  const auto files = config_.state.files();
  auto written = files.replace(config_.state.of(run.id, ".prompt.md"), text, {0600});
  if (!written)
    return failure{ec::bad_input, written.error().message,
                   "free some space, then: " + orchestrate_command(run_, "--resume")};
  return written;
}

agent_runner_job conductor::job_for(const package_run& package) const {
  const role task = package.task();
  const auto& agent = *config_.approved.agents.find(package.of(task).agent);
  agent_runner_job job;
  job.token = token_of(package);
  job.result = config_.state.of(package.id, ".result");
  job.log = config_.state.of(package.id, ".log");
  job.prompt = config_.state.of(package.id, ".prompt.md");
  job.lock = config_.state.of(package.id, ".lock");
  job.worktree = config_.feature.worktree_of(package.id);
  job.root = config_.feature.repo().files().root();
  job.worktree_root = config_.feature.repo().worktree_files().root();
  job.timeout = agent.timeout;
  job.title = std::string(to_string(task)) + " by " + agent.name + ", try " +
              std::to_string(package.of(task).starts) + ", " + format_timestamp(package.began);
  job.command = command_for(agent, {package.id, job.worktree.string(), job.prompt.string()});
  // The file that was looked at for the approval, whatever the worktree or PATH holds by then.
  if (const auto program = program_of(agent, config_.feature.repo().checkout); !program.empty())
    job.command.front() = program.string();
  return job;
}

result<void> conductor::check_start(const package_run& package) const {
  const auto now = read_again(config_.feature.repo(), config_.approved);
  if (!now)
    return now.error();
  const auto files = config_.state.files();
  for (const char* ending : {".log", ".lock"})
    if (auto there = files.open(config_.state.of(package.id, ending), O_RDWR | O_APPEND); !there)
      return input_failure(there.error());
  if (now->hash == config_.approved.hash)
    return {};
  return failure{
      ec::blocked,
      package.id + ": a program of .kittify/agents.toml has changed since it was approved",
      "approve it: spec-kitty orchestrate --trust; then: " + orchestrate_command(run_, "--resume")};
}

std::vector<std::string> conductor::variables_for(const package_run& package) const {
  const role task = package.task();
  const auto& post = package.of(task);
  std::vector<std::string> all = {"SPEC_KITTY_WP=" + package.id,
                                  "SPEC_KITTY_FEATURE=" + run_.feature,
                                  "SPEC_KITTY_PHASE=" + std::string(to_string(task)),
                                  "SPEC_KITTY_ATTEMPT=" + std::to_string(post.starts)};
  for (const auto& [name, value] : config_.approved.agents.find(post.agent)->env) {
    std::string variable = name;
    all.push_back(variable.append("=").append(value));
  }
  return all;
}

result<void> conductor::ended(const std::string& wp) {
  const bool cut = at_work_.at(wp).cut;
  at_work_.erase(wp);
  auto& package = *run_.find(wp);
  auto found = result_of(package);
  if (!found) {
    found.emplace();
    found->error =
        "its agent runner ended without a result: it was killed, the disk is full, or another "
        "agent is still working in its worktree";
  }
  if (cut && found->stopped) // a resumed run repeats the attempt
    return {};
  if (found->stopped)
    found->error = "its agent runner was stopped by a signal";
  return take_in_end(package, *found);
}

std::optional<attempt_result> conductor::result_of(const package_run& package) const {
  const auto text = config_.state.files().read(config_.state.of(package.id, ".result"));
  if (!text || !*text)
    return std::nullopt;
  auto found = decode_result(**text);
  if (!found || found->token != token_of(package))
    return std::nullopt;
  return found;
}

result<void> conductor::take_in_end(package_run& package, const attempt_result& result) {
  const role task = package.task();
  const auto& agent = package.of(task).agent;
  const auto* spec = config_.approved.agents.find(agent);
  auto end = judge(task, result, spec == nullptr ? std::chrono::seconds(0) : spec->timeout);
  using kind = attempt_end::kind;
  if (end.what == kind::done && task == role::implementation) {
    if (auto kept = commit_leftovers(config_.feature, package.id, agent); !kept)
      return hold_package(package, kept.error());
    const auto work = has_own_work(config_.feature, package.id, package.dependencies);
    if (!work)
      return hold_package(package, work.error());
    if (!*work)
      end = {kind::failed, "it made no commit and changed nothing" + quoted_last_line(result.tail)};
  }
  wf::lane_edit edit;
  edit.to = task == role::implementation ? "for_review" : end.what == kind::done ? "done" : "doing";
  edit.note = task == role::implementation ? "Implementation finished by " + agent
              : end.what == kind::done     ? "Review passed: " + agent
                                           : "Changes requested by " + agent;
  if (task == role::implementation)
    edit.agent = agent;
  else
    edit.reviewer = agent;
  edit.by = agent;
  if (end.what == kind::changes_requested)
    edit.feedback = end.words;
  const bool failed = end.what == kind::failed || end.what == kind::no_verdict;
  if (failed)
    events_.failed(package, task, end.words);
  else if (auto moved = move(package, std::move(edit)); !moved)
    return hold_package(package, moved.error());
  config_.say(package.id + ": " + std::string(to_string(task)) +
              (end.what == kind::done                ? " done"
               : end.what == kind::changes_requested ? ": changes requested: "
                                                     : " failed: ") +
              wf::as_one_line(end.words) + (failed ? "; its log: " + log_command(package) : ""));
  if (end.what == kind::done && task == role::review)
    free_dependents(package, "completed");
  settle(run_, package, end, config_.approved.agents, wall_clock_now());
  if (package.at == stage::paused)
    config_.say(package.id + ": paused; " + package.hint);
  return save();
}

void conductor::free_dependents(package_run& package, const std::string& how) {
  for (auto& other : run_.packages)
    for (const auto& id : other.dependencies)
      if (id == package.id && !other.is_over())
        events_.resolved(other, package, how);
}

} // namespace spec_kitty::orchestrate
