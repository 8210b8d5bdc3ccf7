#include "app/workflow/worktree_removal.hpp"

#include "app/workflow/text_lines.hpp"
#include "util/text.hpp"

#include <sstream>

namespace spec_kitty::workflow {

namespace fs = std::filesystem;

namespace {

/// The initialised submodules of a worktree, those inside of others too.
result<std::vector<fs::path>> submodules_of(const fs::path& tree) {
  const auto listed =
      git(tree).run({"submodule", "--quiet", "foreach", "--recursive", "printf '%s\\0' \"$PWD\""});
  if (!listed)
    return listed.error();
  std::vector<fs::path> folders;
  std::istringstream names(*listed); // a line break may be part of a name
  for (std::string name; std::getline(names, name, '\0');)
    folders.emplace_back(name);
  return folders;
}

failure found_only_here(const fs::path& module, const std::string& what,
                        const std::string& command) {
  return {ec::bad_input, "its submodule " + module.string() + " has " + what,
          "see them: git -C " + shell_word(module.string()) + " " + command};
}

/// Fails where a submodule holds something that no other repository is known to have.
result<void> check_is_elsewhere(const fs::path& module) {
  const git inside(module);
  const auto changed = inside.changed_paths(true);
  if (!changed)
    return changed.error();
  if (!changed->empty())
    return found_only_here(module, "uncommitted changes: " + joined(*changed), "status");
  if (inside.run({"rev-parse", "--verify", "--quiet", "refs/stash"}))
    return found_only_here(module, "stashed changes", "stash list");
  const auto own =
      inside.run({"rev-list", "--max-count=1", "HEAD", "--branches", "--not", "--remotes"});
  if (!own)
    return own.error();
  if (!own->empty())
    return found_only_here(module, "commits that are not at its remote",
                           "log HEAD --branches --not --remotes");
  return {};
}

} // namespace

result<void> remove_worktree(const git& runner, const fs::path& tree) {
  const auto removed = runner.run({"worktree", "remove", tree.string()});
  if (removed)
    return {};
  const auto modules = submodules_of(tree);
  if (!modules || modules->empty())
    return removed.error();
  for (const auto& module : *modules)
    if (auto elsewhere = check_is_elsewhere(module); !elsewhere)
      return elsewhere;
  const auto changed = git(tree).changed_paths(true);
  if (!changed || !changed->empty())
    return removed.error();
  const auto forced = runner.run({"worktree", "remove", "--force", tree.string()});
  return forced ? result<void>{} : forced.error();
}

} // namespace spec_kitty::workflow
