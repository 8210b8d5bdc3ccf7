// Work packages about whose lane this home and another one disagree. Reads only.
//
// A home hears what others did (docs/protocol.md, Resume). Two homes that moved a work package
// without knowing of each other both have their say: a later stamp does not decide.
#pragma once

#include "app/cli/context.hpp"
#include "app/workflow/feature.hpp"

#include <string>
#include <vector>

namespace spec_kitty {

struct lane_conflict {
  std::string wp_id;
  std::string by; ///< the account, else the node
  std::string theirs;
  std::string ours;
  std::string command; ///< takes their lane over
};

/// Empty too where the store cannot be read, or knows nothing of the project.
std::vector<lane_conflict> lane_conflicts(context& ctx, const workflow::feature& feature,
                                          const std::vector<workflow::work_package>& packages);

/// `conflict: ann says for_review, this home says doing; …`.
std::string conflict_words(const lane_conflict& conflict);

} // namespace spec_kitty
