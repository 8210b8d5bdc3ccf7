// The way of a command's change: intent written, files replaced, commit, events recorded, intent
// removed. Signals that end the command are held back from the first step to the last.
//
// The commit takes exactly the edited paths (`git commit --only`): other staged or changed files
// stay as they are. Rejected: commit-tree and update-ref, which would skip the user's hooks
// and signatures.
#pragma once

#include "app/workflow/intents/intent_files.hpp"
#include "app/workflow/intents/signal_hold.hpp"
#include "app/workflow/repo_edit.hpp"
#include "app/workflow/work_event.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace spec_kitty::workflow {

/// Said once where a commit leaves files out.
inline constexpr const char* ignored_files_words =
    "git ignores the changed files: they are changed, but not committed";

/// What a command wants to change, besides the files.
struct change_request {
  std::string id; ///< a fresh ULID
  epoch_us at = 0;
  std::string command;                ///< as a person types it
  std::string branch;                 ///< that is committed to
  std::optional<std::string> subject; ///< of the commit; nothing: the files are not committed
  std::vector<work_event> events;     ///< complete, validated and redacted; each with `shown`
  bool interruptible = true;          ///< held signals end the commit
  std::string to;                     ///< move_branch: the commit that `branch` moves to
};

/// A change that is on disk and whose events are not recorded yet. It holds the signals back and
/// its intent stays on disk until `finish`; an intent that is left is settled by the next command.
class open_change {
public:
  /// Changes the files of `edit`, and commits them. On failure files and index are as before. The
  /// caller holds the edit lock and has settled what was found.
  static git_result<open_change> carry_out(const repository& repo, const repo_edit& edit,
                                           change_request request);

  /// Moves the checked-out `branch` forward to the commit `to`, which was made before. The events
  /// are shown by files as that commit has them.
  static git_result<open_change> move_branch(const repository& repo, change_request request);

  /// A file that was to be committed is ignored by git: it is changed, and not committed.
  bool ignored() const { return ignored_; }
  const intent& record() const { return record_; }
  /// The events are about to be recorded in this home.
  void recording(const std::string& home);
  /// No home could be used: the intent stays for the next command. Returns the number of events of
  /// older intents that were dropped and counted, since only 1,000 are kept.
  std::size_t keep_unrecorded();
  /// Its events are recorded: removes the intent.
  void finish();

private:
  open_change(const repository& repo, intent record)
      : repo_(repo), folder_(repo), record_(std::move(record)),
        hold_(std::make_unique<signal_hold>()) {}

  result<void> begin(const repo_edit& edit);
  result<void> write_files(const repo_edit& edit);
  git_result<void> commit();
  git_result<void> forward();
  git_result<void> run_marked(const git& git_there, const git::words& arguments);
  /// The paths that the index does not know. Those that git ignores are taken out of `paths`.
  git::words drop_ignored(const git& git_there, git::words& paths);
  git_result<void> try_commit(const git& git_there, const git::words& paths);

  repository repo_;
  intent_folder folder_;
  intent record_;
  std::unique_ptr<signal_hold> hold_;
  bool interruptible_ = true;
  bool ignored_ = false;
};

} // namespace spec_kitty::workflow
