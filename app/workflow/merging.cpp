#include "app/workflow/merging.hpp"

#include "app/workflow/git_trouble.hpp"
#include "app/workflow/intents/take_back.hpp"
#include "app/workflow/merge_gates.hpp"
#include "app/workflow/repo_edit.hpp"
#include "app/workflow/unfinished_worktree.hpp"
#include "app/workflow/worktree_removal.hpp"
#include "app/workflow/worktree_state.hpp"
#include "app/workflow/worktree_use.hpp"
#include "util/closest.hpp"
#include "util/text.hpp"

#include <sys/stat.h>

namespace spec_kitty::workflow {

namespace fs = std::filesystem;

namespace {

fs::path state_file(const repository& repo) {
  return repo.git_dir / "spec-kitty-merge.json";
}

std::vector<std::string> branches_of(const git& git_here) {
  std::vector<std::string> all;
  if (const auto listed = git_here.run({"for-each-ref", "--format=%(refname:short)", "refs/heads"}))
    for (std::string_view rest = *listed; !rest.empty();) {
      const auto end = std::min(rest.find('\n'), rest.size());
      all.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  return all;
}

} // namespace

result<std::string> merge_target(const feature& feature_ref,
                                 const std::optional<std::string>& named) {
  const git git_here(feature_ref.repo().checkout);
  const std::string here = feature_ref.repo().checkout.string();
  const std::string current = git_here.current_branch();
  const std::string target = named ? *named
                             : feature_ref.declared_target().empty()
                                 ? current
                                 : feature_ref.declared_target();
  if (target.empty())
    return no_branch_here(feature_ref);
  if (auto usable = check_git_merges(git_here); !usable)
    return usable.error();
  if (current == target && !git_here.commit_of("HEAD"))
    return failure{ec::bad_input, target + " has no commit yet",
                   "create a first commit: " +
                       git_command(feature_ref.repo().checkout, "commit --allow-empty -m start")};
  if (!git_here.has_branch(target))
    return failure{ec::not_found,
                   "the target branch " + target + " does not exist" +
                       did_you_mean(closest(target, branches_of(git_here))),
                   "create it, or give another with --target: " +
                       git_command(here, "branch " + shell_word(target))};
  if (current == target)
    return target;
  return target_not_here(feature_ref, target);
}

bool has_moved(const feature& feature_ref, const merge_state& state) {
  const git git_here(feature_ref.repo().checkout);
  return !state.to.empty() &&
         git_here.run({"merge-base", "--is-ancestor", state.to, "refs/heads/" + state.target}).ok();
}

result<void> move_target(const feature& feature_ref, const merge_state& state) {
  if (has_moved(feature_ref, state))
    return {};
  const git git_here(feature_ref.repo().checkout);
  const auto moved = git_here.run({"merge", "--quiet", "--ff-only", "--no-stat", state.to});
  return moved ? result<void>{} : moved.error();
}

result<void> take_back(const feature& feature_ref, const merge_state& state) {
  const git git_here(feature_ref.repo().checkout);
  const auto head = git_here.commit_of("HEAD");
  if (!head || *head == state.from || !has_moved(feature_ref, state))
    return {};
  if (git_here.current_branch() != state.target || *head != state.to)
    return failure{ec::blocked, "the target " + state.target + " has changed since the merge began",
                   feature_ref.command("merge --resume")};
  // What an abort that was killed has brought already would be in the way of this one.
  (void)return_checkout(git_here, feature_ref.repo().files(), state.to, state.from);
  const auto back = git_here.run({"reset", "--quiet", "--keep", state.from});
  return back ? result<void>{} : back.error();
}

namespace {

result<void> push_target(const feature& feature_ref, const merge_state& state) {
  const git git_here(feature_ref.repo().checkout);
  const auto set = git_here.run({"config", "branch." + state.target + ".remote"});
  const std::string remote = set && !set->empty() ? *set : "origin";
  const auto pushed =
      git_here.run({"push", "--quiet", remote, state.target}, std::chrono::minutes(10));
  if (pushed)
    return {};
  return failure{ec::work_failed, "everything is merged, but not pushed: " + pushed.error().message,
                 "fix that, then run: " + feature_ref.command("merge --resume")};
}

/// Removes the worktree; false where it stays.
bool remove_worktree(const feature& feature_ref, const std::string& wp, const std::string& tip,
                     std::vector<std::string>& warnings) {
  const auto tree = feature_ref.worktree_of(wp);
  const git git_here(feature_ref.repo().checkout);
  const auto has_ended = [&] {
    return end_removal_of_worktree(git_here, feature_ref.repo(), tree, feature_ref.branch_of(wp));
  };
  const auto reason = reason_to_keep(feature_ref, wp, tip);
  if (!reason || !reason->empty()) {
    if (has_ended())
      return true;
    warnings.push_back(tree.string() + " was kept: " + (reason ? *reason : reason.error().message));
    return false;
  }
  if (const auto user = user_of_worktree(tree)) {
    warnings.push_back(
        tree.string() + " was kept: " + user->words() + "; when it has ended: " +
        git_command(feature_ref.repo().checkout, "worktree remove " + shell_word(tree.string())));
    return false;
  }
  const auto state = look_at_worktree(tree);
  if (const auto gone = remove_worktree(git_here, tree); !gone && !has_ended()) {
    warnings.push_back(tree.string() + " was kept: " + gone.error().message + "; " +
                       gone.error().hint);
    return false;
  }
  if (auto words = state ? ignored_words(wp, state->ignored) : std::string(); !words.empty())
    warnings.push_back(std::move(words));
  return true;
}

/// Removes the branch, unless somebody committed to it after it was merged.
void remove_branch(const feature& feature_ref, const std::string& wp, const std::string& tip,
                   std::vector<std::string>& warnings) {
  const git git_here(feature_ref.repo().checkout);
  const std::string branch = feature_ref.branch_of(wp);
  const auto now = git_here.commit_of("refs/heads/" + branch);
  if (!now)
    return;
  if (!tip.empty() && !git_here.run({"merge-base", "--is-ancestor", *now, tip})) {
    warnings.push_back("the branch " + branch + " was kept: it has commits that are not merged");
    return;
  }
  if (const auto gone = git_here.run({"branch", "--quiet", "-D", branch}); !gone)
    warnings.push_back("the branch " + branch + " was kept: " + gone.error().message);
}

/// Locks that git leaves when it is killed while it removes a worktree or a branch. They are newer
/// than the state: nothing but such a removal has run since.
void remove_locks_of_removals(const repository& repo, const merge_state& state,
                              const feature& feature_ref) {
  struct stat written {};
  if (::stat(state_file(repo).c_str(), &written) != 0)
    return;
  std::vector<std::string> names = {"packed-refs.lock", "config.lock"};
  for (const auto& wp : state.order)
    names.push_back("refs/heads/" + feature_ref.branch_of(wp) + ".lock");
  for (const auto& name : names)
    (void)remove_stale_lock(repo.git_files(), repo.git_dir / name,
                            epoch_us{written.st_mtim.tv_sec} * 1'000'000,
                            {repo.checkout, repo.git_dir});
}

} // namespace

result<void> finish_merge(const feature& feature_ref, const merge_state& state,
                          std::vector<std::string>& warnings) {
  if (state.push)
    if (auto pushed = push_target(feature_ref, state); !pushed)
      return pushed;
  remove_locks_of_removals(feature_ref.repo(), state, feature_ref);
  std::error_code error;
  const auto here = fs::current_path(error).string();
  for (std::size_t at = 0; at < state.order.size(); ++at) {
    const auto& wp = state.order[at];
    const std::string tip = at < state.tips.size() ? state.tips[at] : state.to;
    const auto tree = feature_ref.worktree_of(wp);
    const bool there = fs::exists(tree, error);
    const auto real = fs::canonical(tree, error).string();
    const bool inside = there && (here + "/").starts_with(real + "/");
    if (inside && !state.keep_worktree)
      warnings.push_back(
          tree.string() + " was kept: you are in it; remove it with: " +
          git_command(feature_ref.repo().checkout, "worktree remove " + shell_word(tree.string())));
    if (there && (state.keep_worktree || inside))
      continue; // its branch is checked out there
    if (there && !remove_worktree(feature_ref, wp, tip, warnings))
      continue;
    if (!there) // deleted by hand: git would not remove the branch that it believes is there
      (void)git(feature_ref.repo().checkout).run({"worktree", "prune"});
    if (!state.keep_branch)
      remove_branch(feature_ref, wp, tip, warnings);
  }
  feature_ref.repo().worktree_files().remove_empty_folder(feature_ref.repo().worktree_folder());
  return {};
}

result<std::optional<merge_state>> read_merge_state(const repository& repo) {
  const auto text = repo.git_files().read(state_file(repo));
  if (!text)
    return input_failure(text.error());
  if (!*text)
    return std::optional<merge_state>{};
  auto state = decode_merge_state(**text);
  if (!state)
    return failure{ec::bad_input, state_file(repo).string() + ": " + state.error().message,
                   "git log shows what is merged; put the file away: mv " +
                       shell_word(state_file(repo).string()) + " " +
                       shell_word(state_file(repo).string() + ".damaged")};
  return std::optional<merge_state>{std::move(*state)};
}

result<void> write_merge_state(const repository& repo, const merge_state& state) {
  auto written = repo.git_files().replace(state_file(repo), encode(state), {0644});
  if (!written)
    return failure{ec::bad_input, written.error().message, in_repository(written.error()).hint};
  return written;
}

void remove_merge_state(const repository& repo) {
  (void)repo.git_files().remove(state_file(repo));
}

} // namespace spec_kitty::workflow
