// The layer of a server for trying out, between the listener and the real server: names of this
// machine alone are served, WebSockets are told of, and faults are played where a test wants them.
//
//   listener ─▶ host ─▶ faults ─▶ the server's own handlers
#pragma once

#include "app/listener/listener.hpp"
#include "app/server/dev/faults.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace spec_kitty::server::dev {

/// Takes a line of what happens, for a person or, with `json`, as an object; from any thread.
struct activity_log {
  std::function<void(std::string_view line)> say; ///< empty: nothing is told
  bool json = false;
};

/// The handlers with this layer around them. Throws std::system_error where the file of
/// `note_kept` cannot be opened. They must end before what `log` writes to.
listener::listener_handlers with_layer(listener::listener_handlers server, fault_rules rules,
                                       activity_log log);

/// True for a Host header that names this machine itself, with or without a port. A page of
/// somebody else's that leads its own name here sends that name. Pure.
bool is_this_machine(std::string_view host);

} // namespace spec_kitty::server::dev
