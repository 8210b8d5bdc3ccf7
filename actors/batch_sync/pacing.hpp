// When to send again: pauses after failures. Pure functions of attempt, randomness and time.
// Source: docs/protocol.md, Batch sync, Runs and progress.
#pragma once

#include "util/timestamp.hpp"

#include <algorithm>
#include <chrono>

namespace spec_kitty {

inline constexpr std::chrono::milliseconds first_backoff{500};
inline constexpr std::chrono::milliseconds max_backoff{30000};

/// How often a background drain asks again for a team that the server forbade (403).
inline constexpr std::chrono::hours hold_retry{1};

/// Exponential with full jitter: a random share of 0.5 s, 1 s, 2 s … 30 s. `attempt` counts
/// failures so far, from 1; `random` is in [0, 1).
/// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
inline std::chrono::milliseconds backoff_delay(unsigned attempt, double random) {
  auto ceiling = first_backoff;
  for (unsigned i = 1; i < attempt && ceiling < max_backoff; ++i)
    ceiling *= 2;
  ceiling = std::min(ceiling, max_backoff);
  return std::chrono::milliseconds(
      static_cast<std::chrono::milliseconds::rep>(random * static_cast<double>(ceiling.count())));
}

/// True when a background drain may try a held team again.
inline bool may_retry_hold(epoch_us held_since, epoch_us now) {
  return now < held_since || now - held_since >= std::chrono::microseconds(hold_retry).count();
}

} // namespace spec_kitty
