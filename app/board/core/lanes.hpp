// The lanes of a board: the four of the contract, and those that other programs name.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace spec_kitty::board {

/// The four lanes, which counts are made of.
enum class lane : std::uint8_t { planned, doing, for_review, done };

inline constexpr std::array<std::string_view, 4> lane_names = {"planned", "doing", "for_review",
                                                               "done"};

constexpr std::string_view name_of(lane of) {
  return lane_names[static_cast<std::size_t>(of)];
}

/// The lane that a name counts as. Source: docs/workflow.md, Lanes in an event log.
constexpr lane counts_as(std::string_view name) {
  if (name == "doing" || name == "claimed" || name == "in_progress" || name == "blocked")
    return lane::doing;
  if (name == "for_review" || name == "in_review")
    return lane::for_review;
  if (name == "done" || name == "approved" || name == "canceled")
    return lane::done;
  return lane::planned;
}

} // namespace spec_kitty::board
