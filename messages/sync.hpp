// A sync run's request and report. Source: docs/cli.md, Sync.
#pragma once

#include "util/result.hpp"
#include "util/timestamp.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace spec_kitty {

/// One line of a report's `errors`.
struct sync_error {
  std::string event_id; ///< empty: concerns the run, not one event
  std::string category; ///< rejected, dead, held, transport, …
  std::string message;
};

/// The report of one run. The buckets are disjoint and sum to `selected`.
struct sync_report {
  std::uint64_t selected = 0; ///< events due when the run began
  std::uint64_t synced = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t pending = 0;
  std::uint64_t rejected = 0; ///< refused, still queued
  std::uint64_t dead = 0;     ///< became dead letters in this run
  std::uint64_t held = 0;
  std::uint64_t transient = 0; ///< tried or due; outcome unknown or not reached

  std::uint64_t remaining = 0;      ///< live events afterwards; not a bucket
  std::uint64_t held_elsewhere = 0; ///< events of other teams and `local`, which were never due
  std::uint64_t opted_out = 0;      ///< events of projects that are opted out: never due either
  std::uint64_t batches = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t duration_ms = 0;
  std::vector<sync_error> errors;
  std::vector<std::string> warnings;

  /// Why the run ended early, or why the exit status is not 0.
  std::optional<failure> stopped;
  epoch_us retry_at = 0; ///< the server accepts no request before (429); 0: it named no time

  std::uint64_t settled() const {
    return synced + duplicate + pending + rejected + dead + held + transient;
  }
};

/// Asks for a run.
struct sync_request {
  /// The daemon's own: one try for each batch; the pauses between runs are its schedule's.
  bool background = false;
  /// The highest clock received over the WebSocket, for a server without a request for its clock.
  std::uint64_t clock_seen = 0;
};

/// How far a run is, for a progress bar.
struct sync_progress {
  std::uint64_t settled = 0;
  std::uint64_t selected = 0;
  std::chrono::milliseconds waiting{}; ///< left of a pause; 0: none
};

} // namespace spec_kitty
