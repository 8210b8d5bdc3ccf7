#include "app/orchestrate/steps.hpp"

#include "app/orchestrate/intent_events.hpp"
#include "app/workflow/intents/settle.hpp"
#include "app/workflow/intents/uncommitted.hpp"
#include "app/workflow/repo_edit.hpp"
#include "app/workflow/text_lines.hpp"
#include "util/text.hpp"

#include <thread>

namespace spec_kitty::orchestrate {

namespace fs = std::filesystem;
namespace wf = workflow;

namespace {

using namespace std::chrono_literals;

constexpr auto git_patience = 10s;
constexpr auto git_pause = 50ms;

/// Runs git; waits while another git process holds a lock in the same place.
result<std::string> patient(const wf::git& repo, const wf::git::words& arguments) {
  for (auto left = git_patience / git_pause;; --left) {
    auto attempt = repo.run(arguments);
    if (attempt || left <= 0 || !attempt.git_busy)
      return attempt;
    std::this_thread::sleep_for(git_pause);
  }
}

bool holds(const wf::git& repo, const std::string& commit, const std::string& branch) {
  return repo.run({"merge-base", "--is-ancestor", "refs/heads/" + branch, commit}).ok();
}

/// The branches of dependencies whose work is not in the target.
std::vector<std::string> open_branches(const wf::feature& feature,
                                       const std::vector<std::string>& dependencies,
                                       const std::string& target) {
  const wf::git git_here(feature.repo().checkout);
  std::vector<std::string> branches;
  for (const auto& id : dependencies)
    if (const auto branch = feature.branch_of(id);
        git_here.has_branch(branch) && !holds(git_here, target, branch))
      branches.push_back(branch);
  return branches;
}

result<void> merge_into(const wf::feature& feature, const std::string& wp,
                        const std::string& branch) {
  const auto tree = feature.worktree_of(wp);
  const wf::git git_there(tree);
  if (holds(git_there, "HEAD", branch))
    return {};
  if (git_there.commit_of("MERGE_HEAD"))
    return failure{ec::bad_input,
                   wp + ": its worktree " + tree.string() + " has an unfinished merge",
                   "finish it: git -C " + shell_word(tree.string()) +
                       " merge --continue; then: " + feature.command("orchestrate --resume")};
  const auto merged =
      patient(git_there, {"merge", "--quiet", "--no-edit", "-m",
                          "Merge " + branch + " into " + feature.branch_of(wp), branch});
  if (merged)
    return {};
  const auto files = git_there.run({"diff", "--name-only", "--diff-filter=U"});
  const bool conflict = files && !files->empty();
  (void)git_there.run({"merge", "--abort"});
  if (!conflict)
    return merged.error();
  std::string names;
  for (const auto& line : wf::lines_of_text(*files))
    names += (names.empty() ? "" : ", ") + wf::as_utf8(line.content);
  return failure{ec::bad_input,
                 wp + ": its dependencies conflict: " + branch +
                     " conflicts with an earlier merged branch, in " + names,
                 "resolve it: git -C " + shell_word(tree.string()) + " merge " +
                     shell_word(branch) +
                     ", commit, then: " + feature.command("orchestrate --resume")};
}

} // namespace

void wait_for_git(const wf::feature& feature, const orchestration& run) {
  const auto busy = [&] {
    std::error_code error;
    if (fs::exists(feature.repo().git_dir / "index.lock", error))
      return true;
    for (const auto& package : run.packages)
      if (fs::exists(feature.repo().git_dir / "worktrees" /
                         feature.worktree_of(package.id).filename() / "index.lock",
                     error))
        return true;
    return false;
  };
  for (auto left = git_patience / git_pause; left > 0 && busy(); --left)
    std::this_thread::sleep_for(git_pause);
}

result<wf::base_point> ready_worktree(const wf::feature& feature, const package_run& package_state,
                                      const std::vector<std::string>& dependencies, bool fresh) {
  const auto lock = wf::lock_edits(feature.repo());
  if (!lock)
    return lock.error();
  const std::string target = wf::target_branch_of(feature);
  const auto branches = open_branches(feature, dependencies, target);
  const auto base = wf::base_at(feature, branches.empty() ? target : branches.front());
  if (!base)
    return base.error();
  wf::made_worktree tree(feature, package_state.id);
  if (auto made = tree.make(base->commit); !made)
    return made.error();
  const wf::git git_there(feature.worktree_of(package_state.id));
  if (fresh && !tree.is_new()) {
    const auto changed = git_there.changed_paths(true);
    if (!changed)
      return changed.error();
    const std::string path = feature.worktree_of(package_state.id).string();
    if (!changed->empty())
      return failure{
          ec::bad_input,
          package_state.id + ": its worktree " + path +
              " holds changes that no agent of this run made: " + wf::joined(*changed),
          "commit or stash them: git -C " + shell_word(path) +
              " stash --include-untracked; then: " + feature.command("orchestrate --resume")};
  }
  tree.keep();
  for (const auto& branch : branches)
    if (auto merged = merge_into(feature, package_state.id, branch); !merged)
      return merged.error();
  return *base;
}

result<void> commit_leftovers(const wf::feature& feature, const std::string& wp,
                              const std::string& agent) {
  const auto there = feature.has_worktree(wp);
  if (!there)
    return there.error();
  if (!*there && wf::git(feature.repo().checkout).has_branch(feature.branch_of(wp)))
    return {};
  const wf::git git_there(feature.worktree_of(wp));
  if (const auto branch = git_there.current_branch(); branch != feature.branch_of(wp))
    return failure{ec::bad_input,
                   wp + ": " + agent + " left its worktree on " +
                       (branch.empty() ? "no branch" : "the branch " + branch),
                   "bring its work to " + feature.branch_of(wp) + ": git -C " +
                       shell_word(git_there.checkout().string()) + " switch " +
                       shell_word(feature.branch_of(wp)) +
                       "; then: " + feature.command("orchestrate --resume")};
  const auto changed = git_there.changed_paths(true);
  if (!changed)
    return changed.error();
  if (changed->empty())
    return {};
  if (const auto added = patient(git_there, {"add", "--all"}); !added)
    return added.error();
  std::string author = "--author=" + agent;
  author.append(" <").append(agent).append("@agents.invalid>");
  const auto made = patient(git_there, {"-c", "maintenance.auto=false", "commit", "--quiet", author,
                                        "-m", "feat: " + wp + " as " + agent + " left it"});
  if (!made)
    return failure{ec::bad_input, wp + ": its work cannot be committed: " + made.error().message,
                   "commit it: git -C " + shell_word(git_there.checkout().string()) +
                       " commit; then: " + feature.command("orchestrate --resume")};
  return {};
}

result<bool> has_own_work(const wf::feature& feature, const std::string& wp,
                          const std::vector<std::string>& dependencies) {
  const wf::git git_here(feature.repo().checkout);
  const auto package = feature.load(wp);
  if (!package)
    return package.error();
  wf::git::words arguments = {"rev-list", "--max-count=1", "refs/heads/" + feature.branch_of(wp),
                              "--not", wf::target_branch_of(feature)};
  if (const auto base = git_here.commit_of(package->file.scalar("base_commit")))
    arguments.push_back(*base);
  for (const auto& id : dependencies)
    if (git_here.has_branch(feature.branch_of(id)))
      arguments.push_back("refs/heads/" + feature.branch_of(id));
  arguments.insert(arguments.begin() + 1, "--no-merges");
  arguments.emplace_back("--");
  const auto found = patient(git_here, arguments);
  if (!found)
    return found.error();
  return !found->empty();
}

result<lane_move> move_lane(const wf::feature& feature, const package_run& package_state,
                            wf::lane_edit edit, const std::optional<std::string>& message,
                            const recorder& events) {
  auto lock = wf::lock_edits(feature.repo());
  if (!lock)
    return lock.error();
  if (auto settled = wf::settle_intents(feature.repo(), events.settle_host()); !settled)
    return settled.error();
  auto package = feature.load(package_state.id);
  if (!package)
    return package.error();
  std::string branch;
  if (message) {
    const auto target = wf::target_for_commit(feature);
    if (!target)
      return target.error();
    branch = target->name;
  }
  const auto known = wf::lane_known_of(feature.repo(), branch, *package);
  if (known.recorded == edit.to && !known.uncommitted)
    return lane_move{std::move(*lock), std::nullopt};
  if (known.recorded != package_state.lane && known.recorded != edit.to)
    return failure{ec::bad_input,
                   package_state.id + " was moved to " + known.recorded +
                       " while it was being moved from " + package_state.lane + " to " + edit.to,
                   "resume from there: " + feature.command("orchestrate --resume")};
  const std::string to = edit.to;
  const std::string by = edit.reviewer.value_or(edit.agent.value_or("user"));
  if (package->lane() != to) {
    const auto now = format_timestamp(wall_clock_now());
    edit.at = now.substr(0, 19) + "Z";
    if (!package->file.scalar("base_commit").empty())
      edit.base_commit.clear();
    if (auto edited = wf::apply_lane_edit(*package, edit); !edited)
      return edited.error();
  }
  wf::repo_edit change;
  change.change(package->path, package->file.text());
  for (auto left = git_patience / git_pause;; --left) {
    wf::change_request request = new_change("orchestrate: " + package_state.id + " to " + to);
    request.branch = branch;
    request.subject = message;
    request.interruptible = false; // the run stops after the step
    if (known.recorded != to)
      events.add_to(request, package_state,
                    wf::shown_by(wf::lane_event(feature, package_state.id, known.recorded, to, by),
                                 package->path, {"lane", "", to}));
    auto made = wf::open_change::carry_out(feature.repo(), change, std::move(request));
    if (made)
      return lane_move{std::move(*lock), std::move(*made)};
    if (left <= 0 || !made.git_busy)
      return made.error();
    std::this_thread::sleep_for(git_pause);
  }
}

std::string resolution_of(const wf::feature& feature, const std::string& wp) {
  const wf::git git_here(feature.repo().checkout);
  const auto branch = feature.branch_of(wp);
  return git_here.has_branch(branch) && !holds(git_here, wf::target_branch_of(feature), branch)
             ? "completed"
             : "merged";
}

} // namespace spec_kitty::orchestrate
