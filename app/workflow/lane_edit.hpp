// The edit of a work package's file when it changes lanes. Pure.
#pragma once

#include "app/workflow/feature.hpp"

namespace spec_kitty::workflow {

struct lane_edit {
  std::string to;
  std::string at;                   ///< UTC, `2026-02-03T19:29:53Z`
  std::optional<std::string> agent; ///< the agent that moves it and becomes its owner
  std::optional<std::string> assignee;
  std::optional<std::string> reviewer;
  std::string feedback; ///< the changes that a review requests; may be empty
  std::string note;     ///< for the activity log, one line
  std::string by;       ///< the author in the log; empty: the agent, else `user`
  std::string base_branch;
  std::string base_commit; ///< both empty: unchanged
};

/// Sets lane, agent, review status, base, feedback and one line in the activity log.
result<void> apply_lane_edit(work_package& package, const lane_edit& edit);

} // namespace spec_kitty::workflow
