// Undoing a change that was not committed, and what a killed git leaves: lock files, a stale index.
#pragma once

#include "app/workflow/intents/intent_files.hpp"

#include <string>
#include <vector>

namespace spec_kitty::workflow {

/// Files with other bytes than the intent's: of a hook of the command's own git they are restored,
/// of anybody else they are left.
enum class changed_files { left, restored };

/// Gives every file that still holds the intent's bytes its old ones. Returns a sentence for each
/// file that was left because it has changed since.
std::vector<std::string> take_back(const repository& repo, const intent& record,
                                   changed_files which);

/// After a git that was killed while it took the checkout from the tip of its branch to the commit
/// `goal`, before the branch moved: the files that it had brought already, and its index, are those
/// of the tip again. Returns a sentence for what could not be undone.
std::vector<std::string> return_checkout(const git& git_there, const rooted_files& files,
                                         const std::string& tip, const std::string& goal);

/// The same after a `git merge --ff-only` that was killed before the branch of the intent moved.
std::vector<std::string> take_back_checkout(const repository& repo, const intent& record);

/// After a commit whose git was killed before it wrote the index: the entries of the files that
/// still are those of before get the branch's.
void freshen_index(const intent& record);

/// Removes a lock file that a killed git left: ours, not older than `since`, open in no process,
/// and with no git at work in one of the folders. One that is about to end is waited for, 2 s.
bool remove_stale_lock(const rooted_files& files, const std::filesystem::path& lock, epoch_us since,
                       const std::vector<std::filesystem::path>& folders);

/// Removes lock files of the intent's git: younger than the intent, ours, open in no process, and
/// with no git at work in this repository. Returns their names.
std::vector<std::string> remove_stale_locks(const repository& repo, const intent& record);

} // namespace spec_kitty::workflow
