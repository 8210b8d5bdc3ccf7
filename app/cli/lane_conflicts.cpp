#include "app/cli/lane_conflicts.hpp"

#include "app/workflow/lanes.hpp"
#include "config/project.hpp"

#include <cstddef>

namespace spec_kitty {

std::vector<lane_conflict> lane_conflicts(context& ctx, const workflow::feature& feature,
                                          const std::vector<workflow::work_package>& packages) {
  std::vector<lane_conflict> found;
  const auto project = read_project(feature.repo().checkout);
  if (ctx.no_home || !project.uuid || !ctx.may_have_store())
    return found;
  auto store = ctx.open_for_reading();
  if (!store || !*store)
    return found;
  std::vector<std::string> ids;
  ids.reserve(packages.size());
  for (const auto& package : packages)
    ids.push_back(package.id);
  const auto statuses = (*store)->statuses(project.key, feature.slug(), ids);
  for (std::size_t i = 0; statuses && i < packages.size(); ++i) {
    const status_record& known = (*statuses)[i];
    const std::string ours = packages[i].lane();
    if (!known.own || known.own->after != ours)
      continue; // the files have another state than this home's last event gave them
    for (const other_status& other : known.concurrent())
      if (other.after != ours && workflow::is_lane(other.after))
        found.push_back({ids[i], other.by.empty() ? "node " + other.node_id : other.by, other.after,
                         ours,
                         feature.command("agent tasks move-task " + ids[i] + " --to " +
                                         other.after + " --force")});
  }
  return found;
}

std::string conflict_words(const lane_conflict& conflict) {
  return "conflict: " + conflict.by + " says " + conflict.theirs + ", this home says " +
         conflict.ours + "; to take over what " + conflict.by + " says: " + conflict.command;
}

} // namespace spec_kitty
