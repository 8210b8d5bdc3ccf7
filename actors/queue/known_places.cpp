#include "actors/queue/known_places.hpp"

#include <algorithm>

namespace spec_kitty {

namespace {

std::uint64_t distance(const heard_place& newest, const heard_place& of) {
  return newest.seq - of.seq;
}

/// Without the middle one of three the next step back is at most twice as long.
bool is_needless(const heard_place& newest, const heard_place& before, const heard_place& after) {
  return distance(newest, after) <= 2 * std::max<std::uint64_t>(distance(newest, before), 1) ||
         distance(newest, before) >= furthest_place;
}

} // namespace

void keep_places(std::vector<heard_place>& kept, const std::vector<heard_place>& heard) {
  std::vector<heard_place> all(heard.rbegin(), heard.rend());
  all.insert(all.end(), kept.begin(), kept.end());
  std::stable_sort(all.begin(), all.end(),
                   [](const heard_place& a, const heard_place& b) { return a.seq > b.seq; });
  all.erase(std::unique(all.begin(), all.end(),
                        [](const heard_place& a, const heard_place& b) { return a.seq == b.seq; }),
            all.end());
  std::vector<heard_place> thinned;
  for (std::size_t i = 0; i < all.size() && thinned.size() < max_kept_places; ++i) {
    const bool middle = i > 0 && i + 1 < all.size();
    if (!middle || !is_needless(all.front(), thinned.back(), all[i + 1]))
      thinned.push_back(all[i]);
  }
  kept = std::move(thinned);
}

std::vector<heard_place> places_to_report(const std::vector<heard_place>& kept) {
  std::vector<heard_place> reported;
  std::uint64_t wanted = 0; // behind the newest, at least
  for (const heard_place& place : kept) {
    if (distance(kept.front(), place) < wanted || reported.size() == max_reported_places)
      continue;
    reported.push_back(place);
    while (wanted <= distance(kept.front(), place))
      wanted = wanted == 0 ? 1 : 2 * wanted;
  }
  return reported;
}

} // namespace spec_kitty
