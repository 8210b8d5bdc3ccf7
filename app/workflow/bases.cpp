#include "app/workflow/bases.hpp"

#include "app/workflow/merged_work.hpp"

namespace spec_kitty::workflow {

result<std::vector<unfinished_dependency>> unfinished_dependencies(const feature& feature_ref,
                                                                   const work_package& package,
                                                                   const std::string& target) {
  std::vector<unfinished_dependency> unfinished;
  const auto ids = package.dependencies();
  if (ids.empty())
    return unfinished;
  const git git_here(feature_ref.repo().checkout);
  const auto merged = merged_work::read(git_here, feature_ref, "refs/heads/" + target);
  if (!merged)
    return merged.error();
  for (const auto& id : ids) {
    const auto dependency = feature_ref.load(id);
    if (!dependency && dependency.error().code == ec::not_found) {
      unfinished.push_back({id, {}, false});
      continue;
    }
    if (!dependency)
      return dependency.error();
    if (!merged->is_finished(*dependency))
      unfinished.push_back(
          {id, dependency->lane(), git_here.has_branch(feature_ref.branch_of(id))});
  }
  return unfinished;
}

std::vector<blocker> base_blockers(const feature& feature_ref, const work_package& package,
                                   const std::vector<unfinished_dependency>& unfinished) {
  std::vector<blocker> found;
  for (const auto& each : unfinished) {
    if (each.has_branch && unfinished.size() == 1)
      continue;
    const std::string what = package.id + " depends on " + each.id + ", which " +
                             (each.lane.empty() ? "has no file in tasks/" : "is in " + each.lane);
    if (each.has_branch)
      found.push_back({each.id,
                       what + "; other dependencies are not finished either, so merge them first "
                              "or choose one to start from",
                       feature_ref.command("implement " + package.id + " --base " + each.id)});
    else
      found.push_back({each.id, what + " and has no branch to start from",
                       feature_ref.command(each.lane.empty() ? "agent feature finalize-tasks"
                                           : each.lane == "for_review" ? "accept"
                                                                       : "implement " + each.id)});
  }
  return found;
}

} // namespace spec_kitty::workflow
