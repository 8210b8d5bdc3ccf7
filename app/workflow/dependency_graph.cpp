#include "app/workflow/dependency_graph.hpp"

#include "app/workflow/text_lines.hpp"

#include <algorithm>
#include <functional>
#include <set>

namespace spec_kitty::workflow {

namespace {

/// A cycle that can be reached from `from`, as its ids in order, the first repeated at the end.
std::vector<std::string> cycle_from(const dependency_graph& graph, const std::string& from,
                                    std::set<std::string>& finished) {
  std::vector<std::string> path;
  std::vector<std::string> cycle;
  const std::function<bool(const std::string&)> visit = [&](const std::string& id) {
    if (const auto before = std::find(path.begin(), path.end(), id); before != path.end()) {
      cycle.assign(before, path.end());
      cycle.push_back(id);
      return true;
    }
    const auto found = graph.find(id);
    if (found == graph.end() || finished.count(id) > 0)
      return false;
    path.push_back(id);
    for (const auto& next : found->second)
      if (visit(next))
        return true;
    path.pop_back();
    finished.insert(id);
    return false;
  };
  visit(from);
  return cycle;
}

} // namespace

result<void> check_dependencies(const dependency_graph& graph) {
  std::vector<std::string> unknown;
  for (const auto& [id, dependencies] : graph)
    for (const auto& other : dependencies)
      if (graph.count(other) == 0)
        unknown.push_back(std::string(id).append(" depends on ").append(other));
  if (!unknown.empty())
    return failure{ec::bad_input, "unknown work packages: " + joined(unknown), {}};
  std::set<std::string> finished;
  for (const auto& [id, dependencies] : graph) {
    const auto cycle = cycle_from(graph, id, finished);
    if (cycle.empty())
      continue;
    return failure{ec::bad_input, "the dependencies form a cycle: " + joined(cycle, " → "), {}};
  }
  return {};
}

std::vector<std::string> dependency_order(const dependency_graph& graph) {
  std::vector<std::string> order;
  std::set<std::string> placed;
  while (order.size() < graph.size()) {
    const auto ready = std::find_if(graph.begin(), graph.end(), [&](const auto& node) {
      return placed.count(node.first) == 0 &&
             std::all_of(node.second.begin(), node.second.end(), [&](const std::string& id) {
               return placed.count(id) > 0 || graph.count(id) == 0;
             });
    });
    if (ready == graph.end())
      break; // a cycle, which check_dependencies refuses
    placed.insert(ready->first);
    order.push_back(ready->first);
  }
  return order;
}

std::vector<std::string> dependents_of(const dependency_graph& graph, const std::string& id) {
  std::vector<std::string> ids;
  for (const auto& [other, dependencies] : graph)
    if (std::find(dependencies.begin(), dependencies.end(), id) != dependencies.end())
      ids.push_back(other);
  return ids;
}

} // namespace spec_kitty::workflow
