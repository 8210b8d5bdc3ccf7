// The daemon of a home: one process, held by a lock, that brings events to the server as they
// are recorded.
//
//   lock ─▶ sockets ─▶ record ─▶ engine ─▶ loop ─▶ sockets away ─▶ record ─▶ wind down
//
// One loop on the main thread polls the doorbell, the control socket, signals and the engine's
// notices; it sleeps when nothing happens, but for one look a minute whether its home is still
// there.
#pragma once

#include "app/home/home_view.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace spec_kitty {

struct daemon_options {
  std::string version; ///< what it says of itself; decides hand-overs
  /// Called once it answers requests.
  std::function<void()> on_running = {};
  /// How often it looks whether its home is still there.
  std::chrono::milliseconds look_every{60'000};
};

/// Lives until it is told to leave. already_running when another holds the lock; store_unusable
/// when the home cannot be written; internal when its actors have failed.
result<void> run_daemon(const home_view& view, const daemon_options& options);

} // namespace spec_kitty
