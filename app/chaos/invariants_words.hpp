// What the checkers share: visits, and words.
#pragma once

#include "app/chaos/history.hpp"

namespace spec_kitty::chaos {

/// Every event that is kept anywhere, with where.
template <class Visit>
void each_kept(const history& seen, const Visit& visit) {
  for (const auto& store : seen.stores)
    for (const auto& event : store.events)
      visit(event, "the store of " + store.home);
  for (const auto& server : seen.servers)
    for (const auto& event : server.events)
      visit(event, "the server " + server.name);
}

inline std::string named(const attempt& attempt) {
  return attempt.marker + (attempt.event_id.empty() ? "" : " (" + attempt.event_id + ")");
}

inline std::string of(std::uint64_t number) {
  return std::to_string(number);
}

} // namespace spec_kitty::chaos
