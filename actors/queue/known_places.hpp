// Which of the places that a home has heard it keeps: dense at the newest, ever wider apart behind
// it, so that a log that was taken back is met near the place where it was. Pure.
#pragma once

#include "messages/team_log.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace spec_kitty {

/// Further behind the newest nothing is kept but one place.
inline constexpr std::uint64_t furthest_place = std::uint64_t{1} << 15;
/// More are never kept.
inline constexpr std::size_t max_kept_places = 34;

/// Adds places that rise above those that are kept, and thins out: of each three neighbours the
/// middle one goes where the others are enough. `kept` is newest first, before and after.
void keep_places(std::vector<heard_place>& kept, const std::vector<heard_place>& heard);

/// Of the places that are kept those at distances of about 1, 2, 4 … 2^15 behind the newest, newest
/// first: at most max_reported_places.
std::vector<heard_place> places_to_report(const std::vector<heard_place>& kept);

} // namespace spec_kitty
