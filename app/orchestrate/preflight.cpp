#include "app/orchestrate/preflight.hpp"

#include "util/json.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <set>

namespace spec_kitty::orchestrate {

namespace fs = std::filesystem;
namespace wf = workflow;

namespace {

constexpr std::size_t max_agents_bytes = std::size_t{256} << 10;

bool can_run(const fs::path& file) {
  struct stat info {};
  return ::stat(file.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
         ::access(file.c_str(), X_OK) == 0;
}

} // namespace

fs::path agents_path(const wf::repository& repo) {
  return repo.checkout / ".kittify" / "agents.toml";
}

result<agents_file> read_agents(const wf::repository& repo) {
  const auto file = agents_path(repo);
  const auto text = repo.files().read(file, max_agents_bytes);
  if (!text)
    return input_failure(text.error());
  if (!*text)
    return failure{ec::bad_config, file.string() + " does not exist",
                   "create it: spec-kitty orchestrate --init"};
  return parse_agents(**text, file.string());
}

result<std::vector<package_facts>> read_packages(const wf::feature& feature) {
  const auto packages = feature.load_all();
  if (!packages)
    return packages.error();
  if (packages->empty())
    return failure{ec::not_found, "no work packages in " + (feature.folder() / "tasks").string(),
                   "write one, such as tasks/WP01-first.md, then: " +
                       feature.command("agent feature finalize-tasks")};
  if (const auto legal = wf::check_dependencies(wf::graph_of(*packages)); !legal)
    return failure{legal.error().code, feature.slug() + ": " + legal.error().message,
                   "fix the dependencies, then: " +
                       feature.command("agent feature finalize-tasks")};
  std::vector<package_facts> facts;
  for (const auto& package : *packages)
    facts.push_back(
        {package.id, package.dependencies(), package.lane(), package.file.scalar("agent")});
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

fs::path find_program(const std::string& name, const fs::path& checkout,
                      const std::optional<std::string>& wanted) {
  if (name.find('/') != std::string::npos) {
    auto file = name.front() == '/' ? fs::path(name) : checkout / name;
    return can_run(file) ? file : fs::path();
  }
  const char* variable = std::getenv("PATH");
  std::string_view path = wanted ? *wanted : variable == nullptr ? "" : std::string_view(variable);
  while (!path.empty()) {
    const auto end = path.find(':');
    auto file = fs::path(path.substr(0, end)) / name;
    if (can_run(file))
      return file;
    path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
  }
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
    const auto own = agent.env.find("PATH");
    const auto path = own == agent.env.end() ? std::nullopt : std::optional(own->second);
    if (!find_program(agent.command.front(), feature.repo().checkout, path).empty())
      continue;
    const std::string what =
        "the program " + agent.command.front() + " of agent " + agent.name + " was not found";
    if (first.count(agent.name) > 0)
      return failure{ec::bad_input, what,
                     "install it, or correct its command in " +
                         agents_path(feature.repo()).string() +
                         ", then: " + orchestrate_command(run, run.root.empty() ? "" : "--resume")};
    warnings.push_back(what);
  }
  return warnings;
}

} // namespace spec_kitty::orchestrate
