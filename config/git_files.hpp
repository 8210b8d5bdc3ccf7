// Files in a git directory, read without git. https://git-scm.com/docs/gitrepository-layout
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace spec_kitty {

/// What of a repository's configuration says where its working tree is. Include files are not
/// followed.
struct git_core_config {
  bool bare = false;
  std::string worktree; ///< relative to the git directory; empty: not set
};

git_core_config read_core_config(const std::filesystem::path& common);

/// The mode of a file of ours in a git directory: 0600, or what core.sharedRepository gives to
/// others. https://git-scm.com/docs/git-config
unsigned git_file_mode(const std::filesystem::path& common);

/// The value of `core.<name>` in one configuration file (`name` in lower case); the last one
/// counts.
std::string core_value(const std::filesystem::path& file, std::string_view name);

/// A linked worktree as the repository notes it.
struct linked_worktree {
  std::filesystem::path top;
  std::filesystem::path admin; ///< `worktrees/<name>` in the common git directory
};

/// Those that still exist, in the order of their names.
std::vector<linked_worktree> linked_worktrees(const std::filesystem::path& common);

/// The first line without white space at its end; empty where the file cannot be read.
std::string first_line_of(const std::filesystem::path& file);

/// What a `.git` file names; empty: nothing.
std::filesystem::path gitdir_of_file(const std::filesystem::path& file);

/// The git directory that a worktree's own one shares with the others; itself where it has none.
std::filesystem::path common_dir_of(const std::filesystem::path& git_dir);

/// True for a folder that git takes for a git directory.
bool is_git_dir(const std::filesystem::path& folder);

/// Absolute, without links, `..` and a slash at its end; where it does not exist, as far as the
/// text tells.
std::filesystem::path resolved(const std::filesystem::path& path);

bool same_folder(const std::filesystem::path& left, const std::filesystem::path& right);

} // namespace spec_kitty
