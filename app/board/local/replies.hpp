// What the board answers to its page: docs/board-api.md. From the board's own thread.
#pragma once

#include "app/board/sources/local_board.hpp"
#include "app/listener/message.hpp"

#include <cstdint>
#include <string>

namespace spec_kitty::board {

/// The answer to a GET of the API that the guard let through.
listener::outbound_reply answer(local_board& board, const listener::inbound_request& request);

/// The page, with the headers that bind it.
listener::outbound_reply page_reply(std::uint16_t port);

/// The headers that every answer has: nothing is kept, guessed, framed or taken by others.
void add_safe_headers(listener::outbound_reply& reply);

} // namespace spec_kitty::board
