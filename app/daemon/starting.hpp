// Starting and ending a home's daemon from another process.
#pragma once

#include "app/daemon/control.hpp"

#include <filesystem>
#include <string>

namespace spec_kitty {

/// Spawns `sync daemon run --json` of this very program in a session of its own and does not wait
/// for it. Its first line, what it runs as or why it cannot, goes to `report_fd` (-1: nowhere).
result<pid_t> spawn_daemon(const std::filesystem::path& home, int report_fd);

/// What a start came to.
struct daemon_start {
  bool was_running = false;
  std::string replaced; ///< the older version that handed over
  daemon_identity daemon;
};

/// Starts a daemon of `version` where none of that version or a newer one runs; an older one hands
/// over first. Waits until it answers, 10 s at most.
result<daemon_start> start_daemon(const std::filesystem::path& home, const std::string& version);

/// Asks the daemon to leave and waits until it has; false when none was there. One that does not
/// answer is ended by signals where the kernel, the record and the process agree who it is; else
/// unhealthy, and nobody is signalled.
result<bool> stop_daemon(const std::filesystem::path& home);

/// The absolute path of this program.
std::filesystem::path this_program();

} // namespace spec_kitty
