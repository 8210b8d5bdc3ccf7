// What depends on what among the work packages of one feature. Pure.
#pragma once

#include "util/result.hpp"

#include <map>
#include <string>
#include <vector>

namespace spec_kitty::workflow {

/// Work package id → the ids it depends on.
using dependency_graph = std::map<std::string, std::vector<std::string>>;

/// Refuses ids that are no key of the graph, and cycles; the failure shows them
/// (`WP01 → WP02 → WP01`).
result<void> check_dependencies(const dependency_graph& graph);

/// The ids so that each stands behind all it depends on, by number where free. For a graph that
/// check_dependencies accepts; ids that are no keys do not count.
std::vector<std::string> dependency_order(const dependency_graph& graph);

/// Who names `id` as a dependency, by number.
std::vector<std::string> dependents_of(const dependency_graph& graph, const std::string& id);

} // namespace spec_kitty::workflow
