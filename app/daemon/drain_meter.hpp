// How far a daemon's run is, and how fast: from the counts that BATCH_SYNC reports after each
// settled batch, and WEBSOCKET while it sends a backlog.
#pragma once

#include "messages/sync.hpp"

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

namespace spec_kitty {

/// What is left of a run.
struct drain_progress {
  std::uint64_t left = 0;       ///< events that it selected and has not settled
  std::uint64_t per_second = 0; ///< 0: not known yet

  /// Rounded up; nothing where the rate is not known.
  std::optional<std::uint64_t> seconds_left() const;
};

/// Written by an actor's thread, read by the daemon's.
class drain_meter {
public:
  using steady = std::chrono::steady_clock;

  void note(const sync_progress& at, steady::time_point now);
  void end_run();
  /// Nothing between runs, before a run's first batch is settled, and after its last one.
  std::optional<drain_progress> progress() const;

private:
  struct sample {
    std::uint64_t settled = 0;
    steady::time_point at;
  };

  mutable std::mutex guard_;
  std::optional<sample> first_; ///< of this run
  sample last_;
  std::uint64_t selected_ = 0;
};

} // namespace spec_kitty
