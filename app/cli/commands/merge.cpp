// spec-kitty merge: the work packages' branches into the target branch, dependencies first.
#include "app/cli/command.hpp"
#include "app/cli/work_command.hpp"
#include "app/orchestrate/state_file.hpp"
#include "app/workflow/activity_log.hpp"
#include "app/workflow/merging.hpp"
#include "app/workflow/repo_edit.hpp"
#include "app/workflow/text_lines.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace spec_kitty {

namespace {

namespace wf = workflow;
namespace fs = std::filesystem;

struct merge_options : work_options {
  std::string strategy = "merge";
  std::optional<std::string> target;
  bool dry_run = false;
  bool keep_branch = false;
  bool keep_worktree = false;
  bool push = false;
  bool resume = false;
  bool abort = false;
};

/// A temporary object directory: a dry run leaves nothing in the repository.
class scratch_objects {
public:
  scratch_objects() {
    std::error_code error;
    std::string form = (fs::temp_directory_path(error) / "spec-kitty-XXXXXX").string();
    if (::mkdtemp(form.data()) != nullptr)
      folder_ = form;
  }
  ~scratch_objects() {
    std::error_code error;
    if (!folder_.empty())
      fs::remove_all(folder_, error);
  }
  scratch_objects(const scratch_objects&) = delete;
  scratch_objects& operator=(const scratch_objects&) = delete;

  wf::git runner(const wf::repository& repo) const {
    if (folder_.empty())
      return wf::git(repo.checkout);
    return wf::git(repo.checkout,
                   {"GIT_OBJECT_DIRECTORY=" + folder_.string(),
                    "GIT_ALTERNATE_OBJECT_DIRECTORIES=" + (repo.git_dir / "objects").string()});
  }

private:
  fs::path folder_;
};

/// One merge, from its state to its end.
struct merge_job {
  wf::feature feature;
  wf::merge_state state;
  std::vector<wf::work_package> packages;

  const wf::repository& repo() const { return feature.repo(); }
};

/// The work packages that have a branch, dependencies first.
result<std::vector<std::string>> merge_order(const merge_job& job) {
  const auto graph = wf::graph_of(job.packages);
  if (auto legal = wf::check_dependencies(graph); !legal)
    return failure{legal.error().code, job.feature.slug() + ": " + legal.error().message,
                   "fix the dependencies, then run: " +
                       job.feature.command("agent feature finalize-tasks")};
  const wf::git git_here(job.repo().checkout);
  std::vector<std::string> order;
  for (const auto& wp : wf::dependency_order(graph))
    if (git_here.has_branch(job.feature.branch_of(wp)))
      order.push_back(wp);
  return order;
}

std::vector<std::string> in_lane(const merge_job& job, std::string_view lane) {
  std::vector<std::string> ids;
  for (const auto& package : job.packages)
    if (package.lane() == lane)
      ids.push_back(package.id);
  return ids;
}

/// No work package has a branch: a success if all are merged, else not_found.
result<work_done> nothing_to_merge(const merge_job& job, work_done done) {
  if (in_lane(job, "for_review").empty() && in_lane(job, "done").empty())
    return failure{ec::not_found, "no work package of " + job.feature.slug() + " has a branch",
                   "start one: " + job.feature.command("implement WP01")};
  done.lines = {job.feature.slug() + ": nothing to merge"};
  return done;
}

void describe(const merge_job& job, const std::vector<wf::merged_branch>& branches, bool dry_run,
              work_done& done) {
  for (const auto& branch : branches)
    done.lines.push_back(branch.wp_id +
                         (branch.was_in ? " is in "
                          : dry_run     ? " would go into "
                                        : " merged into ") +
                         job.state.target + (branch.was_in ? " already" : ""));
  const auto& moving = job.state.moving;
  if (!moving.empty())
    done.lines.push_back(wf::joined(moving) + ": doing → for_review" +
                         (dry_run ? " would follow" : ""));
  done.fields = [state = job.state, branches, dry_run](json_writer& out) {
    field(out, "feature", state.feature);
    field(out, "target", state.target);
    field(out, "strategy", state.strategy);
    field(out, "dry_run", dry_run);
    payload_detail::write(out, "order", state.order);
    key(out, "merged");
    out.StartArray();
    for (const auto& branch : branches)
      if (!branch.was_in)
        put(out, branch.wp_id);
    out.EndArray();
    payload_detail::write(out, "moved", state.moving);
  };
}

/// The commit that moves the merged work packages to for_review.
result<void> move_lanes(merge_job& job) {
  wf::repo_edit change(job.repo());
  for (auto& package : job.packages) {
    const auto& moving = job.state.moving;
    if (std::find(moving.begin(), moving.end(), package.id) == moving.end())
      continue;
    if (package.lane() ==
        "for_review") // written before the last run was killed, perhaps not committed
      change.change(package.path, package.file.text());
    if (package.lane() != "doing")
      continue;
    if (auto set = package.file.set_scalar("lane", "for_review"); !set)
      return set;
    package.file.set_body(
        wf::with_log_entry(package.file.body(),
                           {utc_now(), "user", {}, "for_review", "Merged into " + job.state.target},
                           wf::line_ending_of(package.file.text())));
    change.change(package.path, package.file.text());
  }
  if (change.empty())
    return {};
  return change.apply("chore: Move " + wf::joined(job.state.moving) + " to for_review on spec " +
                      job.feature.number());
}

/// From `merging` to the events of `lanes`.
result<void> carry_out(merge_job& job, std::vector<wf::merged_branch>& branches) {
  const wf::git git_here(job.repo().checkout);
  if (job.state.phase == "merging") {
    if (job.state.to.empty()) {
      auto chain = wf::make_commits(git_here, job.feature, job.state, job.packages);
      if (!chain)
        return chain.error();
      job.state.to = chain->tip;
      branches = std::move(chain->branches);
      if (auto kept = wf::write_merge_state(job.repo(), job.state); !kept)
        return kept;
    }
    if (auto moved = wf::move_target(job.feature, job.state); !moved) {
      wf::remove_merge_state(job.repo());
      return moved;
    }
    job.state.phase = "lanes";
  }
  auto packages = job.feature.load_all(); // a branch may have brought another text
  if (!packages)
    return packages.error();
  job.packages = std::move(*packages);
  if (job.state.phase == "lanes" && job.state.moving.empty())
    for (const auto& wp : in_lane(job, "doing"))
      if (std::find(job.state.order.begin(), job.state.order.end(), wp) != job.state.order.end())
        job.state.moving.push_back(wp);
  if (auto kept = wf::write_merge_state(job.repo(), job.state); !kept)
    return kept;
  if (job.state.phase != "lanes")
    return {};
  auto moved = move_lanes(job);
  if (!moved) {
    if (auto back = wf::take_back(job.feature, job.state); !back)
      return back;
    wf::remove_merge_state(job.repo());
  }
  return moved;
}

result<work_done> run_merge(context& ctx, merge_job job, work_done done) {
  std::vector<wf::merged_branch> branches;
  if (auto carried = carry_out(job, branches); !carried)
    return carried.error();
  if (job.state.phase == "lanes")
    for (const auto& wp : in_lane(job, "for_review"))
      if (const auto& moving = job.state.moving;
          std::find(moving.begin(), moving.end(), wp) != moving.end())
        done.events.push_back(lane_event(job.feature, wp, "doing", "for_review", "user"));
  describe(job, branches, false, done);
  done.afterwards = [job, &ctx](work_done& finished) mutable -> result<void> {
    job.state.phase = "finish";
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
  };
  return done;
}

result<work_done> abort_merge(const merge_job& job, work_done done) {
  if (job.state.phase == "finish")
    return failure{ec::bad_input, "the merge of " + job.state.feature + " is complete",
                   "finish it: " + job.feature.command("merge --resume")};
  if (job.state.phase == "lanes") // files that a killed run wrote and did not commit
    for (const auto& package : job.packages)
      if (const auto& moving = job.state.moving;
          std::find(moving.begin(), moving.end(), package.id) != moving.end())
        (void)wf::git(job.repo().checkout)
            .run({"checkout", "--quiet", "HEAD", "--", package.path.string()});
  if (auto back = wf::take_back(job.feature, job.state); !back)
    return back.error();
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
result<void> plan(merge_job& job, const std::optional<std::string>& target) {
  const auto branch = wf::merge_target(job.feature, target);
  if (!branch)
    return branch.error();
  job.state.target = *branch;
  auto order = merge_order(job);
  if (!order)
    return order.error();
  job.state.order = std::move(*order);
  if (auto clean = wf::preflight(job.feature, job.state.order); !clean)
    return clean;
  const auto head = wf::git(job.repo().checkout).commit_of("HEAD");
  if (!head)
    return failure{ec::bad_input, *branch + " has no commit yet",
                   "create a first commit: git commit"};
  job.state.from = *head;
  return {};
}

result<work_done> dry_run(const context&, merge_job job, work_done done) {
  const scratch_objects scratch;
  const auto chain =
      wf::make_commits(scratch.runner(job.repo()), job.feature, job.state, job.packages);
  if (!chain)
    return chain.error();
  for (const auto& wp : in_lane(job, "doing"))
    if (std::find(job.state.order.begin(), job.state.order.end(), wp) != job.state.order.end())
      job.state.moving.push_back(wp);
  describe(job, chain->branches, true, done);
  return done;
}

result<work_done> merge(context& ctx, const merge_options& options) {
  if (options.strategy != "merge" && options.strategy != "squash")
    return failure{ec::bad_input, excerpt(options.strategy) + " is not a merge strategy",
                   "give --strategy merge or --strategy squash"};
  const auto repo = wf::repository::here();
  if (!repo)
    return repo.error();
  work_done done;
  auto lock = wf::lock_edits(*repo);
  if (!lock)
    return lock.error();
  done.lock = std::move(*lock);
  const auto unfinished = wf::read_merge_state(*repo);
  if (!unfinished)
    return unfinished.error();
  const bool continues = options.resume || options.abort;
  auto named = options.feature;
  if (continues && !named && *unfinished)
    named = (*unfinished)->feature;
  auto feature = wf::feature::find(*repo, named);
  if (!feature)
    return feature.error();
  if (auto free = orchestrate::require_no_active_run(*feature); !free && !options.dry_run)
    return free.error();
  if (*unfinished && (!continues || (*unfinished)->feature != feature->slug()) && !options.dry_run)
    return failure{ec::bad_input, "a merge of " + (*unfinished)->feature + " is not finished",
                   "resume it: spec-kitty merge --resume --feature " + (*unfinished)->feature +
                       ", or undo it: spec-kitty merge --abort --feature " +
                       (*unfinished)->feature};
  if (continues && !*unfinished)
    return failure{ec::not_found, "no merge of " + feature->slug() + " is in progress",
                   "start one: " + feature->command("merge")};
  auto packages = feature->load_all();
  if (!packages)
    return packages.error();
  merge_job job{std::move(*feature), {}, std::move(*packages)};
  if (continues)
    job.state = **unfinished;
  if (options.abort)
    return abort_merge(job, std::move(done));
  if (!continues) {
    job.state.feature = job.feature.slug();
    job.state.strategy = options.strategy;
    job.state.keep_branch = options.keep_branch;
    job.state.keep_worktree = options.keep_worktree;
    job.state.push = options.push;
  }
  if (job.state.to.empty()) { // nothing has moved yet
    const auto target = continues ? std::optional(job.state.target) : options.target;
    if (auto planned = plan(job, target); !planned)
      return planned.error();
    if (job.state.order.empty())
      return nothing_to_merge(job, std::move(done));
  }
  if (options.dry_run)
    return dry_run(ctx, std::move(job), std::move(done));
  if (auto kept = wf::write_merge_state(*repo, job.state); !kept)
    return kept.error();
  return run_merge(ctx, std::move(job), std::move(done));
}

} // namespace

command_action declare_merge(CLI::App& app) {
  auto options = std::make_shared<merge_options>();
  app.add_option("--strategy", options->strategy, "merge (default) or squash")->type_name("S");
  app.add_option("--target", options->target, "Merge into this branch")->type_name("B");
  app.add_flag("--dry-run", options->dry_run, "Show what would happen without changing anything");
  app.add_flag("--keep-branch", options->keep_branch, "Keep the work packages' branches");
  app.add_flag("--keep-worktree", options->keep_worktree,
               "Keep the work packages' worktrees and branches");
  app.add_flag("--push", options->push, "Push the target afterwards");
  auto* resume = app.add_flag("--resume", options->resume, "Resume an interrupted merge");
  app.add_flag("--abort", options->abort, "Undo an interrupted merge")->excludes(resume);
  declare_feature(app, *options);
  return [options](context& ctx) {
    return run_work(ctx, *options, [&] { return merge(ctx, *options); });
  };
}

} // namespace spec_kitty
