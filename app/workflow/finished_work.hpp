// Whether the work of a work package is finished: its subtasks checked, its worktree committed.
#pragma once

#include "app/workflow/feature.hpp"
#include "app/workflow/lanes.hpp"

namespace spec_kitty::workflow {

/// Fills in `unchecked` and `work` of the facts of a move.
result<void> look_at_work(const feature& feature_ref, const work_package& package,
                          move_facts& facts);

} // namespace spec_kitty::workflow
