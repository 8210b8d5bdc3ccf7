// What the store keeps of a leaf (core/event_leaf.hpp).
#pragma once

#include "app/server/core/event_leaf.hpp"
#include "app/server/store/types.hpp"

#include <algorithm>

namespace spec_kitty::server::store {

/// The part that is kept.
inline kept_leaf kept(const leaf_hash& leaf) {
  kept_leaf out{};
  std::copy_n(leaf.begin(), out.size(), out.begin());
  return out;
}

} // namespace spec_kitty::server::store
