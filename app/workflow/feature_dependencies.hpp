// The dependencies of a feature's work packages, from tasks.md and their frontmatter: the one
// reading that finalize-tasks and orchestrate share.
#pragma once

#include "app/workflow/feature.hpp"

namespace spec_kitty::workflow {

/// The ids of sections that no work package's file belongs to.
std::vector<std::string> sections_without_file(const tasks_document& tasks,
                                               const std::vector<work_package>& packages);

/// What each work package depends on: what its section in tasks.md names, else its frontmatter.
/// Refuses unknown ids and cycles. A section without a file says nothing.
result<dependency_graph> dependencies_in(const feature& feature_ref, const tasks_document& tasks,
                                         const std::vector<work_package>& packages);

/// The same, with tasks.md read from disk; the frontmatter alone where the feature has none.
result<dependency_graph> read_dependencies(const feature& feature_ref,
                                           const std::vector<work_package>& packages);

} // namespace spec_kitty::workflow
