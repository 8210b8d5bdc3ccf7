// What became of a host's events, counted, and the last thing that went wrong.
#pragma once

#include "spec_kitty/client.hpp"
#include "util/timestamp.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>

namespace spec_kitty::embed {

class event_counters {
public:
  void count_emitted() { ++emitted_; }
  void count_spilled() { ++spilled_; }
  void count_refused() { ++refused_; }

  /// Counts an event that was not taken. Returns how many there were so far when it is time for
  /// another log line about them: every ten seconds.
  std::optional<std::uint64_t> count_dropped(epoch_us steady) {
    const std::uint64_t count = ++dropped_;
    epoch_us due = next_drop_line_.load();
    if (steady >= due && next_drop_line_.compare_exchange_strong(due, steady + drop_line_us))
      return count;
    return std::nullopt;
  }

  /// Keeps a failure for the status.
  void note(const failure& why) {
    const std::lock_guard hold(guard_);
    last_problem_ = why;
  }

  void fill(client_status& status) const {
    status.emitted = emitted_;
    status.spilled = spilled_;
    status.refused = refused_;
    status.dropped = dropped_;
    const std::lock_guard hold(guard_);
    status.last_problem = last_problem_;
  }

private:
  static constexpr epoch_us drop_line_us = 10000000;

  std::atomic<std::uint64_t> emitted_{0};
  std::atomic<std::uint64_t> spilled_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<epoch_us> next_drop_line_{0};
  mutable std::mutex guard_;
  failure last_problem_{ec::ok, {}, {}};
};

} // namespace spec_kitty::embed
