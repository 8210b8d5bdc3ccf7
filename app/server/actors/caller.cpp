#include "app/server/actors/caller.hpp"

#include <algorithm>
#include <utility>

namespace spec_kitty::server {

caller_ptr caller_cache::find(std::string_view bearer, epoch_us now) const {
  const std::lock_guard hold(guard_);
  const auto found = entries_.find(bearer);
  return found == entries_.end() || found->second.until <= now ? nullptr : found->second.found;
}

void caller_cache::put(std::string bearer, caller_ptr found, epoch_us now, epoch_us good_for) {
  const std::lock_guard hold(guard_);
  if (entries_.size() >= max_callers)
    std::erase_if(entries_, [now](const auto& entry) { return entry.second.until <= now; });
  if (entries_.size() >= max_callers)
    entries_.clear(); // each is looked up again, which costs some microseconds
  entries_.insert_or_assign(std::move(bearer),
                            entry{std::move(found), now + std::min(max_age, good_for)});
}

void caller_cache::forget_all() {
  const std::lock_guard hold(guard_);
  entries_.clear();
}

} // namespace spec_kitty::server
