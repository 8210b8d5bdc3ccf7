#include "app/chaos/workpackages/leftovers.hpp"

#include "app/chaos/process.hpp"

#include <algorithm>

namespace spec_kitty::chaos {

namespace fs = std::filesystem;

namespace {

bool is_below(const fs::path& path, const fs::path& folder) {
  const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

void add_files(const fs::path& folder, std::vector<std::string>& left) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    left.push_back("left in the git directory: " + entry.path().filename().string());
}

void add_locks(const fs::path& folder, std::vector<std::string>& left) {
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    const auto name = at->path().filename().string();
    if (name == "objects" || name == "hooks")
      at.disable_recursion_pending();
    else if (name.ends_with(".lock") && name != "spec-kitty.lock")
      left.push_back("left a lock: " + at->path().lexically_relative(folder).string());
  }
}

} // namespace

std::vector<pid_t> git_processes(const fs::path& checkout) {
  std::vector<pid_t> found;
  std::error_code error;
  for (fs::directory_iterator at("/proc", error), end; !error && at != end; at.increment(error)) {
    const auto name = at->path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos)
      continue;
    std::error_code gone;
    const auto place = fs::read_symlink(at->path() / "cwd", gone);
    if (!gone && is_below(place, checkout) &&
        support::read_text(at->path() / "comm").starts_with("git"))
      found.push_back(static_cast<pid_t>(std::stol(name)));
  }
  return found;
}

std::vector<std::string> leftovers_in(const fs::path& checkout, const git_runner& git) {
  std::vector<std::string> left;
  const auto git_dir = checkout / ".git";
  add_files(git_dir / "spec-kitty" / "intents", left);
  add_locks(git_dir, left);
  std::error_code error;
  if (fs::exists(git_dir / "spec-kitty-merge.json", error))
    left.emplace_back("left a merge that is not ended");
  for (const auto& line : support::lines_of(git({"status", "--porcelain"}, {})))
    left.push_back("left uncommitted: " + line);
  for (const auto& line : support::lines_of(git({"worktree", "list", "--porcelain"}, {})))
    if (line.starts_with("prunable") || line.starts_with("locked"))
      left.push_back("left a worktree that is " + line);
  for (const auto& entry : fs::directory_iterator(checkout / ".worktrees", error))
    if (!fs::exists(entry.path() / ".git", error))
      left.push_back("left a part of the worktree " + entry.path().filename().string());
  for (const auto pid : git_processes(checkout))
    left.push_back("left git at work, process " + std::to_string(pid));
  return left;
}

} // namespace spec_kitty::chaos
