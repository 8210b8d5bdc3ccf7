// What must hold before a run: the agents file, the feature, the agents' programs.
#pragma once

#include "app/orchestrate/plan.hpp"
#include "app/workflow/feature.hpp"

namespace spec_kitty::orchestrate {

std::filesystem::path agents_path(const workflow::repository& repo);

/// Reads `.kittify/agents.toml`; where there is none, the failure says how to get one.
result<agents_file> read_agents(const workflow::repository& repo);

/// The work packages as the files have them. Refuses a feature without any, unknown ids, a cycle.
result<std::vector<package_facts>> read_packages(const workflow::feature& feature);

/// Refuses an agent that the file does not have or that lacks the role. `option`: who named it.
result<void> check_named(const agents_file& agents, const std::string& name, role task,
                         const std::string& option);

/// Refuses where a program of an agent that would be asked first cannot be run; one of a fallback
/// is a warning.
result<std::vector<std::string>> check_programs(const workflow::feature& feature,
                                                const orchestration& run,
                                                const agents_file& agents);

/// Where a program is: by its path (relative: from the checkout), else in `path`, a list as PATH is
/// (nothing: the environment's); empty: nowhere.
std::filesystem::path find_program(const std::string& name, const std::filesystem::path& checkout,
                                   const std::optional<std::string>& path = std::nullopt);

} // namespace spec_kitty::orchestrate
