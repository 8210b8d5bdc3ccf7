// Where a work package's branch begins: on the target, or on the branch of the one dependency whose
// work the target does not hold yet.
#pragma once

#include "app/workflow/blockers.hpp"
#include "app/workflow/feature.hpp"

#include <string>
#include <vector>

namespace spec_kitty::workflow {

struct unfinished_dependency {
  std::string id;
  std::string lane; ///< empty: it has no file
  bool has_branch = false;
};

/// The dependencies that are not finished (merged_work::is_finished) in the branch `target`.
result<std::vector<unfinished_dependency>> unfinished_dependencies(const feature& feature_ref,
                                                                   const work_package& package,
                                                                   const std::string& target);

/// More than one, or one without a branch, cannot be built on: a person decides.
std::vector<blocker> base_blockers(const feature& feature_ref, const work_package& package,
                                   const std::vector<unfinished_dependency>& unfinished);

} // namespace spec_kitty::workflow
