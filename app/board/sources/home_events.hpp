// What a home knows for a board: the events that wait in its queue, those that were delivered, and
// how delivery stands.
#pragma once

#include "app/board/core/board_view.hpp"
#include "app/home/home_view.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::board {

struct home_reading {
  std::vector<board_event> events; ///< those that are new, in the order of the queue
  sync_view sync;
  std::vector<std::string> unreadable; ///< files of the journal, and why
};

/// Whether an event is known with this clock; then it is not read again.
using is_known_event = std::function<bool(const ulid& id, std::uint64_t lamport_clock)>;

/// How delivery stands, without the dead letters, which stand in the queue.
result<sync_view> read_delivery(const home_view& home);

/// Reads the queue. `project`: the uuid of the repository's project; events of another one are left
/// out, those of no project are not. Changes nothing on disk.
result<home_reading> read_home(const home_view& home, const std::string& project,
                               const is_known_event& is_known);

/// The same for a board that knows nothing yet: the journal of delivered events comes first.
result<home_reading> read_home_from_beginning(const home_view& home, const std::string& project);

} // namespace spec_kitty::board
