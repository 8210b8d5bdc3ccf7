// The doorbell: an emitting command rings the daemon by one datagram and goes on. It waits for
// nothing, and what it learns is whether somebody is there.
#pragma once

#include "messages/connection.hpp"
#include "util/unix_socket.hpp"

#include <filesystem>

namespace spec_kitty {

/// The letter that stands for a rouse, and back. They cross versions: they never change.
char letter_of(wakeup_reason why);
std::optional<wakeup_reason> wakeup_reason_of(char letter);

/// `full` says that rings are pending already: the daemon is there and does not get round to them.
inline delivery ring(const std::filesystem::path& home, wakeup_reason why) {
  return send_in_home(home, ring_socket, letter_of(why));
}

/// The same for news that no pending ring brings: waits a moment for room. Not on emit's way.
delivery notify_daemon_with_timeout(const std::filesystem::path& home, wakeup_reason why);

} // namespace spec_kitty
