// Edits of a feature's files, all or none: lock, temporary file, fsync, rename, one commit; on
// failure the files and the index are as before.
//
// The commit takes exactly the edited paths (`git commit --only`): other staged or changed files
// stay as they are. Rejected: commit-tree and update-ref, which would skip the user's hooks
// and signatures.
#pragma once

#include "app/workflow/feature.hpp"
#include "util/files.hpp"

#include <map>
#include <optional>
#include <string>

namespace spec_kitty::workflow {

/// The one lock for edits of a repository, in its git directory. The outermost of all locks: an
/// event is recorded under it, so that events have the order of the changes.
result<file_lock> lock_edits(const repository& repo);

/// The branch for commits of a feature.
struct target_branch {
  std::string name;
  std::string warning; ///< why it is not the declared branch; else empty
};

/// Refuses if the target branch exists but is not the one checked out in the primary checkout.
/// A declared branch that does not exist yet leaves the current one, with a warning.
result<target_branch> target_for_commit(const feature& feature_ref);

/// The branch that the feature's work goes to: the declared one, if it exists, else the current.
std::string target_branch_of(const feature& feature_ref);

/// The refusal if the target exists but is not checked out in the primary checkout.
failure target_not_here(const feature& feature_ref, const std::string& target);

class repo_edit {
public:
  explicit repo_edit(const repository& repo) : git_(repo.checkout), git_dir_(repo.git_dir) {}

  /// Plans new bytes for a file, which may be a new file.
  void change(const std::filesystem::path& path, std::string bytes);
  bool empty() const { return wanted_.empty(); }

  /// Replaces the files; with a message also commits them. The caller holds the edit lock.
  git_result<void> apply(const std::optional<std::string>& commit_message);
  /// A file that was to be committed is ignored by git: it is changed, and not committed.
  bool ignored() const { return ignored_; }

private:
  struct old_file {
    std::optional<std::string> bytes; ///< nothing if it did not exist
    unsigned mode = 0666;             ///< less the umask
  };
  result<void> write_all();
  git_result<void> commit(const std::string& message);
  /// The paths that the index does not know. Those that git ignores are taken out of `paths`.
  git::words drop_ignored(git::words& paths);
  void roll_back();

  git git_;
  std::filesystem::path git_dir_;
  bool ignored_ = false;
  std::map<std::filesystem::path, std::string> wanted_;
  std::map<std::filesystem::path, old_file> before_;
};

} // namespace spec_kitty::workflow
