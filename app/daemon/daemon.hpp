// The daemon of a home: one process, held by a lock, that brings events to the server as they
// are recorded.
//
//   lock ─▶ sockets ─▶ record ─▶ engine ─▶ loop ─▶ sockets removed ─▶ record ─▶ wind down
//
// One loop on the main thread polls the doorbell, the control socket, signals and the engine's
// notices. It sleeps when nothing happens; once a minute it checks that its home still exists.
#pragma once

#include "app/home/home_view.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace spec_kitty {

struct daemon_options {
  std::string version; ///< what it reports; decides hand-overs
  /// Called once it answers requests.
  std::function<void()> on_running = {};
  /// How often it checks that its home still exists.
  std::chrono::milliseconds check_every{60'000};
};

/// Runs until it is told to end. already_running when another process holds the lock;
/// store_unusable when the home cannot be written; internal when its actors have failed.
result<void> run_daemon(const home_view& view, const daemon_options& options);

} // namespace spec_kitty
