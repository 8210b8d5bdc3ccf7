// The dependencies among the work packages of a feature. Pure.
#pragma once

#include "util/result.hpp"

#include <map>
#include <string>
#include <vector>

namespace spec_kitty::workflow {

/// Work package id → the ids it depends on.
using dependency_graph = std::map<std::string, std::vector<std::string>>;

/// Refuses ids that are not keys of the graph, and cycles; the failure shows them
/// (`WP01 → WP02 → WP01`).
result<void> check_dependencies(const dependency_graph& graph);

/// The ids in an order in which each follows all its dependencies, else by number. For a graph that
/// check_dependencies accepts; ids that are not keys are ignored.
std::vector<std::string> dependency_order(const dependency_graph& graph);

/// The work packages that depend on `id`, by number.
std::vector<std::string> dependents_of(const dependency_graph& graph, const std::string& id);

} // namespace spec_kitty::workflow
