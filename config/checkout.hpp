// The primary checkout of a folder, in every layout that git knows: one answer for identity,
// features, locks and privacy. Files are read, nothing is written, no git process is started:
// `emit` must stay fast.
//
//   folder ──▶ its working tree (.git upwards) ──▶ common git directory ──▶ primary checkout
//                                                                              └─▶ project root
#pragma once

#include <filesystem>
#include <optional>

namespace spec_kitty {

/// Where a folder belongs.
struct checkout_location {
  /// The project's root: `.kittify` and `kitty-specs` lie here. The top of the primary checkout,
  /// or a folder in it that has a `.kittify` of its own.
  std::filesystem::path root;
  /// The top of the primary checkout. Of a bare repository: the worktree of the branch that its
  /// HEAD names, else the outermost worktree that the folder lies in.
  std::filesystem::path top;
  /// The git directory that all worktrees share. Empty: not a git repository.
  std::filesystem::path git_dir;
  /// GIT_DIR named the repository, no `.git` does: git must be told of it too.
  bool from_environment = false;
  /// A `.git` file leads to a directory that does not exist: the repository was moved or removed.
  bool dangling = false;

  /// The root's path from the top; empty: they are the same.
  std::filesystem::path subfolder() const;
};

/// Where `from`, an absolute path, belongs. Without git the nearest folder upwards that has
/// `.kittify`. Nothing outside of both, nor in a bare repository without a worktree.
///
/// `.git` counts before GIT_DIR, which a hook's environment holds also for a command that a script
/// runs in another repository.
std::optional<checkout_location> locate_checkout(const std::filesystem::path& from);

/// The git directory of a working tree itself: its HEAD and index lie here. Nothing where `.git`
/// leads nowhere.
std::optional<std::filesystem::path> own_git_dir(const std::filesystem::path& tree);

/// The file in which a primary checkout is noted where git keeps no trace of it
/// (`git init --separate-git-dir`). Empty where git does.
std::filesystem::path primary_note(const checkout_location& place);

} // namespace spec_kitty
