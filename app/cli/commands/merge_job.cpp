#include "app/cli/commands/merge_job.hpp"

#include "app/workflow/dependency_graph.hpp"
#include "app/workflow/repo_edit.hpp"
#include "app/workflow/text_lines.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace spec_kitty {

namespace wf = workflow;

namespace {

std::vector<std::string> ids_in_lane(const merge_job& job, std::string_view lane) {
  std::vector<std::string> ids;
  for (const auto& package : job.packages)
    if (package.lane() == lane)
      ids.push_back(package.id);
  return ids;
}

} // namespace

result<std::vector<std::string>> merge_order(const merge_job& job) {
  const auto graph = wf::graph_of(job.packages);
  if (auto legal = wf::check_dependencies(graph); !legal)
    return failure{legal.error().code, job.feature.slug() + ": " + legal.error().message,
                   "fix the dependencies, then run: " +
                       job.feature.command("agent feature finalize-tasks")};
  const wf::git git_here(job.repo().checkout);
  std::vector<std::string> order;
  for (const auto& wp : wf::dependency_order(graph))
    if (git_here.has_branch(job.feature.branch_of(wp)))
      order.push_back(wp);
  return order;
}

result<work_done> nothing_to_merge(const merge_job& job, work_done done) {
  const std::string first = job.packages.empty() ? "WP01" : job.packages.front().id;
  if (ids_in_lane(job, "for_review").empty() && ids_in_lane(job, "done").empty())
    return failure{ec::not_found, "no work package of " + job.feature.slug() + " has a branch",
                   "start one: " + job.feature.command("implement " + first)};
  done.lines = {job.feature.slug() + ": nothing to merge"};
  return done;
}

std::string merge_aim(const merge_job& job) {
  return job.feature.slug() + " cannot be merged";
}

void describe_merge(const merge_job& job, const wf::merge_chain& chain, bool dry_run,
                    work_done& done) {
  for (const auto& branch : chain.branches)
    done.lines.push_back(branch.wp_id +
                         (branch.was_in ? " is in "
                          : dry_run     ? " would go into "
                                        : " merged into ") +
                         job.state.target + (branch.was_in ? " already" : ""));
  const auto& moving = job.state.moving;
  if (!moving.empty())
    done.lines.push_back(wf::joined(moving) + ": doing → for_review" +
                         (dry_run ? " would follow" : ""));
  done.fields = [state = job.state, chain, dry_run](json_writer& out) {
    field(out, "feature", state.feature);
    field(out, "target", state.target);
    field(out, "strategy", state.strategy);
    field(out, "dry_run", dry_run);
    payload_detail::write(out, "order", state.order);
    key(out, "merged");
    out.StartArray();
    for (const auto& branch : chain.branches)
      if (!branch.was_in)
        put(out, branch.wp_id);
    out.EndArray();
    payload_detail::write(out, "moved", state.moving);
    payload_detail::write(out, "left_out", chain.left_out);
  };
}

std::string bypass_of(const merge_job& job, bool continues) {
  if (continues)
    return job.feature.command("merge --resume --force");
  std::string words = "merge --force";
  if (job.state.strategy != "merge")
    words += " --strategy " + job.state.strategy;
  if (job.state.target != wf::target_branch_of(job.feature))
    words += " " + shell_option("--target", job.state.target);
  if (job.state.keep_worktree)
    words += " --keep-worktree";
  if (job.state.keep_branch)
    words += " --keep-branch";
  if (job.state.push)
    words += " --push";
  return job.feature.command(words);
}

} // namespace spec_kitty
