// The four lanes of a work package, and the conditions of a move. Pure.
#pragma once

#include "app/workflow/blockers.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::workflow {

inline constexpr std::array<std::string_view, 4> lanes = {"planned", "doing", "for_review", "done"};

bool is_lane(std::string_view word);
/// The lane that a mistyped word, or another tool's name for it, most likely means.
std::optional<std::string> lane_meant(std::string_view typed);

/// What a work package's worktree holds that is not committed.
struct worktree_changes {
  std::string worktree;                      ///< its path
  std::vector<std::string> uncommitted;      ///< paths in it
  std::vector<std::string> dirty_submodules; ///< of these: submodules with changes inside
};

/// What is known when a work package is to be moved.
struct move_facts {
  std::string feature; ///< its slug, for the command to type
  std::string wp_id;
  std::string from;
  std::string to;
  std::string owner;                  ///< the frontmatter's agent; may be empty
  std::optional<std::string> agent;   ///< the agent that moves it, if given
  std::vector<std::string> unchecked; ///< ids of subtasks that are not done
  worktree_changes work;              ///< in the work package's worktree
  bool has_feedback = false;
};

/// True when the lane must not be entered with open subtasks or uncommitted work.
bool needs_finished_work(std::string_view lane);

/// The gates of a move (docs/workflow.md): unchecked subtasks, uncommitted worktree, feedback after
/// a review, owner. Their commands can be typed in this order.
std::vector<blocker> move_blockers(const move_facts& facts);

/// Only the owner's gate. `command` is the command line without `--agent`, to be typed again.
std::optional<blocker> owner_blocker(const move_facts& facts, const std::string& command);

/// The subtasks of a work package that are not checked.
blocker unchecked_blocker(const std::string& feature, const std::string& wp,
                          const std::vector<std::string>& unchecked);

/// Changes in a work package's worktree that are not committed.
blocker uncommitted_blocker(const std::string& wp, const worktree_changes& work);

} // namespace spec_kitty::workflow
