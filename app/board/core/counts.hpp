// The counts that people ask of a board, made from its log.
//
// Days are UTC days of the events' own times. Where the clocks of two machines disagree, a work
// package's time stands still until it is over: no duration is negative, and `clock_disagreements`
// counts how often. Percentiles are nearest-rank. Pure.
#pragma once

#include "app/board/core/log.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::board {

/// A UTC day.
struct day_counts {
  std::int64_t day = 0;                 ///< since 1970
  std::uint32_t finished = 0;           ///< work packages that came to done
  std::array<std::uint32_t, 4> lanes{}; ///< work packages in each lane at its end
};

struct package_counts {
  std::uint32_t package = no_index;
  std::array<epoch_us, 4> in_lane{}; ///< summed over all visits, up to `until`; done counts none
  std::optional<epoch_us> cycle;     ///< first doing to last done; nothing unless done
  std::uint32_t sent_back = 0;
  bool was_reviewed = false;
};

struct person_counts {
  std::uint32_t to_review = 0; ///< moves to review
  std::uint32_t finished = 0;  ///< moves to done
  std::uint32_t sent_back = 0; ///< moves back from review or done
  std::uint32_t moves = 0;     ///< all of them
};

struct board_counts {
  std::vector<day_counts> days; ///< from the first change to the last, none left out
  std::vector<package_counts> packages;
  std::map<std::string, person_counts> people;
  std::optional<epoch_us> cycle_median;
  std::optional<epoch_us> cycle_85; ///< 85 of 100 work packages took at most so long
  std::optional<epoch_us> review_median;
  std::uint32_t reviewed = 0;  ///< work packages that came to review
  std::uint32_t sent_back = 0; ///< of these, those that were sent back at least once
  std::uint32_t clock_disagreements = 0;
};

/// Of a feature, or of all where `feature` is empty, after the first `position` events. Time in a
/// lane ends at `until` for work packages that are in it still.
board_counts count(const event_log& log, std::size_t position, epoch_us until,
                   std::string_view feature = {});

/// The value that `hundredths` of 100 are at most; nothing without values.
std::optional<epoch_us> percentile(std::vector<epoch_us> values, unsigned hundredths);

} // namespace spec_kitty::board
