// Edits of a repository's files, all or none: lock, temporary file, fsync, rename; on failure the
// files are as before. What is committed, or has events, is handed to intents/change.hpp.
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

/// Whether another command holds that lock now. Changes nothing.
bool edit_is_under_way(const repository& repo);

/// The branch for commits of a feature.
struct target_branch {
  std::string name;
  std::string warning; ///< why it is not the declared branch; else empty
};

/// A failure about files of the repository, which are not the home's: the command's own.
failure in_repository(const failure& why);

/// The permissions for files that are replaced: those that the file has, else 0666 less the umask.
result<new_mode> mode_for(const rooted_files& files, const std::filesystem::path& file);

/// Refuses if the target branch exists but is not the one checked out in the primary checkout.
/// A declared branch that does not exist yet leaves the current one, with a warning.
result<target_branch> target_for_commit(const feature& feature_ref);

/// The branch that the feature's work goes to: the declared one, if it exists, else the current.
std::string target_branch_of(const feature& feature_ref);

/// The refusal where no branch is checked out in the primary checkout and the feature names none.
failure no_branch_here(const feature& feature_ref);

/// The refusal if the target exists but is not checked out in the primary checkout.
failure target_not_here(const feature& feature_ref, const std::string& target);

class repo_edit {
public:
  /// Plans new bytes for a file, which may be a new file.
  void change(const std::filesystem::path& path, std::string bytes);
  bool empty() const { return wanted_.empty(); }
  /// The planned files and their bytes.
  const std::map<std::filesystem::path, std::string>& wanted() const { return wanted_; }

  /// Replaces the files below a root, all or none. The caller holds the edit lock. With a commit,
  /// or with events: open_change (app/workflow/intents).
  result<void> apply(const rooted_files& files);

private:
  struct old_file {
    std::optional<std::string> bytes; ///< nothing if it did not exist
    new_mode mode;
  };
  result<void> write_all(const rooted_files& files);
  void roll_back(const rooted_files& files);

  std::map<std::filesystem::path, std::string> wanted_;
  std::map<std::filesystem::path, old_file> before_;
};

} // namespace spec_kitty::workflow
