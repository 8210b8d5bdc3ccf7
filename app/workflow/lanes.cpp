#include "app/workflow/lanes.hpp"

#include "app/workflow/text_lines.hpp"
#include "util/closest.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <utility>

namespace spec_kitty::workflow {

namespace {

std::string move_command(const move_facts& facts) {
  return "spec-kitty agent tasks move-task " + facts.wp_id + " --to " + facts.to + " --feature " +
         shell_word(facts.feature);
}

} // namespace

bool is_lane(std::string_view word) {
  return std::find(lanes.begin(), lanes.end(), word) != lanes.end();
}

std::optional<std::string> lane_meant(std::string_view typed) {
  /// What other tools call the lanes.
  constexpr std::array<std::pair<std::string_view, std::string_view>, 14> other_names = {{
      {"todo", "planned"},
      {"to_do", "planned"},
      {"backlog", "planned"},
      {"open", "planned"},
      {"in_progress", "doing"},
      {"progress", "doing"},
      {"wip", "doing"},
      {"started", "doing"},
      {"review", "for_review"},
      {"in_review", "for_review"},
      {"ready", "for_review"},
      {"finished", "done"},
      {"completed", "done"},
      {"accepted", "done"},
  }};
  std::string word = lower_case(typed);
  std::replace(word.begin(), word.end(), '-', '_');
  std::replace(word.begin(), word.end(), ' ', '_');
  if (is_lane(word))
    return word;
  for (const auto& [name, lane] : other_names)
    if (word == name)
      return std::string(lane);
  return closest(word, lanes);
}

bool needs_finished_work(std::string_view lane) {
  return lane == "for_review" || lane == "done";
}

std::optional<blocker> owner_blocker(const move_facts& facts, const std::string& command) {
  if (!facts.agent || facts.owner.empty() || *facts.agent == facts.owner)
    return std::nullopt;
  return blocker{facts.wp_id,
                 facts.wp_id + " belongs to " + facts.owner + ", not to " + *facts.agent +
                     "; --force takes it over",
                 command + " --agent " + shell_word(facts.owner)};
}

blocker unchecked_blocker(const std::string& feature, const std::string& wp,
                          const std::vector<std::string>& unchecked) {
  return {wp, wp + " has subtasks that are not done: " + joined(unchecked, ", "),
          "spec-kitty agent tasks mark-status " + joined(unchecked, " ") +
              " --status done --feature " + shell_word(feature)};
}

blocker uncommitted_blocker(const std::string& wp, const worktree_changes& work) {
  std::string command;
  const auto commit_in = [&](const std::filesystem::path& folder) {
    command += (command.empty() ? "" : " && ") + git_command(folder, "add -A") + " && " +
               git_command(folder, "commit -m " + shell_word("Work on " + wp));
  };
  for (const auto& path : work.dirty_submodules)
    commit_in(std::filesystem::path(work.worktree) / path);
  commit_in(work.worktree);
  return {wp,
          wp + " has uncommitted changes in " + work.worktree + ": " +
              as_utf8(joined(work.uncommitted, ", ")),
          command};
}

std::vector<blocker> move_blockers(const move_facts& facts) {
  std::vector<blocker> found;
  if (needs_finished_work(facts.to) && !facts.unchecked.empty())
    found.push_back(unchecked_blocker(facts.feature, facts.wp_id, facts.unchecked));
  if (needs_finished_work(facts.to) && !facts.work.uncommitted.empty())
    found.push_back(uncommitted_blocker(facts.wp_id, facts.work));
  const bool feedback_missing =
      facts.to == "planned" && needs_finished_work(facts.from) && !facts.has_feedback;
  const std::string again = move_command(facts);
  auto owner = owner_blocker(facts, again);
  const std::string agent = owner         ? " --agent " + shell_word(facts.owner)
                            : facts.agent ? " --agent " + shell_word(*facts.agent)
                                          : std::string();
  if (feedback_missing)
    found.push_back(
        {facts.wp_id,
         facts.wp_id + " goes back from " + facts.from + " to planned without review feedback",
         "echo 'WHAT MUST CHANGE' | " + again + " --review-feedback-file -" + agent});
  if (owner)
    found.push_back(std::move(*owner));
  return found;
}

} // namespace spec_kitty::workflow
