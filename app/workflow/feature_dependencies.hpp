// The dependencies of a feature's work packages, from tasks.md and their frontmatter: the one
// reading that finalize-tasks and orchestrate share. Pure but for the names in failures.
#pragma once

#include "app/workflow/feature.hpp"

namespace spec_kitty::workflow {

/// What each work package depends on: what its section in tasks.md names, else its frontmatter.
/// Refuses sections without a file, unknown ids and cycles.
result<dependency_graph> dependencies_in(const feature& feature_ref, const tasks_document& tasks,
                                         const std::vector<work_package>& packages);

/// The same, with tasks.md read from disk; the frontmatter alone where the feature has none.
result<dependency_graph> read_dependencies(const feature& feature_ref,
                                           const std::vector<work_package>& packages);

} // namespace spec_kitty::workflow
