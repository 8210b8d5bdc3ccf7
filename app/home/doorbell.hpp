// The doorbell: an emitting command rings the daemon by one datagram and continues. It waits for
// nothing, and learns only whether a daemon is there.
#pragma once

#include "messages/connection.hpp"
#include "util/unix_socket.hpp"

#include <filesystem>

namespace spec_kitty {

/// The letter that stands for a reason to wake, and back. They cross versions: they never change.
char letter_of(wakeup_reason why);
std::optional<wakeup_reason> wakeup_reason_of(char letter);

/// `full` says that rings are pending already: the daemon runs but has not read them yet.
inline delivery ring(const std::filesystem::path& home, wakeup_reason why) {
  return send_in_home(home, ring_socket, letter_of(why));
}

/// The same for a reason that no pending ring carries: waits a moment for capacity. Never used by
/// emit.
delivery notify_daemon_with_timeout(const std::filesystem::path& home, wakeup_reason why);

} // namespace spec_kitty
