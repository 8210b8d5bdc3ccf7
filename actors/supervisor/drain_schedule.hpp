// When a background drain begins its next run. Pure: steady time in, waits out.
//
// Woken by events it begins at once, but never during the pause after a failure, and at most once
// per `gap`. A run that sent several batches without a refusal was a backlog: what came meanwhile
// goes at once. Without a wakeup a run begins every `interval`, for what was refused or left over.
// The server's reply decides the pause: transport failure, 0.5 s to 30 s with full jitter, so that
// events leave within 30 s of the server being reachable; Retry-After, the time it asks for; 403,
// an hour; login needed or 412, until something changes. Source: docs/protocol.md, Batch sync.
#pragma once

#include "messages/connection.hpp"

#include <chrono>
#include <functional>
#include <optional>

namespace spec_kitty {

class drain_schedule {
public:
  using milliseconds = std::chrono::milliseconds;

  /// `gap` lies between the beginnings of runs that send; `random` gives numbers in [0, 1).
  drain_schedule(milliseconds interval, milliseconds gap, std::function<double()> random)
      : interval_(interval), gap_(gap), random_(std::move(random)) {}

  /// Something happened. Events alone never shorten a pause; a login, or a `sync now` elsewhere
  /// that talked to the server, ends every pause.
  void on_wakeup(wakeup_reason why);
  void on_begin(milliseconds steady);
  /// `steady` is the time the run ended; `wall` the same moment as a date, for Retry-After.
  void on_end(const sync_report& report, milliseconds steady, epoch_us wall);

  /// How long until the next run: 0 for now; nothing while one is under way, or before the first
  /// wakeup after login_required or upgrade_required.
  std::optional<milliseconds> wait(milliseconds steady) const;

  bool running() const { return running_; }

private:
  milliseconds interval_;
  milliseconds gap_;
  std::function<double()> random_;
  bool running_ = false;
  bool wanted_ = true;            ///< woken, or never run: as soon as the pause is over
  bool blocked_ = false;          ///< until something changes
  milliseconds not_before_{0};    ///< the end of a pause
  milliseconds begun_{0};         ///< beginning of the last run
  milliseconds interval_from_{0}; ///< its end
  unsigned failures_ = 0;         ///< of the transport, in a row
};

} // namespace spec_kitty
