#include "app/workflow/worktree.hpp"

#include "app/workflow/blockers.hpp"
#include "app/workflow/git_trouble.hpp"
#include "app/workflow/intents/take_back.hpp"
#include "app/workflow/repo_edit.hpp"
#include "app/workflow/text_lines.hpp"
#include "app/workflow/unfinished_worktree.hpp"
#include "app/workflow/worktree_use.hpp"
#include "config/checkout.hpp"
#include "config/git_files.hpp"
#include "util/json.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace spec_kitty::workflow {

namespace fs = std::filesystem;

result<void> require_branch_names(const feature& feature_ref) {
  const git git_here(feature_ref.repo().checkout);
  if (const auto runs = git_here.run({"check-ref-format", "refs/heads/name"}); !runs)
    return runs.error();                              // git itself is in trouble
  const auto is_name = [&](const std::string& name) { // `@{-1}` stands for another name
    const auto end = git_here.attempt({"check-ref-format", "--branch", name});
    return end && end->status == 0 && trimmed(end->out) == name;
  };
  if (const auto name = feature_ref.branch_of("WP01"); !is_name(name))
    return failure{ec::bad_input, "git cannot have a branch " + excerpt(as_utf8(name)),
                   "rename the folder " + shell_word("kitty-specs/" + feature_ref.slug())};
  if (const auto& target = feature_ref.declared_target(); !target.empty() && !is_name(target))
    return failure{ec::bad_input, "git cannot have a target branch " + excerpt(as_utf8(target)),
                   "correct target_branch in " + shell_word(feature_ref.meta_path().string())};
  return {};
}

result<void> ignore_paths(const repository& repo, const std::vector<std::string>& lines) {
  const fs::path file = repo.git_dir / "info" / "exclude";
  const auto text = read_file(file); // as git reads it: it may be a link of the user's
  if (!text)
    return input_failure(text.error());
  const std::string before = *text ? **text : "";
  std::string bytes = before;
  std::string by_hand;
  for (const auto& pattern : lines) { // the file's patterns begin at the top of the checkout
    const std::string line =
        repo.subfolder.empty() ? pattern : "/" + repo.subfolder.generic_string() + pattern;
    const auto there = lines_of_text(before);
    if (std::any_of(there.begin(), there.end(),
                    [&](const auto& entry) { return trimmed(entry.content) == line; }))
      continue;
    if (!bytes.empty() && bytes.back() != '\n')
      bytes += '\n';
    bytes.append(line).append("\n");
    by_hand += (by_hand.empty() ? "echo " : " && echo ") + shell_word(line) + " >> " +
               shell_word(file.string());
  }
  if (bytes == before)
    return {};
  const auto files = repo.git_files();
  repo_edit change;
  change.change(file, bytes);
  auto written = files.make_folders(file.parent_path());
  if (written)
    written = change.apply(files);
  if (written || written.error().code != ec::bad_input)
    return written;
  return failure{ec::bad_input, written.error().message,
                 "let git ignore what is made here: " + by_hand};
}

result<void> ignore_worktrees(const repository& repo) {
  return ignore_paths(repo, {"/.worktrees/"});
}

made_worktree::~made_worktree() {
  try {
    if (made_tree_)
      (void)git_.run({"worktree", "remove", "--force", feature_.worktree_of(wp_).string()});
    if (made_branch_)
      (void)git_.run({"branch", "--quiet", "-D", feature_.branch_of(wp_)});
    if (made_tree_) // if it is empty now
      feature_.repo().worktree_files().remove_empty_folder(feature_.repo().worktree_folder());
  } catch (...) { // out of memory: the worktree is left, and the next command finds it
    made_tree_ = false;
  }
}

namespace {

/// Notes where the primary checkout is, if git has no trace of it, so that commands called from
/// this worktree find it wherever it lies.
void note_primary(const repository& repo) {
  const auto place = locate_checkout(repo.checkout);
  const fs::path note = place ? primary_note(*place) : fs::path();
  if (!note.empty() && first_line_of(note) != place->top.string())
    (void)rooted_files(note.parent_path()).replace(note, place->top.string() + "\n", {0644});
}

/// Makes the folder of the worktrees; each name that leads to it is a real folder.
result<void> make_worktree_folder(const repository& repo) {
  const auto files = repo.worktree_files();
  if (!repo.elsewhere.empty()) {
    std::error_code error; // the person's own choice
    fs::create_directories(repo.elsewhere, error);
    const auto made = files.make_folders(repo.worktree_folder(), {0700});
    return made ? made : in_repository(made.error());
  }
  const auto made = files.make_folders(repo.worktree_folder());
  return made ? made : in_repository(made.error());
}

failure not_a_worktree(const feature& feature_ref, const std::string& wp) {
  const auto path = feature_ref.worktree_of(wp).string();
  return {ec::bad_input,
          path + " exists but is not a worktree of the branch " + feature_ref.branch_of(wp),
          "move it away: mv " + shell_word(path) + " " + shell_word(path + ".old") +
              "; then run: " + feature_ref.command("implement " + wp)};
}

/// Nothing where git may make the worktree: its folder is real and lies where it belongs, and
/// nothing is in its place.
result<void> check_is_free(const feature& feature_ref, const std::string& wp) {
  const auto& repo = feature_ref.repo();
  const auto path = feature_ref.worktree_of(wp);
  if (auto made = make_worktree_folder(repo); !made)
    return made;
  const auto found = repo.worktree_files().kind_of(path);
  if (!found)
    return found.error();
  if (*found == entry_kind::missing)
    return {};
  return not_a_worktree(feature_ref, wp);
}

} // namespace

result<void> made_worktree::make(const std::string& start) {
  const fs::path path = feature_.worktree_of(wp_);
  const std::string branch = feature_.branch_of(wp_);
  if (auto there = feature_.has_worktree(wp_); !there)
    return there.error();
  if (is_half_removed_worktree(feature_.repo(), path))
    if (const auto user = user_of_worktree(path))
      return failure{ec::bad_input, path.string() + " has lost its .git file, and " + user->words(),
                     "end it: kill " + std::to_string(user->pid) +
                         "; then run: " + feature_.command("implement " + wp_)};
  remove_half_made_worktree(git_, feature_.repo(), path);
  const auto& git_dir =
      feature_.repo().git_dir; // of a git that was killed while it made the branch
  (void)remove_stale_lock(feature_.repo().git_files(),
                          git_dir / "refs" / "heads" / (branch + ".lock"), 0,
                          {feature_.repo().checkout, git_dir});
  if (is_half_removed_worktree(feature_.repo(), path) &&
      !remove_half_removed_worktree(feature_.repo(), path, branch))
    return not_a_worktree(feature_, wp_);
  const auto trees = git_.worktrees();
  if (!trees)
    return trees.error();
  std::error_code error;
  for (const auto& tree : *trees) {
    if (tree.branch != branch || !fs::exists(tree.path, error))
      continue;
    if (fs::equivalent(tree.path, path, error))
      return {}; // it exists already
    return failure{ec::bad_input,
                   "the branch " + branch + " is checked out elsewhere: " + tree.path.string(),
                   "free it: git -C " + shell_word(tree.path.string()) + " switch --detach"};
  }
  if (auto free = check_is_free(feature_, wp_); !free)
    return free;
  auto made = add(path, branch, start);
  // The lock of a branch that is spec-kitty's own, and nobody's that works.
  const auto& repo = feature_.repo();
  if (made.git_busy &&
      remove_stale_lock(repo.git_files(), repo.git_dir / ("refs/heads/" + branch + ".lock"), 0,
                        {repo.checkout, repo.git_dir}))
    made = add(path, branch, start);
  if (!made)
    return made.error();
  if (const auto there = feature_.has_worktree(wp_); !there)
    return there.error(); // something was put in its place meanwhile
  note_primary(feature_.repo());
  made_tree_ = true;
  return {};
}

git_result<std::string> made_worktree::add(const fs::path& path, const std::string& branch,
                                           const std::string& start) {
  const bool known = git_.has_branch(branch);
  auto made = known ? git_.run({"worktree", "add", "--quiet", path.string(), branch})
                    : git_.run({"worktree", "add", "--quiet", "--no-track", "-b", branch,
                                path.string(), start});
  made_branch_ = !known && made.ok();
  return made;
}

void repair_if_moved(const feature& feature_ref, const std::string& wp) {
  const auto tree = feature_ref.worktree_of(wp);
  std::error_code error;
  if (fs::is_regular_file(tree / ".git", error) && !own_git_dir(tree))
    (void)git(feature_ref.repo().checkout).worktrees();
}

result<base_point> base_at(const feature& feature_ref, const std::string& branch) {
  const auto commit = git(feature_ref.repo().checkout).commit_of(branch);
  if (!commit) {
    if (auto usable = check_git(git(feature_ref.repo().checkout)); !usable)
      return usable.error();
    return failure{ec::bad_input, "the branch " + branch + " has no commit yet",
                   "create a first commit: " +
                       git_command(feature_ref.repo().checkout, "commit --allow-empty -m start")};
  }
  return base_point{branch, *commit};
}

} // namespace spec_kitty::workflow
