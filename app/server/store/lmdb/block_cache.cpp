#include "app/server/store/lmdb/block_cache.hpp"

#include <algorithm>
#include <utility>

namespace spec_kitty::server::store {

block_ptr block_cache::block_of(std::string_view key, std::string_view row, block_codec& codec) {
  if (auto kept = find(key, row))
    return kept;
  const auto fresh = std::make_shared<unpacked_block>();
  fresh->row = row;
  fresh->events = codec.unpack(fresh->row, fresh->memory);
  keep(key, fresh);
  return fresh;
}

block_ptr block_cache::find(std::string_view key, std::string_view row) {
  const std::lock_guard hold(guard_);
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [key](const entry& kept) { return kept.key == key; });
  if (found == entries_.end() || found->block->row != row)
    return nullptr;
  found->used = ++uses_;
  return found->block;
}

void block_cache::keep(std::string_view key, const block_ptr& block) {
  block_ptr gone; // a large one is freed when nobody waits for the lock
  const std::lock_guard hold(guard_);
  const auto remove = [&](std::vector<entry>::iterator at) {
    bytes_ -= at->block->bytes();
    gone = std::move(at->block);
    *at = std::move(entries_.back());
    entries_.pop_back();
  };
  const auto older = std::find_if(entries_.begin(), entries_.end(),
                                  [key](const entry& kept) { return kept.key == key; });
  if (older != entries_.end())
    remove(older);
  const std::size_t size = block->bytes();
  if (size > max_bytes_)
    return;
  while (entries_.size() >= max_blocks || bytes_ + size > max_bytes_)
    remove(std::min_element(entries_.begin(), entries_.end(),
                            [](const entry& a, const entry& b) { return a.used < b.used; }));
  entries_.push_back({std::string(key), block, ++uses_});
  bytes_ += size;
}

} // namespace spec_kitty::server::store
