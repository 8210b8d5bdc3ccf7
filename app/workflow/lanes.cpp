#include "app/workflow/lanes.hpp"

#include "app/workflow/text_lines.hpp"

#include <algorithm>

namespace spec_kitty::workflow {

namespace {

std::string move_command(const move_facts& facts) {
  return "spec-kitty agent tasks move-task " + facts.wp_id + " --to " + facts.to + " --feature " +
         facts.feature;
}

} // namespace

bool is_lane(std::string_view word) {
  return std::find(lanes.begin(), lanes.end(), word) != lanes.end();
}

bool needs_finished_work(std::string_view lane) {
  return lane == "for_review" || lane == "done";
}

result<void> check_owner(const move_facts& facts) {
  if (!facts.agent || facts.owner.empty() || *facts.agent == facts.owner)
    return {};
  return failure{ec::bad_input,
                 facts.wp_id + " belongs to " + facts.owner + ", not to " + *facts.agent,
                 "give --agent " + facts.owner + ", or take it over with --force"};
}

result<void> check_move(const move_facts& facts) {
  if (auto owner = check_owner(facts); !owner)
    return owner;
  if (needs_finished_work(facts.to) && !facts.unchecked.empty())
    return failure{ec::bad_input,
                   facts.wp_id +
                       " has subtasks that are not done: " + joined(facts.unchecked, ", "),
                   "when they are done: spec-kitty agent tasks mark-status " +
                       joined(facts.unchecked, " ") + " --status done --feature " + facts.feature};
  if (needs_finished_work(facts.to) && !facts.uncommitted.empty())
    return failure{ec::bad_input,
                   facts.wp_id + " has uncommitted work in " + facts.worktree + ": " +
                       joined(facts.uncommitted, ", "),
                   "commit it: git -C " + facts.worktree + " add -A && git -C " + facts.worktree +
                       " commit"};
  if (facts.to == "planned" && needs_finished_work(facts.from) && !facts.has_feedback)
    return failure{ec::bad_input,
                   facts.wp_id + " goes back from " + facts.from +
                       " to planned without review feedback",
                   "write it into a file: " + move_command(facts) + " --review-feedback-file FILE"};
  return {};
}

} // namespace spec_kitty::workflow
