// What must be true before `accept` takes a work package: its branch is merged, its boxes are
// checked.
#pragma once

#include "app/workflow/blockers.hpp"
#include "app/workflow/feature.hpp"

#include <string>
#include <vector>

namespace spec_kitty::workflow {

struct accept_findings {
  std::vector<std::string> ready; ///< in for_review, and nothing stops them
  std::vector<std::string> open;  ///< in planned or doing: `WP03 (doing)`
  std::vector<blocker> blockers;  ///< of those in for_review
  std::vector<std::string> notes; ///< what was taken for granted, for a person
};

result<accept_findings> look_for_accept(const feature& feature_ref,
                                        const std::vector<work_package>& packages);

/// The blockers that remain where nothing is in for_review: of each open work package that it is
/// open, and before that what keeps it from for_review.
result<std::vector<blocker>> open_blockers(const feature& feature_ref,
                                           const std::vector<work_package>& packages);

} // namespace spec_kitty::workflow
