// The one change that a board makes: a dead letter goes back into the queue.
#pragma once

#include "app/home/home_view.hpp"
#include "app/listener/message.hpp"

#include <string>
#include <string_view>

namespace spec_kitty::board {

/// The id in `/board/dead/<id>/retry`; empty for any other path.
std::string dead_letter_in(std::string_view path);

/// Queues it again and wakes the daemon, if one runs. 404 where it is not a dead letter.
listener::outbound_reply retry_dead_letter(const std::optional<home_view>& home,
                                           const std::string& event_id,
                                           const std::string& request_id);

} // namespace spec_kitty::board
