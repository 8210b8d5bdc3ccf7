#include "app/orchestrate/preflight.hpp"

#include "app/orchestrate/approval.hpp"
#include "app/workflow/feature_dependencies.hpp"
#include "util/json.hpp"
#include "util/start_trouble.hpp"

#include <set>

namespace spec_kitty::orchestrate {

namespace wf = workflow;

result<std::vector<package_facts>> read_packages(const wf::feature& feature) {
  const auto packages = feature.load_all();
  if (!packages)
    return packages.error();
  if (packages->empty())
    return failure{ec::not_found, "no work packages in " + (feature.folder() / "tasks").string(),
                   "write one, such as tasks/WP01-first.md, then: " +
                       feature.command("agent feature finalize-tasks")};
  const auto graph = wf::read_dependencies(feature, *packages); // as finalize-tasks reads them
  if (!graph)
    return graph.error();
  std::vector<package_facts> facts;
  for (const auto& package : *packages)
    facts.push_back(
        {package.id, graph->at(package.id), package.lane(), package.file.scalar("agent")});
  return facts;
}

result<void> check_named(const agents_file& agents, const std::string& name, role task,
                         const std::string& option) {
  if (name.empty())
    return {};
  const auto* agent = agents.find(name);
  std::string known;
  for (const auto& each : agents.agents)
    if (each.can(task))
      known += (known.empty() ? "" : ", ") + each.name;
  const std::string hint =
      known.empty() ? "add one to .kittify/agents.toml"
                    : "agents with the role " + std::string(to_string(task)) + ": " + known;
  if (agent == nullptr)
    return failure{ec::bad_input, option + ": unknown agent " + excerpt(name), hint};
  if (!agent->can(task))
    return failure{ec::bad_input,
                   option + ": " + name + " does not have the role " + std::string(to_string(task)),
                   hint};
  return {};
}

result<std::vector<std::string>>
check_programs(const wf::feature& feature, const orchestration& run, const agents_file& agents) {
  std::set<std::string> first;
  for (const auto& package : run.packages) {
    orchestration trial = run;
    for (const role task : {role::implementation, role::review}) {
      auto copy = package;
      const bool needed = task == role::review || package.lane != "for_review";
      if (needed && !package.is_over() && begin(trial, copy, task, agents, 0))
        first.insert(copy.of(task).agent);
    }
  }
  std::vector<std::string> warnings;
  for (const auto& agent : agents.agents) {
    if (!program_of(agent, feature.repo().checkout).empty())
      continue;
    const auto& program = agent.command.front();
    const auto no_permission = not_executable(program, feature.repo().checkout);
    const std::string what = "the program " + program + " of agent " + agent.name +
                             (no_permission ? " is not executable" : " was not found");
    if (first.count(agent.name) > 0)
      return failure{ec::bad_input, what,
                     (no_permission ? no_permission->hint : "install it") +
                         ", or correct its command in " + agents_path(feature.repo()).string() +
                         ", then: " + orchestrate_command(run, run.root.empty() ? "" : "--resume")};
    warnings.push_back(what);
  }
  return warnings;
}

} // namespace spec_kitty::orchestrate
