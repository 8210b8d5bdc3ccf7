// spec-kitty merge: the work packages' branches into the target branch, dependencies first.
#include "app/cli/command.hpp"
#include "app/cli/commands/merge_job.hpp"
#include "app/cli/work_change.hpp"
#include "app/orchestrate/state_file.hpp"
#include "app/workflow/event_lanes.hpp"
#include "app/workflow/intents/take_back.hpp"
#include "app/workflow/merge_gates.hpp"
#include "app/workflow/merge_lanes.hpp"
#include "app/workflow/merging.hpp"
#include "app/workflow/repo_edit.hpp"
#include "app/workflow/scratch.hpp"
#include "app/workflow/subtasks.hpp"
#include "app/workflow/text_lines.hpp"
#include "app/workflow/worktree.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <utility>

namespace spec_kitty {

namespace {

namespace wf = workflow;

constexpr std::size_t program_words = sizeof("spec-kitty ") - 1;

struct merge_options : work_options {
  std::string strategy = "merge";
  std::optional<std::string> target;
  bool check = false;
  bool force = false;
  bool dry_run = false;
  bool keep_branch = false;
  bool keep_worktree = false;
  bool push = false;
  bool resume = false;
  bool abort = false;
};

/// Moves the target to the chain's last commit, all or nothing, with the events of the lanes.
result<void> move_to_chain(context& ctx, merge_job& job, work_done& done) {
  for (const auto& wp : job.state.moving)
    for (const auto& package : job.packages)
      if (package.id == wp)
        done.events.push_back(shown_by(lane_event(job.feature, wp, "doing", "for_review", "user"),
                                       package.path, {"lane", "", "for_review"}));
  change_words words{job.feature.command("merge").substr(program_words), job.state.target, {}};
  const auto moved = move_branch(ctx, job.repo(), job.state.to, std::move(words), done,
                                 [&](const std::string& intent) {
                                   job.state.intent = intent;
                                   return wf::write_merge_state(job.repo(), job.state);
                                 });
  if (moved)
    return {};
  wf::remove_merge_state(job.repo());
  return moved.error();
}

/// Push and cleaning up, after the events are recorded.
result<void> finish_up(context& ctx, merge_job& job, work_done& finished) {
  // Not again by a resume: locks of a killed git are judged by the time at which this was written.
  if (std::exchange(job.state.phase, "finish") != "finish")
    if (auto kept = wf::write_merge_state(job.repo(), job.state); !kept)
      return kept;
  finished.lock.reset(); // a push waits for the network
  std::vector<std::string> warnings;
  if (auto ended = wf::finish_merge(job.feature, job.state, warnings); !ended)
    return ended;
  for (const auto& warning : warnings)
    ctx.out.warn(warning);
  wf::remove_merge_state(job.repo());
  return {};
}

result<work_done> run_merge(context& ctx, merge_job job, work_done done) {
  wf::merge_chain chain;
  if (job.state.phase == "merging" && !wf::has_moved(job.feature, job.state)) {
    auto made = wf::make_chain(wf::git(job.repo().checkout), job.feature, job.state, job.packages,
                               utc_now());
    if (!made)
      return made.error();
    chain = std::move(*made);
    if (!chain.conflicts.empty()) { // the options are kept for --resume
      job.state.to.clear();
      if (auto kept = wf::write_merge_state(job.repo(), job.state); !kept)
        return kept.error();
      done.aim = merge_aim(job);
      done.blockers = chain.conflicts;
      return done;
    }
    job.state.to = chain.tip;
    if (auto moved = move_to_chain(ctx, job, done); !moved)
      return moved.error();
    for (const auto& words : chain.left_out)
      ctx.out.warn(words);
  }
  if (job.state.phase == "merging") {
    job.state.phase = "lanes";
    if (auto kept = wf::write_merge_state(job.repo(), job.state); !kept)
      return kept.error();
  }
  const auto untracked = wf::write_untracked_lanes(job.feature, job.state, utc_now());
  if (!untracked)
    return untracked.error();
  if (!untracked->empty())
    ctx.out.warn("git does not track the files of " + wf::joined(*untracked) +
                 ": they are changed, but not committed");
  if (job.state.phase == "lanes" && job.state.intent.empty()) // begun by an older program
    for (const auto& wp : job.state.moving)
      done.events.push_back(lane_event(job.feature, wp, "doing", "for_review", "user"));
  describe_merge(job, chain, false, done);
  done.afterwards = [job, &ctx](work_done& finished) mutable {
    return finish_up(ctx, job, finished);
  };
  return done;
}

result<work_done> abort_merge(context& ctx, const merge_job& job, work_done done) {
  if (job.state.phase == "finish")
    return failure{ec::bad_input, "the merge of " + job.state.feature + " is complete",
                   "finish it: " + job.feature.command("merge --resume")};
  const bool moved = wf::has_moved(job.feature, job.state);
  const auto open = job.state.intent.empty() ? result<std::optional<wf::intent>>(std::nullopt)
                                             : wf::unsettled_intent(job.repo(), job.state.intent);
  if (!open)
    return open.error();
  if (moved && !*open && !job.state.intent.empty())
    return failure{ec::blocked,
                   "the merge of " + job.state.feature + " is complete and its events are recorded",
                   job.feature.command("merge --resume")};
  if (*open)
    (void)wf::remove_stale_locks(job.repo(), **open);
  if (auto back = wf::take_back(job.feature, job.state); !back)
    return back.error();
  if (*open) {
    if (!moved)
      for (const auto& sentence : wf::take_back_checkout(job.feature.repo(), **open))
        ctx.out.warn(sentence);
    wf::intent_folder(job.repo()).remove(job.state.intent);
  }
  wf::remove_merge_state(job.repo());
  done.lines = {job.state.target + " is as it was before the merge"};
  done.fields = [state = job.state](json_writer& out) {
    field(out, "feature", state.feature);
    field(out, "target", state.target);
    field(out, "aborted", true);
  };
  return done;
}

/// Fills in what a merge that begins (again) needs: target, order, where it starts.
result<void> plan_merge(merge_job& job, const std::optional<std::string>& target) {
  const auto branch = wf::merge_target(job.feature, target);
  if (!branch)
    return branch.error();
  job.state.target = *branch;
  auto order = merge_order(job);
  if (!order)
    return order.error();
  job.state.order = std::move(*order);
  const auto head = wf::git(job.repo().checkout).commit_of("HEAD");
  if (!head)
    return failure{ec::work_failed, "git does not name the commit of " + *branch,
                   "run the command again"};
  job.state.from = *head;
  job.state.to.clear();
  job.state.intent.clear();
  return {};
}

/// Names the subtasks without a box of the work packages that would move: the gates look at boxes.
result<void> warn_boxless(context& ctx, const merge_job& job) {
  for (const auto& package : job.packages) {
    if (package.lane() != "doing")
      continue;
    const auto subtasks = wf::read_subtasks(job.feature, package);
    if (!subtasks)
      return subtasks.error();
    if (const auto words = wf::boxless_words(package, *subtasks); !words.empty())
      ctx.out.warn(words);
  }
  return {};
}

/// The gates, unless --force passes them.
result<std::vector<wf::blocker>> merge_gates(context& ctx, const merge_job& job) {
  if (auto named = warn_boxless(ctx, job); !named)
    return named.error();
  if (job.state.force)
    return std::vector<wf::blocker>{};
  return wf::merge_blockers(job.feature, job.packages, job.state.order);
}

/// --check and --dry-run: gates and conflicts, found without writing anything.
result<work_done> look_ahead(context& ctx, merge_job job, bool dry_run, bool continues) {
  auto found = merge_gates(ctx, job);
  if (!found)
    return found.error();
  wf::scratch_objects scratch;
  const auto chain =
      wf::make_chain(scratch.runner(job.repo()), job.feature, job.state, job.packages, utc_now());
  if (!chain)
    return chain.error();
  const bool only_gates = !found->empty() && chain->conflicts.empty();
  found->insert(found->end(), chain->conflicts.begin(), chain->conflicts.end());
  auto done = checked(job.feature, merge_aim(job), std::move(*found));
  if (only_gates)
    done.bypass = bypass_of(job, continues);
  if (dry_run) {
    done.lines.clear();
    describe_merge(job, *chain, true, done);
    for (const auto& words : chain->left_out)
      done.lines.push_back(words);
  }
  return done;
}

/// The state of the merge that this command begins or resumes.
result<wf::merge_state> state_for(const merge_options& options, const wf::feature& feature,
                                  const std::optional<wf::merge_state>& unfinished) {
  if (options.resume || options.abort) {
    if (unfinished) {
      auto state = *unfinished;
      state.force = state.force || options.force;
      return state;
    }
    return failure{ec::not_found, "no merge of " + feature.slug() + " is in progress",
                   "start one: " + feature.command("merge")};
  }
  wf::merge_state state;
  state.feature = feature.slug();
  state.strategy = options.strategy;
  state.keep_branch = options.keep_branch;
  state.keep_worktree = options.keep_worktree;
  state.push = options.push;
  state.force = options.force;
  return state;
}

/// A merge that has moved its target must be ended first; another one can begin again.
result<void> check_unfinished(const merge_options& options, const wf::repository& repo,
                              const wf::feature& feature,
                              const std::optional<wf::merge_state>& unfinished) {
  const bool continues = options.resume || options.abort;
  if (!unfinished || options.dry_run || (continues && unfinished->feature == feature.slug()))
    return {};
  const auto other = wf::feature::find(repo, unfinished->feature);
  if (!other || !wf::has_moved(*other, *unfinished))
    return {};
  return failure{ec::blocked, "a merge of " + unfinished->feature + " is not finished",
                 other->command("merge --resume")};
}

result<work_done> merge(context& ctx, const merge_options& options) {
  if (options.strategy != "merge" && options.strategy != "squash")
    return failure{ec::bad_input, excerpt(options.strategy) + " is not a merge strategy",
                   "give --strategy merge or --strategy squash"};
  const auto repo = find_repository(ctx);
  if (!repo)
    return repo.error();
  const bool reads = options.check || options.dry_run;
  const bool continues = options.resume || options.abort;
  work_done done;
  if (!reads) {
    // What is aborted is not recorded first.
    auto lock = options.abort ? wf::lock_edits(*repo) : lock_and_settle(ctx, *repo);
    if (!lock)
      return lock.error();
    done.lock = std::move(*lock);
  }
  const auto unfinished = wf::read_merge_state(*repo);
  if (!unfinished)
    return unfinished.error();
  auto feature =
      wf::feature::find(*repo, continues && !options.feature && *unfinished ? (*unfinished)->feature
                                                                            : options.feature);
  if (!feature)
    return feature.error();
  if (auto own = wf::require_own_lanes(*feature); !own)
    return own.error();
  if (auto named = wf::require_branch_names(*feature); !named)
    return named.error();
  if (auto free = orchestrate::require_no_active_run(*feature); !free && !options.dry_run)
    return free.error();
  if (auto free = check_unfinished(options, *repo, *feature, *unfinished); !free)
    return free.error();
  auto packages = feature->load_all();
  if (!packages)
    return packages.error();
  auto state = state_for(options, *feature, *unfinished);
  if (!state) {
    const merge_job finished{std::move(*feature), {}, std::move(*packages)};
    const auto left = merge_order(finished);
    if (options.resume && left && left->empty()) // it was resumed to its end before
      return nothing_to_merge(finished, std::move(done));
    return state.error();
  }
  merge_job job{std::move(*feature), std::move(*state), std::move(*packages)};
  if (options.abort)
    return abort_merge(ctx, job, std::move(done));
  if (job.state.phase == "merging" && !wf::has_moved(job.feature, job.state)) {
    const auto target = continues ? std::optional(job.state.target) : options.target;
    if (auto planned = plan_merge(job, target); !planned)
      return planned.error();
    if (job.state.order.empty())
      return nothing_to_merge(job, std::move(done));
    if (reads)
      return look_ahead(ctx, std::move(job), options.dry_run, continues);
    for (const auto& wp : job.state.order)
      wf::repair_if_moved(job.feature, wp);
    auto found = merge_gates(ctx, job);
    if (!found)
      return found.error();
    if (!found->empty()) // with the conflicts, so that all of it is in one answer
      return look_ahead(ctx, std::move(job), false, continues);
  }
  return run_merge(ctx, std::move(job), std::move(done));
}

} // namespace

command_action declare_merge(CLI::App& app) {
  auto options = std::make_shared<merge_options>();
  app.add_option("--strategy", options->strategy, "merge (default) or squash")->type_name("S");
  app.add_option("--target", options->target, "Merge into this branch")->type_name("B");
  auto* check = app.add_flag("--check", options->check, "Only list what stops the merge");
  app.add_flag("--force", options->force, "Skip the gates");
  auto* dry_run = app.add_flag("--dry-run", options->dry_run,
                               "Show what would happen without changing anything");
  app.add_flag("--keep-branch", options->keep_branch, "Keep the work packages' branches");
  app.add_flag("--keep-worktree", options->keep_worktree,
               "Keep the work packages' worktrees and branches");
  app.add_flag("--push", options->push, "Push the target afterwards");
  auto* resume = app.add_flag("--resume", options->resume, "Resume an interrupted merge");
  auto* abort = app.add_flag("--abort", options->abort, "Undo an interrupted merge");
  abort->excludes(resume);
  for (auto* reading : {check, dry_run})
    reading->excludes(resume)->excludes(abort);
  declare_feature(app, *options);
  return [options](context& ctx) {
    const auto work = [&] { return merge(ctx, *options); };
    return options->check ? run_reading(ctx, work) : run_work(ctx, *options, work);
  };
}

} // namespace spec_kitty
