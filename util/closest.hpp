// What a mistyped word most likely means.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

/// How many letters must be changed, inserted, removed or swapped with their neighbour to make one
/// text of the other. ASCII capitals count as small letters, `_` as `-`.
std::size_t edit_distance(std::string_view left, std::string_view right);

/// The candidate that is nearest to `typed`, where at most a third of its letters differ (at least
/// one, at most three) or it begins with what was typed (three letters or more). Nothing where
/// no candidate is near, or several are equally near. Words of more than 64 bytes are not compared.
std::optional<std::string> closest(std::string_view typed,
                                   std::span<const std::string_view> candidates);
std::optional<std::string> closest(std::string_view typed,
                                   const std::vector<std::string>& candidates);

/// `; did you mean X?` after a message, or nothing.
std::string did_you_mean(const std::optional<std::string>& candidate);

} // namespace spec_kitty
