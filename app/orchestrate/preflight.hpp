// The checks before a run: the feature, and that the agents' programs are there.
#pragma once

#include "app/orchestrate/plan.hpp"
#include "app/workflow/feature.hpp"

namespace spec_kitty::orchestrate {

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

} // namespace spec_kitty::orchestrate
