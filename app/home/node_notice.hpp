// A home that got a new node id: in which words, and kept for the thread that may print them.
#pragma once

#include "actors/queue/store.hpp"

#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace spec_kitty {

/// `this home is a copy …`.
inline std::string node_change_words(const node_change& change) {
  return (change.was_copied ? "this home was copied, or restored: " : "") +
         std::string("what it records from now on is of the node ") + change.now + ", not " +
         change.before;
}

/// The last change; written by the thread that opens the store, taken by another one.
class node_notice {
public:
  void put(const node_change& change) {
    const std::lock_guard hold(guard_);
    change_ = change;
  }
  std::optional<node_change> take() {
    const std::lock_guard hold(guard_);
    return std::exchange(change_, std::nullopt);
  }

private:
  std::mutex guard_;
  std::optional<node_change> change_;
};

} // namespace spec_kitty
