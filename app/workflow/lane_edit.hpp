// What the file of a work package says after it changed lanes. Pure.
#pragma once

#include "app/workflow/feature.hpp"

namespace spec_kitty::workflow {

struct lane_edit {
  std::string to;
  std::string at;                   ///< UTC, `2026-02-03T19:29:53Z`
  std::optional<std::string> agent; ///< who moves it; becomes its owner
  std::optional<std::string> assignee;
  std::optional<std::string> reviewer;
  std::string feedback; ///< what a review wants changed; empty: none
  std::string note;     ///< for the activity log, one line
  std::string by;       ///< who the log names; empty: the agent, else `user`
  std::string base_branch;
  std::string base_commit; ///< both empty: they stay
};

/// Lane, who, review status, base, feedback and one line in the activity log.
result<void> apply_lane_edit(work_package& package, const lane_edit& edit);

} // namespace spec_kitty::workflow
