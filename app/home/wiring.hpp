// The transports of a process that talks to the server, wired on one screen:
//
//   SUPERVISOR ─┬▶ BATCH_SYNC ─▶ QUEUE ◀─ CLOCK
//               │      ├──────▶ AUTH ─▶ QUEUE (adoption)
//               │      └──────▶ HTTP ◀─ AUTH
//               └▶ WEBSOCKET ─▶ QUEUE, CLOCK, AUTH, HTTP, LINK    (in the background)
#pragma once

#include "actors/supervisor/supervisor.hpp"
#include "app/home/home_view.hpp"
#include "util/url.hpp"

#include <caf/actor_cast.hpp>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>

namespace spec_kitty {

/// What a process is there for.
struct sync_mode {
  std::function<void(const sync_progress&)> on_progress = {};
  /// Drains by itself, keeps a WebSocket, and publishes what happens: a daemon, a host.
  bool background = false;
  std::function<void(const notice&)> publish = {};
  /// In a host's actor system, which does not wait for these actors when it ends: how many
  /// of them there are.
  std::shared_ptr<std::atomic<int>> guest = {};
  std::filesystem::path modules = {}; ///< empty: where they were installed
};

/// Starts an actor that an actor system does not wait for at its end; it is counted until then.
template <class Parent, class Role, class... Args>
auto spawn_counted(Parent& parent, const std::shared_ptr<std::atomic<int>>& alive, Role role,
                   Args... args) {
  ++*alive;
  auto made = parent.template spawn<caf::hidden>(role, std::move(args)...);
  caf::actor_cast<caf::abstract_actor*>(made)->attach_functor(
      [alive](const caf::error&) { --*alive; });
  return made;
}

/// What SUPERVISOR is to start for a home and a server.
supervisor_config wire(const home_view& view, const server_url& server, const queue_actor& queue,
                       const clock_actor& clock, sync_mode mode);

/// The configured server, or no_server with the command to set one.
result<server_url> configured_server(const settings& config);

} // namespace spec_kitty
