// The line after an emitting command: whether its events are delivered or wait. It uses only the
// doorbell's answer and the daemon's record, and never waits.
#pragma once

#include "app/daemon/record.hpp"
#include "app/home/doorbell.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace spec_kitty {

/// What is known about delivery at the end of a command.
struct delivery_status {
  std::uint64_t queued = 0; ///< events that wait in this home, held ones included
  bool answers = false;     ///< a daemon is running
  bool stopped = false;     ///< but its process is stopped, by SIGSTOP or a debugger
  std::optional<daemon_record> daemon;
};

/// The state of a home's daemon, given its answer to the doorbell.
delivery_status query_daemon(const std::filesystem::path& home, delivery rang,
                             std::uint64_t queued);

/// `[Connected]`, `[Offline] 3 queued`, `[Offline - Batch Mode] 3 queued`, or
/// `[Sync stopped 3 days ago: …] 3 queued; …` when the daemon should run but does not.
std::string delivery_status_line(const delivery_status& now, epoch_us at);

} // namespace spec_kitty
