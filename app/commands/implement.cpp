// spec-kitty implement: a worktree for a work package, and the claim on it.
#include "app/command.hpp"
#include "app/work_command.hpp"
#include "app/workflow/activity_log.hpp"
#include "app/workflow/lanes.hpp"
#include "app/workflow/repo_edit.hpp"
#include "app/workflow/text_lines.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>

namespace spec_kitty {

namespace {

namespace wf = workflow;
namespace fs = std::filesystem;

struct implement_options : work_options {
  std::optional<std::string> base;
  std::optional<std::string> agent;
  bool force = false;
};

/// Worktrees lie inside the checkout, where git must not see them. The ignore goes to the git
/// directory: a tracked .gitignore is the user's.
result<void> ignore_worktrees(const wf::repository& where) {
  const fs::path file = where.git_dir / "info" / "exclude";
  constexpr std::string_view line = "/.worktrees/";
  auto text = read_file(file);
  if (!text)
    return failure{ec::bad_input, text.error().message, "check the file's permissions"};
  std::string bytes = *text ? **text : "";
  for (const auto& one : wf::lines_of_text(bytes))
    if (wf::trimmed(one.content) == line)
      return {};
  if (!bytes.empty() && bytes.back() != '\n')
    bytes += '\n';
  bytes.append(line).append("\n");
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  wf::repo_edit change(where);
  change.change(file, std::move(bytes));
  return change.apply(std::nullopt);
}

/// A worktree that this command made, taken back unless it is kept.
class made_worktree {
public:
  made_worktree(const wf::feature& about, std::string wp)
      : about_(about), wp_(std::move(wp)), git_(about.where().checkout) {}
  ~made_worktree() {
    if (made_tree_)
      (void)git_.run({"worktree", "remove", "--force", about_.worktree_of(wp_).string()});
    if (made_branch_)
      (void)git_.run({"branch", "--quiet", "-D", about_.branch_of(wp_)});
    if (std::error_code error; made_tree_) // where it was the only one
      fs::remove(about_.worktree_of(wp_).parent_path(), error);
  }
  made_worktree(const made_worktree&) = delete;
  made_worktree& operator=(const made_worktree&) = delete;

  result<void> make(const std::string& start) {
    const fs::path path = about_.worktree_of(wp_);
    const std::string branch = about_.branch_of(wp_);
    const auto trees = git_.worktrees();
    if (!trees)
      return trees.error();
    std::error_code error;
    for (const auto& tree : *trees) {
      if (tree.branch != branch || !fs::exists(tree.path, error))
        continue;
      if (fs::equivalent(tree.path, path, error))
        return {}; // from an earlier time
      return failure{ec::bad_input,
                     "the branch " + branch + " is checked out elsewhere: " + tree.path.string(),
                     "free it: git -C " + tree.path.string() + " switch --detach"};
    }
    if (fs::exists(path, error))
      return failure{ec::bad_input,
                     path.string() + " exists and is no worktree of the branch " + branch,
                     "move it away, then: " + about_.command("implement " + wp_)};
    (void)git_.run({"worktree", "prune"}); // of a folder that somebody removed by hand
    const bool known = git_.has_branch(branch);
    const auto made = known ? git_.run({"worktree", "add", "--quiet", path.string(), branch})
                            : git_.run({"worktree", "add", "--quiet", "--no-track", "-b", branch,
                                        path.string(), start});
    if (!made)
      return made.error();
    made_tree_ = true;
    made_branch_ = !known;
    return {};
  }
  bool is_new() const { return made_tree_; }
  void keep() { made_tree_ = made_branch_ = false; }

private:
  const wf::feature& about_;
  std::string wp_;
  wf::git git_;
  bool made_tree_ = false;
  bool made_branch_ = false;
};

/// Where a work package's branch begins.
struct base_point {
  std::string branch;
  std::string commit;
};

result<base_point> base_of(const wf::feature& about, const implement_options& options,
                           const std::string& target) {
  const wf::git git_here(about.where().checkout);
  base_point base{target, {}};
  if (options.base) {
    if (const auto there = about.load(*options.base); !there)
      return there.error();
    if (*options.base == options.wp)
      return failure{ec::bad_input, options.wp + " cannot be its own base",
                     "leave --base out to start from " + target};
    base.branch = about.branch_of(*options.base);
    if (!git_here.has_branch(base.branch))
      return failure{ec::not_found, *options.base + " has no branch " + base.branch + " yet",
                     "start it first: " + about.command("implement " + *options.base)};
  }
  const auto commit = git_here.commit_of(base.branch);
  if (!commit)
    return failure{ec::bad_input, "the branch " + base.branch + " has no commit yet",
                   "make a first one: git commit"};
  base.commit = *commit;
  return base;
}

/// Says which dependencies the new branch will not contain.
void warn_of_missing(context& ctx, const wf::feature& about, const wf::work_package& one,
                     const base_point& base) {
  const wf::git git_here(about.where().checkout);
  for (const auto& dependency : one.dependencies()) {
    const std::string branch = about.branch_of(dependency);
    if (!git_here.has_branch(branch) ||
        git_here.run({"merge-base", "--is-ancestor", branch, base.commit}))
      continue;
    std::string text = one.id + " depends on ";
    text.append(dependency).append(", whose branch is not part of ").append(base.branch);
    ctx.out.warn(text.append("; to build on it: --base ").append(dependency));
  }
}

result<void> check_claim(const wf::feature& about, const wf::work_package& one,
                         const implement_options& options) {
  const std::string lane = one.lane();
  if (options.force)
    return {};
  if (wf::needs_finished_work(lane))
    return failure{ec::bad_input, one.id + " is in " + lane + ", not in planned",
                   "send it back first: " +
                       about.command("agent tasks move-task " + one.id +
                                     " --to planned --review-feedback-file FILE") +
                       ", or give --force"};
  wf::move_facts facts;
  facts.wp_id = one.id;
  facts.owner = lane == "doing" ? one.file.scalar("agent") : std::string();
  facts.agent = options.agent;
  return wf::check_owner(facts);
}

result<void> claim(wf::work_package& one, const implement_options& options, const base_point& base,
                   bool fresh) {
  std::vector<std::pair<const char*, std::string>> values = {{"lane", "doing"}};
  if (options.agent)
    values.emplace_back("agent", *options.agent);
  if (fresh || one.file.scalar("base_commit").empty()) {
    values.emplace_back("base_branch", base.branch);
    values.emplace_back("base_commit", base.commit);
  }
  for (const auto& [key, value] : values)
    if (auto set = one.file.set_scalar(key, value); !set)
      return set;
  const wf::log_entry entry{
      utc_now(), options.agent.value_or("user"), {}, "doing", "Started implementation"};
  one.file.set_body(
      wf::with_log_entry(one.file.body(), entry, wf::line_ending_of(one.file.text())));
  return {};
}

result<work_done> implement(context& ctx, implement_options options) {
  const auto where = wf::repository::here();
  if (!where)
    return where.error();
  const auto about = wf::feature::find(*where, options.feature);
  if (!about)
    return about.error();
  if (options.agent) {
    auto agent = one_line("--agent", *options.agent);
    if (!agent)
      return agent.error();
    options.agent = std::move(*agent);
  }
  work_done done;
  auto lock = wf::lock_edits(*where);
  if (!lock)
    return lock.error();
  done.lock = std::move(*lock);
  auto one = about->load(options.wp);
  if (!one)
    return one.error();
  if (auto allowed = check_claim(*about, *one, options); !allowed)
    return allowed.error();
  const auto target = wf::target_for_commit(*about);
  if (!target)
    return target.error();
  if (!target->warning.empty())
    ctx.out.warn(target->warning);
  const auto base = base_of(*about, options, target->name);
  if (!base)
    return base.error();
  warn_of_missing(ctx, *about, *one, *base);
  if (auto ignored = ignore_worktrees(*where); !ignored)
    return ignored.error();
  made_worktree tree(*about, options.wp);
  if (auto made = tree.make(base->commit); !made)
    return made.error();

  const std::string from = one->lane();
  if (from != "doing") {
    if (auto claimed = claim(*one, options, *base, tree.is_new()); !claimed)
      return claimed.error();
    wf::repo_edit change(*where);
    change.change(one->path, one->file.text());
    if (auto applied = change.apply("chore: " + options.wp + " claimed for implementation");
        !applied)
      return applied.error();
    done.events.push_back(
        lane_event(*about, options.wp, from, "doing", options.agent.value_or("user")));
  }
  const bool fresh = tree.is_new();
  tree.keep();
  const auto path = about->worktree_of(options.wp).string();
  done.lines = {options.wp + (done.events.empty() && !fresh ? ": in progress already in " : ": ") +
                path};
  done.fields = [slug = about->slug(), wp = options.wp, path, fresh,
                 branch = about->branch_of(options.wp), base = *base](json_writer& out) {
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
  app.add_option("--base", options->base, "Start from this work package's branch")
      ->type_name("WPmm");
  app.add_option("--agent", options->agent, "Who implements it")->type_name("A");
  app.add_flag("--force", options->force, "Also from another lane, or another's");
  declare_feature(app, *options);
  return [options](context& ctx) {
    return run_work(ctx, options->wp, [&] { return implement(ctx, *options); });
  };
}

} // namespace spec_kitty
