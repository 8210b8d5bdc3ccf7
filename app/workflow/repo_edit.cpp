#include "app/workflow/repo_edit.hpp"

#include "app/workflow/blockers.hpp"
#include "app/workflow/git_trouble.hpp"
#include "app/workflow/intents/signal_hold.hpp"
#include "app/workflow/worktree_state.hpp"
#include "config/git_files.hpp"
#include "util/text.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>

namespace spec_kitty::workflow {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds lock_patience{60};
constexpr std::size_t max_edited_file_bytes = std::size_t{16} << 20;

} // namespace

failure in_repository(const failure& why) {
  return why.code == ec::bad_input ? why // it names what is in the way, and what removes it
                                   : failure{ec::work_failed, why.message,
                                             "check the permissions and the free space there"};
}

result<new_mode> mode_for(const rooted_files& files, const fs::path& file) {
  const auto mode = files.mode_of(file);
  if (!mode)
    return mode.error();
  return *mode ? new_mode{**mode, true} : new_mode{};
}

result<file_lock> lock_edits(const repository& repo) {
  auto lock = repo.git_files().lock(repo.git_dir / "spec-kitty.lock", lock_patience,
                                    git_file_mode(repo.git_dir));
  if (!lock)
    return in_repository(lock.error());
  if (!*lock)
    return failure{ec::bad_input,
                   "another spec-kitty command has been editing this repository for " +
                       std::to_string(lock_patience.count()) + " s",
                   "wait for it, or end it; then run the command again"};
  return std::move(**lock);
}

bool edit_is_under_way(const repository& repo) {
  const auto lock = repo.git_files().open(repo.git_dir / "spec-kitty.lock", O_RDONLY);
  return lock && *lock && ::flock(lock->get(), LOCK_SH | LOCK_NB) != 0;
}

result<target_branch> target_for_commit(const feature& feature_ref) {
  const git git_here(feature_ref.repo().checkout);
  const std::string current = git_here.current_branch();
  const std::string& declared = feature_ref.declared_target();
  if (declared.empty() && current.empty())
    return no_branch_here(feature_ref);
  if (declared.empty() || declared == current)
    return target_branch{current, {}};
  if (!git_here.has_branch(declared)) {
    if (auto usable = check_git(git_here); !usable)
      return usable.error();
    if (current.empty())
      return failure{ec::bad_input,
                     "the target branch " + declared + " of " + feature_ref.slug() +
                         " does not exist, and no branch is checked out",
                     "create it: git -C " + shell_word(feature_ref.repo().checkout.string()) +
                         " switch -c " + shell_word(declared)};
    return target_branch{current, "the target branch " + declared + " of " + feature_ref.slug() +
                                      " does not exist; the changes go to " + current};
  }
  return target_not_here(feature_ref, declared);
}

std::string target_branch_of(const feature& feature_ref) {
  const git git_here(feature_ref.repo().checkout);
  const std::string& declared = feature_ref.declared_target();
  const std::string current = git_here.current_branch();
  return declared.empty() || (declared != current && !git_here.has_branch(declared)) ? current
                                                                                     : declared;
}

failure no_branch_here(const feature& feature_ref) {
  const fs::path& checkout = feature_ref.repo().checkout;
  const auto latest = git(checkout).run({"for-each-ref", "--count=1", "--sort=-committerdate",
                                         "--format=%(refname:short)", "refs/heads"});
  const bool known = latest && !latest->empty();
  return {ec::bad_input, checkout.string() + " has no branch checked out",
          "check one out: " +
              git_command(checkout, known ? "switch " + shell_word(*latest) : "switch -c main")};
}

failure target_not_here(const feature& feature_ref, const std::string& target) {
  const git git_here(feature_ref.repo().checkout);
  const std::string here = feature_ref.repo().checkout.string();
  if (const auto trees = git_here.worktrees(); trees)
    for (const auto& tree : *trees)
      if (tree.branch == target) {
        const std::string elsewhere = tree.path.string();
        std::string message = "the target branch " + target + " of " + feature_ref.slug();
        std::string hint = "free it, then check it out here: git -C " + shell_word(elsewhere);
        hint.append(" switch --detach && git -C ").append(shell_word(here));
        hint.append(" switch ").append(shell_word(target));
        return {ec::bad_input, message.append(" is checked out elsewhere: ").append(elsewhere),
                hint};
      }
  if (const auto state = look_at_worktree(here); state && !state->operation.empty())
    return {ec::bad_input,
            "a " + state->operation + " is under way in the primary checkout " + here +
                ", and the target branch " + target + " of " + feature_ref.slug() +
                " is not checked out",
            "end it first: " + end_of_operation(here, *state)};
  const std::string current = git_here.current_branch();
  std::string message = here + " is on " + (current.empty() ? "no branch" : current);
  message.append(", but the target branch of ")
      .append(feature_ref.slug())
      .append(" is ")
      .append(target);
  return {ec::bad_input, message,
          "check it out first: git -C " + shell_word(here) + " switch " + shell_word(target)};
}

void repo_edit::change(const fs::path& path, std::string bytes) {
  wanted_[path] = std::move(bytes);
}

result<void> repo_edit::apply(const rooted_files& files) {
  const signal_hold hold;
  auto done = write_all(files);
  if (!done)
    roll_back(files);
  return done;
}

result<void> repo_edit::write_all(const rooted_files& files) {
  for (const auto& [path, bytes] : wanted_) {
    auto now = files.read(path, max_edited_file_bytes);
    if (!now)
      return in_repository(now.error());
    const auto mode = mode_for(files, path);
    if (!mode)
      return in_repository(mode.error());
    before_[path] = {std::move(*now), *mode};
    files.remove_unfinished(path); // of a command that was killed
    if (auto written = files.replace(path, bytes, *mode); !written)
      return in_repository(written.error());
  }
  return {};
}

void repo_edit::roll_back(const rooted_files& files) {
  for (const auto& [path, old] : before_) {
    if (old.bytes)
      (void)files.replace(path, *old.bytes, old.mode);
    else
      (void)files.remove(path);
  }
}

} // namespace spec_kitty::workflow
