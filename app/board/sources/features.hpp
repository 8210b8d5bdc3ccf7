// The features of a repository as they are on disk, as a board shows them.
#pragma once

#include "app/board/core/board_view.hpp"
#include "app/board/sources/lane_history.hpp"
#include "app/workflow/feature.hpp"

#include <optional>
#include <string>
#include <vector>

namespace spec_kitty::board {

/// The names of the folders in kitty-specs, in order.
result<std::vector<std::string>> feature_slugs(const workflow::repository& repo);

struct feature_on_disk {
  feature_view view;
  std::vector<lane_move> moves;        ///< from activity logs, or from status.events.jsonl
  std::vector<std::string> unreadable; ///< files, and why
};

/// A feature, with what of it can be read; nothing where its folder is gone.
std::optional<feature_on_disk> read_feature(const workflow::repository& repo,
                                            const std::string& slug);

} // namespace spec_kitty::board
