// Moves of work packages in the commits of a repository.
#pragma once

#include "app/board/sources/lane_history.hpp"
#include "app/workflow/feature.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::board {

struct git_moves {
  std::vector<lane_move> moves; ///< oldest first
  bool complete = true;         ///< false: git's history is cut off, or was not read to its end
};

/// The moves that a `git log -p -U0` of the form that read_git_moves asks for tells of. Pure.
std::vector<lane_move> moves_in_log(std::string_view log);

/// Every committed change of a `lane:` line in kitty-specs. Without history: none.
git_moves read_git_moves(const workflow::repository& repo);

} // namespace spec_kitty::board
