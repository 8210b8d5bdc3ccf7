// How long to wait before trying a failing server again. Pure.
#pragma once

#include <algorithm>
#include <chrono>

namespace spec_kitty {

inline constexpr std::chrono::milliseconds first_backoff{500};
inline constexpr std::chrono::milliseconds longest_backoff{30000};

/// Exponential with full jitter: a random share of 0.5 s, 1 s, 2 s … 30 s. `attempt` counts
/// failures so far, from 1; `random` is in [0, 1). Source: protocol.md, Batch sync;
/// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
inline std::chrono::milliseconds backoff_delay(unsigned attempt, double random) {
  auto ceiling = first_backoff;
  for (unsigned i = 1; i < attempt && ceiling < longest_backoff; ++i)
    ceiling *= 2;
  ceiling = std::min(ceiling, longest_backoff);
  return std::chrono::milliseconds(
      static_cast<std::chrono::milliseconds::rep>(random * static_cast<double>(ceiling.count())));
}

} // namespace spec_kitty
