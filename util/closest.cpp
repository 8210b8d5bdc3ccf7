#include "util/closest.hpp"

#include <algorithm>
#include <array>

namespace spec_kitty {

namespace {

constexpr std::size_t max_compared_bytes = 64;
constexpr std::size_t max_distance = 3;
constexpr std::size_t min_prefix_bytes = 3;

char folded(char c) {
  if (c >= 'A' && c <= 'Z')
    return static_cast<char>(c - 'A' + 'a');
  return c == '_' ? '-' : c;
}

bool begins_with(std::string_view text, std::string_view start) {
  return text.size() >= start.size() &&
         std::equal(start.begin(), start.end(), text.begin(),
                    [](char a, char b) { return folded(a) == folded(b); });
}

} // namespace

std::size_t edit_distance(std::string_view left, std::string_view right) {
  // Rows of the table of distances between beginnings: the one before last, the last, this one.
  std::array<std::vector<std::size_t>, 3> rows;
  for (auto& row : rows)
    row.assign(right.size() + 1, 0);
  for (std::size_t j = 0; j <= right.size(); ++j)
    rows[1][j] = j;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    auto& [older, last, now] = rows;
    now[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const char a = folded(left[i - 1]);
      const char b = folded(right[j - 1]);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (a == b ? 0U : 1U)});
      if (i > 1 && j > 1 && a == folded(right[j - 2]) && folded(left[i - 2]) == b)
        now[j] = std::min(now[j], older[j - 2] + 1);
    }
    std::rotate(rows.begin(), rows.begin() + 1, rows.end());
  }
  return rows[1].back();
}

std::optional<std::string> closest(std::string_view typed,
                                   std::span<const std::string_view> candidates) {
  if (typed.empty() || typed.size() > max_compared_bytes)
    return std::nullopt;
  const std::size_t allowed = std::clamp<std::size_t>(typed.size() / 3, 1, max_distance);
  std::string_view nearest;
  std::size_t distance = allowed + 1;
  bool several = false;
  for (const auto candidate : candidates) {
    if (candidate.empty() || candidate.size() > max_compared_bytes)
      continue;
    std::size_t of = edit_distance(typed, candidate);
    if (typed.size() >= min_prefix_bytes && begins_with(candidate, typed))
      of = std::min<std::size_t>(of, 1);
    if (of > allowed || of > distance)
      continue;
    several = of == distance && candidate != nearest;
    distance = of;
    nearest = candidate;
  }
  return nearest.empty() || several ? std::nullopt : std::optional(std::string(nearest));
}

std::optional<std::string> closest(std::string_view typed,
                                   const std::vector<std::string>& candidates) {
  const std::vector<std::string_view> views(candidates.begin(), candidates.end());
  return closest(typed, std::span<const std::string_view>(views));
}

std::string did_you_mean(const std::optional<std::string>& candidate) {
  return candidate ? "; did you mean " + *candidate + "?" : std::string();
}

} // namespace spec_kitty
