#include "app/workflow/index_refresh.hpp"

#include "config/git_files.hpp"
#include "util/files.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <sstream>

namespace spec_kitty::workflow {

namespace fs = std::filesystem;

namespace {

/// Hooks that run in a commit and may change its files.
constexpr std::array<const char*, 4> commit_hooks = {"pre-commit", "prepare-commit-msg",
                                                     "commit-msg", "post-commit"};

/// A configuration that names another folder of hooks, or includes a file that may.
bool may_name_hooks(const fs::path& file) {
  auto text = read_file(file);
  if (!text)
    return true;
  if (!*text)
    return false;
  std::transform((*text)->begin(), (*text)->end(), (*text)->begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return (*text)->find("hookspath") != std::string::npos ||
         (*text)->find("[include") != std::string::npos;
}

std::vector<fs::path> configuration_files(const fs::path& common_git_dir) {
  std::vector<fs::path> files = {common_git_dir / "config", common_git_dir / "config.worktree",
                                 "/etc/gitconfig"};
  if (const char* named = std::getenv("GIT_CONFIG_GLOBAL"); named != nullptr) {
    files.emplace_back(named);
    return files;
  }
  const char* home = std::getenv("HOME");
  if (home != nullptr)
    files.emplace_back(fs::path(home) / ".gitconfig");
  if (const char* folder = std::getenv("XDG_CONFIG_HOME"); folder != nullptr)
    files.emplace_back(fs::path(folder) / "git" / "config");
  else if (home != nullptr)
    files.emplace_back(fs::path(home) / ".config" / "git" / "config");
  return files;
}

std::vector<std::string> names_in(const std::string& list) {
  std::vector<std::string> names;
  std::istringstream entries(list);
  for (std::string name; std::getline(entries, name, '\0');)
    if (!name.empty())
      names.push_back(name);
  return names;
}

} // namespace

bool hooks_may_run(const fs::path& common_git_dir) {
  for (const char* variable : {"GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_SYSTEM"})
    if (std::getenv(variable) != nullptr)
      return true;
  for (const char* hook : commit_hooks)
    if (::access((common_git_dir / "hooks" / hook).c_str(), X_OK) == 0)
      return true;
  const auto files = configuration_files(common_git_dir);
  return std::any_of(files.begin(), files.end(), may_name_hooks);
}

void refresh_index(const git& runner) {
  // Relative to the top of the checkout, like the paths of `diff`.
  const auto committed =
      runner.run({"diff-tree", "-r", "-z", "--root", "--no-commit-id", "--name-only", "HEAD"});
  if (!committed || committed->empty())
    return;
  const auto on_disk = runner.run({"diff-index", "-z", "--name-only", "HEAD"});
  if (!on_disk || on_disk->empty())
    return; // nothing differs, neither in the index nor on disk
  std::vector<std::string> stale;
  const auto differing = names_in(*on_disk);
  for (auto& name : names_in(*committed))
    if (std::find(differing.begin(), differing.end(), name) != differing.end())
      stale.push_back(std::move(name));
  const auto top =
      stale.empty() ? result<std::string>(failure{}) : runner.run({"rev-parse", "--show-toplevel"});
  if (!top)
    return;
  const git at_top(*top);
  for (const auto& name : stale) {
    const auto hash = at_top.run({"hash-object", "--", name});
    const auto kept = at_top.run({"rev-parse", "--verify", "--quiet", "HEAD:" + name});
    if (hash && kept && *hash == *kept)
      (void)at_top.run({"reset", "--quiet", "--", literal_path(name)});
  }
}

} // namespace spec_kitty::workflow
