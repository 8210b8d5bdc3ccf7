// The daemon of a home: one process, held by a lock, that brings events to the server as they
// are recorded.
//
//   lock ─▶ sockets ─▶ record ─▶ engine ─▶ loop ─▶ wind down ─▶ record ─▶ sockets away
//
// One loop on the main thread polls the doorbell, the control socket, signals and the engine's
// notices; it sleeps when nothing happens, but for one look a minute whether its home is still
// there.
#pragma once

#include "app/context.hpp"

#include <functional>
#include <string>

namespace spec_kitty {

struct daemon_options {
  std::string version; ///< what it says of itself; decides hand-overs
  /// Called once it answers requests.
  std::function<void()> on_running = {};
};

/// Lives until it is told to leave. already_running when another holds the lock; store_unusable
/// when the home cannot be written; internal when its actors have failed.
result<void> run_daemon(const context& ctx, const daemon_options& options);

/// The file whose lock a home's daemon holds.
std::filesystem::path daemon_lock(const std::filesystem::path& home);

} // namespace spec_kitty
