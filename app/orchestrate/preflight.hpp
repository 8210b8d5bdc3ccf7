// The checks before a run: the agents file, the feature, the agents' programs.
#pragma once

#include "app/orchestrate/plan.hpp"
#include "app/workflow/feature.hpp"

namespace spec_kitty::orchestrate {

std::filesystem::path agents_path(const workflow::repository& repo);

/// Reads `.kittify/agents.toml`; where it is missing, the failure says how to create it.
result<agents_file> read_agents(const workflow::repository& repo);

/// Reads the work packages. Refuses a feature without work packages, unknown ids, and a cycle.
result<std::vector<package_facts>> read_packages(const workflow::feature& feature);

/// Refuses an agent that is not in the file or lacks the role. `option` is the one that named it.
result<void> check_named(const agents_file& agents, const std::string& name, role task,
                         const std::string& option);

/// Refuses where the program of an agent that is used first cannot be run; gives a warning for a
/// fallback's.
result<std::vector<std::string>> check_programs(const workflow::feature& feature,
                                                const orchestration& run,
                                                const agents_file& agents);

/// The file of a program: its path (relative to the checkout), or its name looked up in `path`, a
/// list as in PATH (default: the environment's). Empty where it is not found.
std::filesystem::path find_program(const std::string& name, const std::filesystem::path& checkout,
                                   const std::optional<std::string>& path = std::nullopt);

} // namespace spec_kitty::orchestrate
