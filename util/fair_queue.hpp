// Start-time fair queueing: what waits is served in turn, each key by the cost of what it asks for.
//
// An item starts, in virtual time, where the item before it of the same key ends, and not before
// now; it ends its cost later. The one that starts first is served next, and then is now. So a key
// with a thousand items waiting gets no more than one with two, and the first item of a key that
// was idle is served before all that waits already. Items of a key keep their order.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <utility>

namespace spec_kitty {

template <class Key, class Item>
class fair_queue {
public:
  void push(const Key& key, std::uint64_t cost, Item item) {
    lane& of = lanes_.try_emplace(key).first->second;
    if (of.waiting.empty()) {
      of.start = std::max(of.start, now_);
      order_.emplace(of.start, key);
    }
    of.waiting.push_back({std::move(item), cost});
    ++size_;
  }

  /// The key whose turn it is among those for which `may(key)` is true; null without one.
  template <class May>
  const Key* next(May may) const {
    const auto found =
        std::find_if(order_.begin(), order_.end(), [&](const auto& at) { return may(at.second); });
    return found == order_.end() ? nullptr : &found->second;
  }

  /// The first item of a key of which one waits.
  const Item& front(const Key& key) const { return lanes_.at(key).waiting.front().item; }

  Item pop(Key key) {
    lane& of = lanes_.at(key);
    order_.erase({of.start, key});
    now_ = std::max(now_, of.start);
    entry first = std::move(of.waiting.front());
    of.waiting.pop_front();
    of.start += first.cost;
    if (!of.waiting.empty())
      order_.emplace(of.start, key);
    --size_;
    forget_idle();
    return std::move(first.item);
  }

  bool is_empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

private:
  struct entry {
    Item item;
    std::uint64_t cost;
  };
  /// A key with its items. One without stays until virtual time has come to where its last ends.
  struct lane {
    std::deque<entry> waiting;
    std::uint64_t start = 0; ///< of its first item, or of the next one that comes
  };

  /// Idle keys owe nothing once nobody waits.
  void forget_idle() {
    if (size_ == 0)
      lanes_.clear();
    else if (lanes_.size() > 2 * order_.size() + 16)
      std::erase_if(lanes_, [this](const auto& each) {
        return each.second.waiting.empty() && each.second.start <= now_;
      });
  }

  std::map<Key, lane> lanes_;
  std::set<std::pair<std::uint64_t, Key>> order_; ///< keys with items, by their start
  std::uint64_t now_ = 0;
  std::size_t size_ = 0;
};

} // namespace spec_kitty
