// Whether somebody works in a worktree: one in use is neither removed nor made again.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

namespace spec_kitty::workflow {

/// A process whose working folder lies in a worktree.
struct worktree_user {
  pid_t pid = 0;
  std::string program; ///< as the kernel names it, made printable

  /// `process 123 (bash) works in it`.
  std::string words() const;
};

/// The first such process, other than this one; nothing where none can be seen: the kernel shows
/// the working folders of the user's own processes only.
std::optional<worktree_user> user_of_worktree(const std::filesystem::path& tree);

} // namespace spec_kitty::workflow
