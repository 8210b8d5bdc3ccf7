// spec-kitty implement: a worktree for a work package, and the claim on it.
#include "app/cli/command.hpp"
#include "app/cli/soft_claim.hpp"
#include "app/cli/typed_options.hpp"
#include "app/cli/work_change.hpp"
#include "app/workflow/bases.hpp"
#include "app/workflow/event_lanes.hpp"
#include "app/workflow/intents/uncommitted.hpp"
#include "app/workflow/lane_edit.hpp"
#include "app/workflow/lanes.hpp"
#include "app/workflow/repo_edit.hpp"
#include "app/workflow/worktree.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace spec_kitty {

namespace {

namespace wf = workflow;

struct implement_options : work_options {
  std::optional<std::string> base;
  std::optional<std::string> agent;
  bool force = false;
};

/// The branch of `--base`.
result<std::string> named_base(const wf::feature& feature, const implement_options& options) {
  if (const auto there = feature.load(*options.base); !there)
    return there.error();
  if (*options.base == options.wp)
    return failure{ec::bad_input, options.wp + " cannot be its own base",
                   feature.command("implement " + options.wp)};
  std::string branch = feature.branch_of(*options.base);
  if (!wf::git(feature.repo().checkout).has_branch(branch))
    return failure{ec::not_found, *options.base + " has no branch " + branch + " yet",
                   feature.command("implement " + *options.base)};
  return branch;
}

/// Where a branch that does not exist yet begins: see workflow.md, "implement".
result<std::string> start_branch(const wf::feature& feature, const wf::work_package& package,
                                 const implement_options& options, const std::string& target,
                                 work_done& done) {
  if (options.base)
    return named_base(feature, options);
  const auto unfinished = wf::unfinished_dependencies(feature, package, target);
  if (!unfinished)
    return unfinished.error();
  auto stops = wf::base_blockers(feature, package, *unfinished);
  done.blockers.insert(done.blockers.end(), stops.begin(), stops.end());
  if (unfinished->size() != 1 || !unfinished->front().has_branch)
    return target;
  const auto& id = unfinished->front().id;
  if (done.blockers.empty() || options.force)
    done.lines.push_back(options.wp + " starts from " + feature.branch_of(id) + ": " + id +
                         " is not in " + target + " yet");
  return feature.branch_of(id);
}

result<wf::base_point> base_of(const wf::feature& feature, const wf::work_package& package,
                               const implement_options& options, const std::string& target,
                               work_done& done) {
  if (auto named = wf::require_branch_names(feature); !named)
    return named.error();
  const wf::git git_here(feature.repo().checkout);
  const std::string own = feature.branch_of(options.wp);
  if (!git_here.has_branch(own)) {
    const auto branch = start_branch(feature, package, options, target, done);
    if (!branch)
      return branch.error();
    return wf::base_at(feature, *branch);
  }
  // The branch is kept; its base is where it left the target.
  auto base = wf::base_at(feature, target);
  if (base)
    if (const auto left = git_here.run({"merge-base", "refs/heads/" + own, base->commit}))
      base->commit = *left;
  return base;
}

/// What stops the claim: the lane, the owner.
std::vector<wf::blocker> claim_blockers(const wf::feature& feature, const wf::work_package& package,
                                        const implement_options& options) {
  std::vector<wf::blocker> found;
  const std::string lane = package.lane();
  if (wf::needs_finished_work(lane))
    found.push_back(
        {package.id, package.id + " is in " + lane + ", not in planned",
         "echo 'WHAT MUST CHANGE' | " + feature.command("agent tasks move-task " + package.id +
                                                        " --to planned --review-feedback-file -")});
  wf::move_facts facts;
  facts.wp_id = package.id;
  facts.owner = lane == "doing" ? package.file.scalar("agent") : std::string();
  facts.agent = options.agent;
  if (auto owner = wf::owner_blocker(facts, feature.command("implement " + package.id)))
    found.push_back(std::move(*owner));
  return found;
}

result<void> claim(wf::work_package& package, const implement_options& options,
                   const wf::base_point& base, bool fresh) {
  wf::lane_edit edit;
  edit.to = "doing";
  edit.at = utc_now();
  edit.agent = options.agent;
  edit.note = "Started implementation";
  if (fresh || package.file.scalar("base_commit").empty()) {
    edit.base_branch = base.branch;
    edit.base_commit = base.commit;
  }
  return wf::apply_lane_edit(package, edit);
}

/// Brings the work package into doing, and commits that; true when it was not there before.
result<bool> commit_claim(context& ctx, const wf::feature& feature, wf::work_package& package,
                          const implement_options& options, const wf::base_point& base,
                          change_words words, bool fresh, work_done& done) {
  const auto known = wf::lane_known_of(feature.repo(), words.branch, package);
  const bool claims = known.recorded != "doing";
  if (!claims && !known.uncommitted)
    return false;
  if (package.lane() != "doing") // else only the commit is missing
    if (auto claimed = claim(package, options, base, fresh); !claimed)
      return claimed.error();
  if (claims)
    done.events.push_back(shown_by(
        lane_event(feature, options.wp, known.recorded, "doing", options.agent.value_or("user")),
        package.path, {"lane", "", "doing"}));
  wf::repo_edit change;
  change.change(package.path, package.file.text());
  if (auto made = change_files(ctx, feature.repo(), change, std::move(words), done); !made)
    return made.error();
  return claims;
}

/// Before the lock is taken: the server may need a second.
void look_for_other_claim(context& ctx, const implement_options& options) {
  if (options.force)
    return;
  const auto feature = find_feature(ctx, options);
  const auto package = feature ? feature->load(options.wp) : result<wf::work_package>(failure{});
  if (package && package->lane() == "planned")
    warn_of_other_claim(ctx, feature->slug(), options.wp);
}

result<work_done> implement(context& ctx, implement_options options) {
  look_for_other_claim(ctx, options);
  auto opened = open_feature_for_edit(ctx, options, [&]() -> result<void> {
    if (!options.agent)
      return {};
    auto agent = one_line("--agent", *options.agent);
    if (!agent)
      return agent.error();
    options.agent = std::move(*agent);
    return {};
  });
  if (!opened)
    return opened.error();
  const wf::feature& feature = opened->feature;
  work_done done;
  done.lock = std::move(opened->lock);
  auto package = feature.load(options.wp);
  if (!package)
    return package.error();
  if (auto own = wf::require_own_lanes(feature); !own)
    return own.error();
  done.aim = options.wp + " cannot be started";
  done.blockers = claim_blockers(feature, *package, options);
  auto words = words_for(ctx, feature, options, "implement " + options.wp,
                         "chore: " + options.wp + " claimed for implementation");
  if (!words)
    return words.error();
  const auto base = base_of(feature, *package, options, wf::target_branch_of(feature), done);
  if (!base)
    return base.error();
  if (options.force)
    done.blockers.clear();
  if (!done.blockers.empty())
    return done;
  if (auto ignored = wf::ignore_worktrees(feature.repo()); !ignored)
    return ignored.error();
  wf::made_worktree tree(feature, options.wp);
  if (auto made = tree.make(base->commit); !made)
    return made.error();

  const auto claims = commit_claim(ctx, feature, *package, options, *base, std::move(*words),
                                   tree.made_branch(), done);
  if (!claims)
    return claims.error();
  const bool fresh = tree.is_new();
  tree.keep();
  const auto path = feature.worktree_of(options.wp).string();
  done.lines.push_back(options.wp + (!*claims && !fresh ? ": already in progress in " : ": ") +
                       path);
  done.fields = [slug = feature.slug(), wp = options.wp, path, fresh,
                 branch = feature.branch_of(options.wp), base = *base](json_writer& out) {
    field(out, "feature", slug);
    field(out, "wp_id", wp);
    field(out, "worktree", path);
    field(out, "branch", branch);
    field(out, "base_branch", base.branch);
    field(out, "base_commit", base.commit);
    field(out, "created", fresh);
  };
  return done;
}

} // namespace

command_action declare_implement(CLI::App& app) {
  auto options = std::make_shared<implement_options>();
  work_package_value(app.add_option("wp", options->wp, "Work package")->required());
  work_package_value(
      app.add_option("--base", options->base, "Start from the branch of this work package"));
  app.add_option("--agent", options->agent, "The agent that implements it")->type_name("A");
  app.add_flag("--force", options->force,
               "Start even if not planned, owned by another agent, or based on unfinished work");
  declare_no_auto_commit(app, *options);
  declare_feature(app, *options);
  return [options](context& ctx) {
    const auto typed =
        typed_options("spec-kitty implement " + options->wp)
            .value("--base", options->base == options->wp ? std::nullopt : options->base)
            .value("--agent", options->agent)
            .flag("--no-auto-commit", options->no_auto_commit);
    return run_work(ctx, *options, [&] { return typed.kept_in(implement(ctx, *options)); });
  };
}

} // namespace spec_kitty
