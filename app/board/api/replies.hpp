// What a board answers to its page: docs/board-api.md. From the thread that owns the board.
#pragma once

#include "app/board/core/board_source.hpp"
#include "app/listener/message.hpp"

#include <string_view>

namespace spec_kitty::board {

/// The answer to a GET of the API that the guard let through.
listener::outbound_reply answer(board_source& board, const listener::inbound_request& request);

/// The page, with the headers that bind it. `stream_origins`: as page_policy takes them.
listener::outbound_reply page_reply(std::string_view stream_origins);

/// The headers that every answer has: nothing is kept, guessed, framed or taken by others.
void add_safe_headers(listener::outbound_reply& reply);

/// Compresses a body that is worth it, and is not compressed yet, for a reader whose
/// Accept-Encoding has gzip.
void compress(listener::outbound_reply& reply, std::string_view accepted);

} // namespace spec_kitty::board
