#include "app/workflow/accept_gates.hpp"

#include "app/workflow/finished_work.hpp"
#include "app/workflow/git_trouble.hpp"
#include "app/workflow/lanes.hpp"
#include "app/workflow/merged_work.hpp"
#include "app/workflow/subtasks.hpp"

namespace spec_kitty::workflow {

namespace {

/// Adds what stops one work package in for_review.
result<void> check_reviewed(const feature& feature_ref, const merged_work& merged,
                            const work_package& package, accept_findings& found) {
  const auto before = found.blockers.size();
  const std::string branch = feature_ref.branch_of(package.id);
  const git git_here(feature_ref.repo().checkout);
  const auto tip = git_here.commit_of("refs/heads/" + branch);
  const auto subtasks = read_subtasks(feature_ref, package);
  if (!subtasks)
    return subtasks.error();
  if (!subtasks->open.empty())
    found.blockers.push_back(unchecked_blocker(feature_ref.slug(), package.id, subtasks->open));
  if (tip && !merged.holds(*tip))
    found.blockers.push_back({package.id, package.id + "'s branch " + branch + " is not merged",
                              feature_ref.command("merge")});
  if (auto words = boxless_words(package, *subtasks); !words.empty())
    found.notes.push_back(std::move(words));
  if (found.blockers.size() > before)
    return {};
  if (!tip && !merged.names(package.id))
    found.notes.push_back(package.id + " has no branch and no merge of ours; taken as merged "
                                       "elsewhere or planning only");
  found.ready.push_back(package.id);
  return {};
}

} // namespace

result<accept_findings> look_for_accept(const feature& feature_ref,
                                        const std::vector<work_package>& packages) {
  accept_findings found;
  const git git_here(feature_ref.repo().checkout);
  const auto target = git_here.commit_of(target_revision(feature_ref));
  if (!target) {
    if (auto usable = check_git(git_here); !usable)
      return usable.error();
    return failure{ec::bad_input,
                   feature_ref.repo().checkout.string() + " has no commit on its target branch",
                   git_command(feature_ref.repo().checkout, "commit --allow-empty -m start")};
  }
  const auto merged = merged_work::read(git_here, feature_ref, *target);
  if (!merged)
    return merged.error();
  for (const auto& package : packages) {
    const auto lane = package.lane();
    if (lane == "for_review") {
      if (auto checked = check_reviewed(feature_ref, *merged, package, found); !checked)
        return checked.error();
    } else if (lane != "done") {
      found.open.push_back(package.id + " (" + lane + ")");
    }
  }
  return found;
}

result<std::vector<blocker>> open_blockers(const feature& feature_ref,
                                           const std::vector<work_package>& packages) {
  std::vector<blocker> found;
  for (const auto& package : packages) {
    const auto lane = package.lane();
    if (lane == "planned")
      found.push_back({package.id, package.id + " is in planned",
                       feature_ref.command("implement " + package.id)});
    if (lane != "doing")
      continue;
    move_facts facts;
    facts.feature = feature_ref.slug();
    facts.wp_id = package.id;
    facts.from = lane;
    facts.to = "for_review";
    if (auto seen = look_at_work(feature_ref, package, facts); !seen)
      return seen.error();
    for (auto& each : move_blockers(facts))
      found.push_back(std::move(each));
    found.push_back(
        {package.id, package.id + " is in doing",
         feature_ref.command("agent tasks move-task " + package.id + " --to for_review")});
  }
  return found;
}

} // namespace spec_kitty::workflow
