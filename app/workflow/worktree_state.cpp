#include "app/workflow/worktree_state.hpp"

#include "app/workflow/blockers.hpp"
#include "config/checkout.hpp"
#include "util/text.hpp"

#include <array>
#include <sstream>

namespace spec_kitty::workflow {

namespace fs = std::filesystem;

namespace {

/// The file or folder in a worktree's git directory that shows an operation under way.
struct operation_mark {
  const char* file;
  const char* operation;
};

constexpr std::array<operation_mark, 6> operation_marks = {{{"rebase-merge", "rebase"},
                                                            {"rebase-apply", "rebase"},
                                                            {"MERGE_HEAD", "merge"},
                                                            {"CHERRY_PICK_HEAD", "cherry-pick"},
                                                            {"REVERT_HEAD", "revert"},
                                                            {"BISECT_LOG", "bisect"}}};

std::string operation_in(const fs::path& git_dir) {
  std::error_code error;
  if (fs::exists(git_dir / "rebase-apply" / "applying", error))
    return "am";
  for (const auto& mark : operation_marks)
    if (fs::exists(git_dir / mark.file, error))
      return mark.operation;
  return {};
}

} // namespace

result<worktree_state> look_at_worktree(const fs::path& tree) {
  const git git_there(tree);
  if (std::error_code error; fs::is_regular_file(tree / ".git", error) && !own_git_dir(tree))
    return failure{ec::bad_input,
                   (tree / ".git").string() + " names a git directory that does not exist",
                   "if the repository was moved, run: " +
                       git_command(tree.parent_path().parent_path(),
                                   "worktree repair " + shell_word(tree.string()))};
  const auto git_dir = git_there.run({"rev-parse", "--absolute-git-dir"});
  if (!git_dir)
    return git_dir.error();
  worktree_state state;
  state.head = git_there.commit_of("HEAD").value_or("");
  state.branch = git_there.current_branch();
  state.operation = operation_in(*git_dir);
  const auto listed = git_there.attempt({"--no-optional-locks", "status", "--porcelain", "-z",
                                         "--no-renames", "--untracked-files=normal", "--ignored"});
  if (!listed)
    return listed.error();
  if (listed->status != 0)
    return git_failure({"status"}, *listed);
  std::istringstream entries(listed->out);
  for (std::string entry; std::getline(entries, entry, '\0');) {
    if (entry.size() <= 3)
      continue;
    const std::string mark = entry.substr(0, 2);
    if (mark == "!!") {
      state.ignored.push_back(entry.substr(3));
      continue;
    }
    state.has_conflicts =
        state.has_conflicts || mark == "AA" || mark == "DD" || mark.find('U') != std::string::npos;
    state.changed.push_back(entry.substr(3));
    std::error_code error;
    const auto module = tree / state.changed.back();
    if (mark != "??" && fs::exists(module / ".git", error))
      if (const auto inside = git(module).changed_paths(true); inside && !inside->empty())
        state.dirty_submodules.push_back(state.changed.back());
  }
  return state;
}

std::string end_of_operation(const fs::path& tree, const worktree_state& state) {
  if (state.operation == "bisect")
    return git_command(tree, "bisect reset");
  if (state.has_conflicts)
    return git_command(tree, state.operation + " --abort");
  return git_command(tree, "-c core.editor=true " + state.operation + " --continue");
}

} // namespace spec_kitty::workflow
