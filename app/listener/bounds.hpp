// What bounds many peers at once: the bytes of all bodies, the connections of one address, and how
// slowly a body may come.
#pragma once

#include "app/listener/limits.hpp"
#include "app/listener/proxies.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>

namespace spec_kitty::listener {

/// Bytes that may be taken in all. From any thread.
class byte_budget {
public:
  explicit byte_budget(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  bool take(std::size_t bytes) {
    std::size_t taken = taken_.load();
    do {
      if (bytes > max_bytes_ - taken)
        return false;
    } while (!taken_.compare_exchange_weak(taken, taken + bytes));
    return true;
  }
  void give_back(std::size_t bytes) { taken_ -= bytes; }
  std::size_t taken() const { return taken_; }

private:
  const std::size_t max_bytes_;
  std::atomic<std::size_t> taken_{0};
};

/// What one body has taken of the budget; given back when the last owner of the body is gone.
class budget_share {
public:
  explicit budget_share(std::shared_ptr<byte_budget> budget) : budget_(std::move(budget)) {}
  ~budget_share() { budget_->give_back(bytes_); }
  budget_share(const budget_share&) = delete;
  budget_share& operator=(const budget_share&) = delete;

  /// False when the budget is used up; then nothing more was taken.
  bool grow_to(std::size_t bytes) {
    if (bytes > bytes_ && !budget_->take(bytes - bytes_))
      return false;
    bytes_ = std::max(bytes_, bytes);
    return true;
  }

private:
  std::shared_ptr<byte_budget> budget_;
  std::size_t bytes_ = 0;
};

/// Connections by address. From any thread.
class address_counts {
public:
  /// Counts a connection, unless the address has `max` of them.
  bool add(const address_bytes& address, std::size_t max) {
    const std::lock_guard lock(mutex_);
    auto& count = counts_[address];
    if (count >= max) {
      if (count == 0)
        counts_.erase(address);
      return false;
    }
    ++count;
    return true;
  }
  void remove(const address_bytes& address) {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(address);
    if (found != counts_.end() && --found->second == 0)
      counts_.erase(found);
  }

private:
  std::mutex mutex_;
  std::map<address_bytes, std::size_t> counts_;
};

/// How long after the beginning of a body it is given up if nothing more comes: the moment when its
/// average falls below the minimum rate, not before the grace is over and not after the bound of
/// the whole body.
inline std::chrono::milliseconds body_deadline(std::size_t received,
                                               const listener_limits& limits) {
  const auto rate = std::max<std::size_t>(limits.min_body_rate, 1);
  const std::chrono::milliseconds paid_for(
      static_cast<std::int64_t>(received / rate * 1000 + received % rate * 1000 / rate));
  return std::min(limits.body, std::max(limits.body_grace, paid_for));
}

} // namespace spec_kitty::listener
