#include "app/workflow/unfinished_worktree.hpp"

#include "config/git_files.hpp"
#include "util/files.hpp"
#include "util/scratch_folder.hpp"
#include "util/text.hpp"

#include <chrono>
#include <sstream>
#include <thread>
#include <vector>

namespace spec_kitty::workflow {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds git_patience{10};
constexpr std::chrono::milliseconds git_pause{10};
constexpr std::size_t max_command_line = 65536;

/// Whether a `git worktree` is at work that names the path: of a command that was killed.
bool git_works_on(const fs::path& path) {
  const std::string nul(1, '\0');
  const std::string name = nul + path.string() + nul;
  const std::string verb = nul + "worktree" + nul;
  std::error_code error;
  for (fs::directory_iterator at("/proc", error), end; !error && at != end; at.increment(error)) {
    if (!whole_number<pid_t>(at->path().filename().string()))
      continue;
    const auto words = read_file(at->path() / "cmdline", max_command_line);
    if (words && *words && (*words)->find(verb) != std::string::npos &&
        (*words)->find(name) != std::string::npos)
      return true;
  }
  return false;
}

/// Folders without a file, from the innermost; the others stay.
void remove_empty_folders(const rooted_files& files, const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> inner;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (std::error_code gone; at->is_directory(gone) && !at->is_symlink(gone))
      inner.push_back(at->path());
  for (const auto& each : inner)
    remove_empty_folders(files, each);
  files.remove_empty_folder(folder);
}

/// Every file in the folder is the branch's; `index` is git with an index of its own.
bool holds_only_files_of(const git& index, const std::string& branch) {
  if (!index.run({"read-tree", "refs/heads/" + branch}))
    return false;
  (void)index.attempt({"update-index", "-q", "--really-refresh"}); // fails for each missing file
  const auto others = index.run({"ls-files", "--others"});
  const auto changed = index.run({"diff-files", "--name-only", "--no-renames", "--diff-filter=d"});
  return others && others->empty() && changed && changed->empty();
}

void wait_for_git_on(const fs::path& path) {
  const auto give_up = std::chrono::steady_clock::now() + git_patience;
  while (git_works_on(path) && std::chrono::steady_clock::now() < give_up)
    std::this_thread::sleep_for(git_pause);
}

/// Its only changes are files that are missing: git removes a worktree file by file.
bool lacks_files_alone(const fs::path& tree) {
  const auto status =
      git(tree).run({"status", "--porcelain", "-z", "--no-renames", "--untracked-files=all"});
  if (!status || status->empty())
    return false;
  std::istringstream entries(*status);
  for (std::string entry; std::getline(entries, entry, '\0');)
    if (!entry.starts_with(" D "))
      return false;
  return true;
}

bool is_gone(const rooted_files& files, const fs::path& path) {
  const auto found = files.kind_of(path);
  return found && *found == entry_kind::missing;
}

} // namespace

void remove_half_made_worktree(const git& runner, const repository& repo, const fs::path& path) {
  std::error_code error;
  const auto files = repo.worktree_files();
  const auto admin = [&] { // a worktree of this repository alone
    const auto named = gitdir_of_file(path / ".git");
    return same_folder(named.parent_path(), repo.git_dir / "worktrees") ? named : fs::path();
  };
  const auto is_unfinished = [&] {
    return !admin().empty() && first_line_of(admin() / "locked") == "initializing";
  };
  wait_for_git_on(path);
  if (is_unfinished()) {
    (void)runner.run({"worktree", "remove", "--force", "--force", path.string()});
    if (is_unfinished()) { // git does not know it yet: nothing but `.git` is in it
      fs::remove_all(admin(), error);
      (void)files.remove(path / ".git");
      files.remove_empty_folder(path);
    }
  }
}

bool is_half_removed_worktree(const repository& repo, const fs::path& path) {
  const auto files = repo.worktree_files();
  const auto found = files.kind_of(path);
  return found && *found == entry_kind::folder && is_gone(files, path / ".git");
}

bool remove_half_removed_worktree(const repository& repo, const fs::path& path,
                                  const std::string& branch) {
  const auto files = repo.worktree_files();
  remove_empty_folders(files, path);
  if (is_gone(files, path))
    return true;
  scratch_folder scratch;
  if (!scratch.make())
    return false;
  const git index(path, {"GIT_DIR=" + repo.git_dir.string(), "GIT_WORK_TREE=" + path.string(),
                         "GIT_INDEX_FILE=" + (scratch.path() / "index").string()});
  if (!holds_only_files_of(index, branch))
    return false;
  const auto known = index.run({"ls-files", "-z"});
  if (!known)
    return false;
  (void)files.remove(path / ".git"); // first: without it the rest is known for what it is
  std::istringstream names(*known);
  for (std::string name; std::getline(names, name, '\0');)
    (void)files.remove(path / name);
  remove_empty_folders(files, path);
  return is_gone(files, path);
}

bool end_removal_of_worktree(const git& runner, const repository& repo, const fs::path& path,
                             const std::string& branch) {
  wait_for_git_on(path);
  const bool begun = is_gone(repo.worktree_files(), path) || is_half_removed_worktree(repo, path) ||
                     lacks_files_alone(path);
  if (!begun || !remove_half_removed_worktree(repo, path, branch))
    return false;
  (void)runner.run({"worktree", "prune"});
  return true;
}

} // namespace spec_kitty::workflow
