// Starting and ending a home's daemon from another process.
#pragma once

#include "app/daemon/control.hpp"

#include <filesystem>
#include <string>

namespace spec_kitty {

/// Spawns `sync daemon run --json` of this program in its own session and does not wait for it. Its
/// first line, its identity or its failure, goes to `report_fd` (-1: nowhere).
result<pid_t> spawn_daemon(const std::filesystem::path& home, int report_fd);

/// The outcome of a start.
struct daemon_start {
  bool was_running = false;
  std::string replaced; ///< the older version that handed over
  daemon_identity daemon;
};

/// Starts a daemon of `version` unless one of that version or a newer one runs; an older daemon
/// ends first. Waits until the daemon answers, 10 s at most.
result<daemon_start> start_daemon(const std::filesystem::path& home, const std::string& version);

/// Asks the daemon to end and waits until it has; false if none was running. A daemon that does not
/// respond is ended by signals if the kernel, the record and the process agree on its identity;
/// else the result is unhealthy, and no signal is sent.
result<bool> stop_daemon(const std::filesystem::path& home);

/// The absolute path of this program.
std::filesystem::path this_program();

} // namespace spec_kitty
