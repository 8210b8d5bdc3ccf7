// What is done about an intent that was found: a function from facts to an outcome. Pure.
#pragma once

#include "app/workflow/intents/intent.hpp"

namespace spec_kitty::workflow {

/// Keys of events live as long, so an older intent might be recorded twice.
inline constexpr epoch_us max_intent_age = epoch_us{30} * 24 * 3600 * 1'000'000;

enum class git_condition { not_started, running, ended };

/// What is found of an intent.
struct intent_facts {
  bool expired = false; ///< older than max_intent_age
  intent_state state = intent_state::begun;
  intent_way how = intent_way::commit;
  bool own_home = false; ///< state = recording: in the home of this command
  git_condition git = git_condition::not_started;
  bool ref_exists = false;
  bool has_commit = false; ///< how = commit: a commit of `ref` has the trailer; ref: `to` is in it
  bool had_commit = false; ///< the reflog of `ref` has that commit
  bool tip_is_before = false; ///< `ref` is where it was
  bool tip_shows_all = false; ///< the tree of `ref` shows every transition

  bool operator==(const intent_facts&) const = default;
};

enum class intent_outcome {
  ask,         ///< a person decides
  wait,        ///< its git is running
  record,      ///< done: its events are recorded
  take_back,   ///< not done: the files get their old bytes
  judge_files, ///< each file tells for itself; none is touched
  leave        ///< another home records it
};

intent_outcome decide(const intent_facts& found);

} // namespace spec_kitty::workflow
