#include "app/workflow/merge_gates.hpp"

#include "app/workflow/lanes.hpp"
#include "app/workflow/subtasks.hpp"
#include "app/workflow/text_lines.hpp"
#include "app/workflow/worktree_state.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace spec_kitty::workflow {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_named_ignored = 5;

bool contains(const git& runner, const std::string& of, const std::string& commit) {
  return runner.run({"merge-base", "--is-ancestor", commit, of}).ok();
}

std::string short_name(const std::string& commit) {
  return commit.substr(0, 12);
}

result<void> check_checkout(const feature& feature_ref, std::vector<blocker>& found) {
  const auto& checkout = feature_ref.repo().checkout;
  const auto state = look_at_worktree(checkout);
  if (!state)
    return state.error();
  const git git_here(checkout);
  const auto tracked = git_here.changed_paths(false);
  if (!tracked)
    return tracked.error();
  if (!state->operation.empty() && state->operation != "bisect")
    found.push_back(
        {{},
         "a " + state->operation + " is under way in the primary checkout " + checkout.string(),
         end_of_operation(checkout, *state)});
  else if (!tracked->empty())
    found.push_back({{},
                     "the primary checkout has uncommitted changes in " + checkout.string() + ": " +
                         as_utf8(joined(*tracked)),
                     git_command(checkout, "stash")});
  return {};
}

/// HEAD of a worktree against the branch of its work package.
void check_head(const feature& feature_ref, const std::string& wp, const worktree_state& state,
                std::vector<blocker>& found) {
  const auto tree = feature_ref.worktree_of(wp);
  const std::string branch = feature_ref.branch_of(wp);
  const git git_there(tree);
  const std::string full = "refs/heads/" + branch;
  if (state.head.empty() || contains(git_there, full, state.head))
    return;
  const bool ahead = contains(git_there, state.head, full);
  const std::string what = state.branch.empty()
                               ? "commits that are on no branch, up to " + short_name(state.head)
                               : "the branch " + state.branch + " checked out";
  const std::string source = state.branch.empty() ? state.head : shell_word(state.branch);
  found.push_back({wp,
                   wp + "'s worktree " + tree.string() + " has " + what + ", which " + branch +
                       " does not contain",
                   ahead && state.branch.empty()
                       ? git_command(tree, "switch --force-create " + shell_word(branch))
                       : git_command(tree, "switch " + shell_word(branch)) + " && " +
                             git_command(tree, "merge --no-edit " + source)});
}

result<void> check_worktree(const feature& feature_ref, const std::string& wp,
                            std::vector<blocker>& found) {
  const auto tree = feature_ref.worktree_of(wp);
  const auto there = feature_ref.has_worktree(wp);
  if (!there || !*there)
    return there ? result<void>{} : there.error();
  const auto state = look_at_worktree(tree);
  if (!state)
    return state.error();
  if (!state->operation.empty())
    found.push_back(
        {wp, "a " + state->operation + " is under way in " + wp + "'s worktree " + tree.string(),
         end_of_operation(tree, *state)});
  else if (!state->changed.empty())
    found.push_back(
        uncommitted_blocker(wp, {tree.string(), state->changed, state->dirty_submodules}));
  if (state->operation.empty())
    check_head(feature_ref, wp, *state, found);
  return {};
}

/// Whether the work of a work package in `doing` is ready for review.
result<void> check_work(const feature& feature_ref, const merged_work& merged,
                        const work_package& package, std::vector<blocker>& found) {
  const auto subtasks = read_subtasks(feature_ref, package);
  if (!subtasks)
    return subtasks.error();
  if (!subtasks->open.empty())
    found.push_back(unchecked_blocker(feature_ref.slug(), package.id, subtasks->open));
  const git git_here(feature_ref.repo().checkout);
  const std::string branch = feature_ref.branch_of(package.id);
  const auto tip = git_here.commit_of("refs/heads/" + branch);
  if (tip && !merged.has_own_commit(package, *tip))
    found.push_back({package.id,
                     package.id + " has no commit of its own on " + branch +
                         "; commit its work, or put it back",
                     feature_ref.command("agent tasks move-task " + package.id + " --to planned")});
  return {};
}

} // namespace

result<std::vector<blocker>> merge_blockers(const feature& feature_ref,
                                            const std::vector<work_package>& packages,
                                            const std::vector<std::string>& order) {
  std::vector<blocker> found;
  if (auto clean = check_checkout(feature_ref, found); !clean)
    return clean.error();
  const auto merged = merged_work::read(git(feature_ref.repo().checkout), feature_ref, "HEAD");
  if (!merged)
    return merged.error();
  for (const auto& wp : order) {
    if (auto checked = check_worktree(feature_ref, wp, found); !checked)
      return checked.error();
    for (const auto& package : packages)
      if (package.id == wp && package.lane() == "doing")
        if (auto checked = check_work(feature_ref, *merged, package, found); !checked)
          return checked.error();
  }
  return found;
}

result<std::string> reason_to_keep(const feature& feature_ref, const std::string& wp,
                                   const std::string& merged_tip) {
  if (const auto there = feature_ref.has_worktree(wp); !there)
    return there.error();
  const auto tree = feature_ref.worktree_of(wp);
  const auto state = look_at_worktree(tree);
  if (!state)
    return state.error();
  if (!state->operation.empty())
    return "a " + state->operation + " is under way in it";
  if (!state->changed.empty())
    return "it has uncommitted changes: " + as_utf8(joined(state->changed));
  const git git_there(tree);
  const bool is_merged = state->head.empty() || contains(git_there, merged_tip, state->head) ||
                         contains(git_there, target_revision(feature_ref), state->head);
  return is_merged ? std::string()
                   : "its commit " + short_name(state->head) + " is not part of what was merged";
}

std::string ignored_words(const std::string& wp, const std::vector<std::string>& ignored) {
  if (ignored.empty())
    return {};
  const std::vector<std::string> named(
      ignored.begin(),
      ignored.begin() + static_cast<std::ptrdiff_t>(std::min(ignored.size(), max_named_ignored)));
  std::string words = wp + "'s worktree held git-ignored files, which are gone: ";
  words += as_utf8(joined(named));
  if (ignored.size() > named.size())
    words += " and " + std::to_string(ignored.size() - named.size()) + " more";
  return words;
}

} // namespace spec_kitty::workflow
