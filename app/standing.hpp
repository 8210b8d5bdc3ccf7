// The one short line after an emitting command: where the events stand.
#pragma once

#include <cstdint>
#include <string>

namespace spec_kitty {

/// What is known about delivery at the end of a command.
struct standing {
  std::uint64_t queued = 0; ///< events that wait in this home, held ones included
};

/// `[Offline] 3 queued`. No part of this program delivers in the background yet, so that is the
/// only state there is; a daemon's answer belongs here and nowhere else.
inline std::string standing_line(const standing& now) {
  return "[Offline] " + std::to_string(now.queued) + " queued";
}

} // namespace spec_kitty
