// A command's change of files together with its events, so that an interruption loses neither: the
// protocol of docs/intents.md, from the command's side.
#pragma once

#include "app/cli/work_command.hpp"
#include "app/cli/work_events.hpp"
#include "app/workflow/intents/change.hpp"
#include "app/workflow/intents/settle.hpp"

#include <memory>

namespace spec_kitty {

/// How a change is made.
struct change_words {
  std::string command;                ///< as a person types it
  std::string branch;                 ///< that is committed to; not used without a subject
  std::optional<std::string> subject; ///< of the commit; nothing: files only
};

/// The words of a command's change, once the branch to commit to is found to be checked out;
/// without branch and subject with --no-auto-commit.
result<change_words> words_for(context& ctx, const workflow::feature& feature,
                               const work_options& options, std::string command,
                               const std::string& message);

/// A change that is on disk, and what its events need to be recorded.
struct work_change {
  workflow::open_change change;
  std::unique_ptr<emitter> emit; ///< null where no home can be used
  event_recording lost;          ///< events that no home would take
};

/// Replaces the files of `edit` and commits them. The events of `done` move into the intent and are
/// recorded when the command has done its work. The caller holds the edit lock.
workflow::git_result<void> change_files(context& ctx, const workflow::repository& repo,
                                        const workflow::repo_edit& edit, change_words words,
                                        work_done& done);

/// Moves the checked-out branch of `words` forward to a commit that was made before. The same holds
/// for the events of `done`. `begun` gets the intent's id before anything changes.
workflow::git_result<void>
move_branch(context& ctx, const workflow::repository& repo, const std::string& to,
            change_words words, work_done& done,
            const std::function<result<void>(const std::string&)>& begun);

/// Records the events of a change and removes its intent.
event_recording record_change(context& ctx, work_change& made);

/// Settles what interrupted commands left in the repository. The caller holds its edit lock.
result<std::vector<workflow::settled_intent>> settle_found(context& ctx,
                                                           const workflow::repository& repo);

/// The same for a single intent, as a person decided.
result<workflow::settled_intent> settle_chosen(context& ctx, const workflow::repository& repo,
                                               const std::string& id,
                                               workflow::intent_verdict verdict);

} // namespace spec_kitty
