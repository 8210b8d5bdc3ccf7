#include "app/workflow/intents/decision.hpp"

namespace spec_kitty::workflow {

namespace {

/// Whether a change that needs git is done; its git has ended.
bool is_done(const intent_facts& found) {
  if (!found.ref_exists)
    return false;
  if (found.has_commit)
    return true;
  if (found.had_commit && found.tip_shows_all) // amended, squashed, reworded
    return true;
  return found.how == intent_way::commit && found.tip_is_before &&
         found.tip_shows_all; // there was nothing to commit
}

} // namespace

intent_outcome decide(const intent_facts& found) {
  if (found.expired)
    return intent_outcome::ask;
  if (found.state == intent_state::unrecorded)
    return intent_outcome::record;
  if (found.state == intent_state::recording)
    return found.own_home ? intent_outcome::record : intent_outcome::leave;
  if (found.how == intent_way::files)
    return intent_outcome::judge_files;
  if (found.git == git_condition::not_started)
    return intent_outcome::take_back;
  if (found.git == git_condition::running)
    return intent_outcome::wait;
  return is_done(found) ? intent_outcome::record : intent_outcome::take_back;
}

} // namespace spec_kitty::workflow
