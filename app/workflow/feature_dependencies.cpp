#include "app/workflow/feature_dependencies.hpp"

#include <algorithm>

namespace spec_kitty::workflow {

std::vector<std::string> sections_without_file(const tasks_document& tasks,
                                               const std::vector<work_package>& packages) {
  std::vector<std::string> missing;
  for (const auto& section : tasks.sections)
    if (std::none_of(packages.begin(), packages.end(),
                     [&](const auto& package) { return package.id == section.wp_id; }))
      missing.push_back(section.wp_id);
  return missing;
}

result<dependency_graph> dependencies_in(const feature& feature_ref, const tasks_document& tasks,
                                         const std::vector<work_package>& packages) {
  auto graph = graph_of(packages);
  for (const auto& section : tasks.sections)
    if (!section.dependencies.empty() && graph.count(section.wp_id) > 0)
      graph[section.wp_id] = section.dependencies;
  if (const auto legal = check_dependencies(graph); !legal)
    return failure{
        legal.error().code, feature_ref.tasks_path().string() + ": " + legal.error().message,
        "fix its dependencies, then run: " + feature_ref.command("agent feature finalize-tasks")};
  return graph;
}

result<dependency_graph> read_dependencies(const feature& feature_ref,
                                           const std::vector<work_package>& packages) {
  const auto text = feature_ref.tasks_text();
  if (!text && text.error().code != ec::not_found)
    return text.error();
  return dependencies_in(feature_ref, text ? read_tasks(*text) : tasks_document{}, packages);
}

} // namespace spec_kitty::workflow
