// The whole chain of a merge: the branches' commits, then one with the lanes and the joined logs,
// so that one update of the target moves code and lanes.
#pragma once

#include "app/workflow/merge_commits.hpp"

namespace spec_kitty::workflow {

/// Makes the chain on top of `state.from`; nothing moves. Fills in `state.tips` and `state.moving`,
/// and changes `packages` as the commits do. `at` is the time for the logs.
result<merge_chain> make_chain(const git& runner, const feature& feature_ref, merge_state& state,
                               std::vector<work_package>& packages, const std::string& at);

/// Lanes in files that git does not track, which no commit has brought: written to disk alone. The
/// work packages that it moved.
result<std::vector<std::string>>
write_untracked_lanes(const feature& feature_ref, const merge_state& state, const std::string& at);

} // namespace spec_kitty::workflow
