// spec-kitty implement: a worktree for a work package, and the claim on it.
#include "app/cli/command.hpp"
#include "app/cli/work_command.hpp"
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

result<wf::base_point> base_of(const wf::feature& feature, const implement_options& options,
                               const std::string& target) {
  const wf::git git_here(feature.repo().checkout);
  std::string branch = target;
  if (options.base) {
    if (const auto there = feature.load(*options.base); !there)
      return there.error();
    if (*options.base == options.wp)
      return failure{ec::bad_input, options.wp + " cannot be its own base",
                     "leave --base out to start from " + target};
    branch = feature.branch_of(*options.base);
    if (!git_here.has_branch(branch))
      return failure{ec::not_found, *options.base + " has no branch " + branch + " yet",
                     "start it first: " + feature.command("implement " + *options.base)};
  }
  return wf::base_at(feature, branch);
}

/// Says which dependencies the new branch will not contain.
void warn_of_missing(context& ctx, const wf::feature& feature, const wf::work_package& package,
                     const wf::base_point& base) {
  const wf::git git_here(feature.repo().checkout);
  for (const auto& dependency : package.dependencies()) {
    const std::string branch = feature.branch_of(dependency);
    if (!git_here.has_branch(branch) ||
        git_here.run({"merge-base", "--is-ancestor", branch, base.commit}))
      continue;
    std::string text = package.id + " depends on ";
    text.append(dependency).append(", whose branch is not part of ").append(base.branch);
    ctx.out.warn(text.append("; to build on it: --base ").append(dependency));
  }
}

result<void> check_claim(const wf::feature& feature, const wf::work_package& package,
                         const implement_options& options) {
  const std::string lane = package.lane();
  if (options.force)
    return {};
  if (wf::needs_finished_work(lane))
    return failure{ec::bad_input, package.id + " is in " + lane + ", not in planned",
                   "send it back first: " +
                       feature.command("agent tasks move-task " + package.id +
                                       " --to planned --review-feedback-file FILE") +
                       ", or give --force"};
  wf::move_facts facts;
  facts.wp_id = package.id;
  facts.owner = lane == "doing" ? package.file.scalar("agent") : std::string();
  facts.agent = options.agent;
  return wf::check_owner(facts);
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

result<work_done> implement(context& ctx, implement_options options) {
  auto opened = open_feature_for_edit(options, [&]() -> result<void> {
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
  if (auto allowed = check_claim(feature, *package, options); !allowed)
    return allowed.error();
  const auto target = wf::target_for_commit(feature);
  if (!target)
    return target.error();
  if (!target->warning.empty())
    ctx.out.warn(target->warning);
  const auto base = base_of(feature, options, target->name);
  if (!base)
    return base.error();
  warn_of_missing(ctx, feature, *package, *base);
  if (auto ignored = wf::ignore_worktrees(feature.repo()); !ignored)
    return ignored.error();
  wf::made_worktree tree(feature, options.wp);
  if (auto made = tree.make(base->commit); !made)
    return made.error();

  const std::string from = package->lane();
  if (from != "doing") {
    if (auto claimed = claim(*package, options, *base, tree.is_new()); !claimed)
      return claimed.error();
    wf::repo_edit change(feature.repo());
    change.change(package->path, package->file.text());
    if (auto applied = change.apply("chore: " + options.wp + " claimed for implementation");
        !applied)
      return applied.error();
    done.events.push_back(
        lane_event(feature, options.wp, from, "doing", options.agent.value_or("user")));
  }
  const bool fresh = tree.is_new();
  tree.keep();
  const auto path = feature.worktree_of(options.wp).string();
  done.lines = {options.wp + (done.events.empty() && !fresh ? ": already in progress in " : ": ") +
                path};
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
  app.add_option("wp", options->wp, "Work package")->type_name("WPnn")->required();
  app.add_option("--base", options->base, "Start from the branch of this work package")
      ->type_name("WPmm");
  app.add_option("--agent", options->agent, "The agent that implements it")->type_name("A");
  app.add_flag("--force", options->force, "Start it from any lane, even if another agent owns it");
  declare_feature(app, *options);
  return [options](context& ctx) {
    return run_work(ctx, *options, [&] { return implement(ctx, *options); });
  };
}

} // namespace spec_kitty
