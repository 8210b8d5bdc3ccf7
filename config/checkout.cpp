#include "config/checkout.hpp"

#include "config/git_files.hpp"

#include <cstdlib>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

constexpr const char* note_name = "spec-kitty.checkout";

/// A working tree, and the git directories it leads to.
struct working_tree {
  fs::path top;
  fs::path git_dir; ///< its own
  fs::path common;  ///< shared by all worktrees of the repository
};

bool is_linked(const working_tree& tree) {
  return tree.git_dir != tree.common;
}

std::optional<working_tree> tree_at(const fs::path& folder) {
  const auto own = own_git_dir(folder);
  if (!own)
    return std::nullopt;
  return working_tree{folder, *own, common_dir_of(*own)};
}

/// Calls `look` with the folder and each one above it until it returns true.
template <class Look>
void climb(const fs::path& from, const Look& look) {
  for (fs::path at = from; !at.empty(); at = at.parent_path())
    if (look(at) || at == at.root_path())
      return;
}

/// True where the folder's `.git` is that of the repository's primary checkout.
bool is_primary_of(const fs::path& folder, const fs::path& common) {
  const auto tree = tree_at(folder);
  return tree && !is_linked(*tree) && same_folder(tree->common, common);
}

/// The outermost worktree of the repository that `from` lies in, or its primary checkout where that
/// one is above it.
fs::path outermost(const fs::path& from, const fs::path& common) {
  fs::path found = from;
  climb(from.parent_path(), [&](const fs::path& at) {
    if (const auto tree = tree_at(at); tree && same_folder(tree->common, common))
      found = at;
    return false;
  });
  return found;
}

/// The worktree of a bare repository that stands for its primary checkout.
std::optional<fs::path> primary_of_bare(const fs::path& common,
                                        const std::optional<fs::path>& from) {
  const auto trees = linked_worktrees(common);
  const std::string head = first_line_of(common / "HEAD");
  if (head.starts_with("ref: ") && !head.ends_with("/.invalid")) // what git's reftable form has
    for (const auto& tree : trees)
      if (first_line_of(tree.admin / "HEAD") == head)
        return tree.top;
  if (from)
    return outermost(*from, common);
  return trees.size() == 1 ? std::optional(trees.front().top) : std::nullopt;
}

/// The primary checkout that shares `common` with the linked worktree `from`.
std::optional<fs::path> primary_of(const fs::path& common, const std::optional<fs::path>& from) {
  const git_core_config core = read_core_config(common);
  if (core.bare)
    return primary_of_bare(common, from);
  if (!core.worktree.empty()) // of a submodule
    if (auto tree = resolved(common / core.worktree); is_primary_of(tree, common))
      return tree;
  if (common.filename() == ".git")
    return common.parent_path();
  // A separate git directory does not name its working tree: it is looked for above its worktrees.
  if (from)
    if (auto above = outermost(*from, common); is_primary_of(above, common))
      return above;
  if (fs::path noted = first_line_of(common / note_name); is_primary_of(noted, common))
    return noted;
  for (const auto& tree : linked_worktrees(common))
    if (auto above = outermost(tree.top, common); is_primary_of(above, common))
      return above;
  return from ? std::optional(outermost(*from, common)) : std::nullopt;
}

/// A worktree that was moved together with the repository around it: its `.git` file names the old
/// place, but a repository above it knows a worktree of that name.
std::optional<working_tree> moved_tree(const fs::path& top) {
  const std::string name = gitdir_of_file(top / ".git").filename().string();
  std::optional<working_tree> found;
  if (name.empty())
    return found;
  climb(top.parent_path(), [&](const fs::path& at) {
    const auto above = tree_at(at);
    std::error_code error;
    if (above && fs::is_directory(above->common / "worktrees" / name, error))
      found = working_tree{top, above->common / "worktrees" / name, above->common};
    return found.has_value();
  });
  return found;
}

/// The nearest folder from `from` up to `top` that has `.kittify`; `top` where none has.
fs::path project_root(const fs::path& from, const fs::path& top) {
  fs::path found = top;
  climb(from, [&](const fs::path& at) {
    std::error_code error;
    if (at == top)
      return true;
    if (!fs::is_directory(at / ".kittify", error))
      return false;
    found = at;
    return true;
  });
  return found;
}

bool is_below(const fs::path& path, const fs::path& folder) {
  const auto relative = path.lexically_relative(folder);
  return !relative.empty() && *relative.begin() != "..";
}

/// The project that `from`, in the working tree `tree`, belongs to in the primary checkout. A work
/// package's worktree belongs to the project whose `.worktrees` holds it.
fs::path root_in_primary(const fs::path& from, const fs::path& tree, const fs::path& primary) {
  const auto relative = from.lexically_relative(tree);
  if (!relative.empty() && relative != "." && *relative.begin() != "..")
    if (auto root = project_root(primary / relative, primary); root != primary)
      return root;
  const fs::path holder = tree.parent_path();
  if (tree != primary && holder.filename() == ".worktrees" && is_below(holder, primary))
    return project_root(holder.parent_path(), primary);
  return primary;
}

std::optional<checkout_location> located(const fs::path& from, const working_tree& tree) {
  std::error_code error;
  const bool maybe_bare = !is_linked(tree) && !fs::exists(tree.git_dir / "index", error);
  checkout_location place;
  place.git_dir = tree.common;
  place.top = tree.top;
  if (is_linked(tree) || (maybe_bare && read_core_config(tree.common).bare)) {
    const auto primary =
        primary_of(tree.common, is_linked(tree) ? std::optional(tree.top) : std::nullopt);
    if (!primary)
      return std::nullopt;
    place.top = *primary;
  }
  const bool inside = is_linked(tree) || place.top == tree.top;
  place.root = inside ? root_in_primary(from, tree.top, place.top) : place.top;
  return place;
}

/// The repository of GIT_DIR and GIT_WORK_TREE.
std::optional<checkout_location> located_by_environment(const fs::path& from) {
  const char* named = std::getenv("GIT_DIR");
  if (named == nullptr || *named == '\0' || !is_git_dir(named))
    return std::nullopt;
  const fs::path common = common_dir_of(resolved(named));
  checkout_location place;
  place.git_dir = common;
  const char* tree = std::getenv("GIT_WORK_TREE");
  const auto core = read_core_config(common);
  if (tree != nullptr && *tree != '\0')
    place.top = resolved(tree);
  else if (!core.worktree.empty())
    place.top = resolved(common / core.worktree);
  else if (auto primary = primary_of(common, std::nullopt))
    place.top = std::move(*primary);
  else if (!core.bare)
    place.top = from; // as git does
  else
    return std::nullopt;
  place.root = is_below(from, place.top) ? project_root(from, place.top) : place.top;
  place.from_environment = !tree_at(place.top);
  return place;
}

} // namespace

fs::path checkout_location::subfolder() const {
  return root == top ? fs::path() : root.lexically_relative(top);
}

std::optional<fs::path> own_git_dir(const fs::path& tree) {
  std::error_code error;
  const fs::path entry = tree / ".git";
  const auto kind = fs::status(entry, error);
  if (fs::is_directory(kind))
    return entry;
  if (!fs::is_regular_file(kind))
    return std::nullopt;
  const fs::path named = gitdir_of_file(entry);
  return !named.empty() && fs::is_directory(named, error) ? std::optional(named) : std::nullopt;
}

std::optional<checkout_location> locate_checkout(const fs::path& from) {
  std::optional<checkout_location> place;
  std::optional<fs::path> configured; // the nearest folder with a .kittify
  bool found = false;
  climb(from, [&](const fs::path& at) {
    std::error_code error;
    if (auto tree = tree_at(at)) {
      place = located(from, *tree);
      found = true;
    } else if (fs::is_regular_file(at / ".git", error)) {
      if (const auto moved = moved_tree(at))
        place = located(from, *moved);
      else
        place = checkout_location{project_root(from, at), at, {}, false, true};
      found = true;
    } else if (is_git_dir(at)) { // in a bare repository, or in a git directory
      const auto common = common_dir_of(at);
      if (const auto primary = primary_of(common, std::nullopt))
        place = checkout_location{*primary, *primary, common, false, false};
      found = true;
    } else if (!configured && fs::is_directory(at / ".kittify", error)) {
      configured = at;
    }
    return found;
  });
  if (found)
    return place;
  if (auto named = located_by_environment(from))
    return named;
  if (configured)
    return checkout_location{*configured, *configured, {}, false, false};
  return std::nullopt;
}

fs::path primary_note(const checkout_location& place) {
  if (place.git_dir.empty() || place.git_dir.filename() == ".git")
    return {};
  const auto core = read_core_config(place.git_dir);
  return core.bare || !core.worktree.empty() ? fs::path() : place.git_dir / note_name;
}

} // namespace spec_kitty
