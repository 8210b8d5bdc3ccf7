// An event's JSON as the board keeps it. Pure.
#pragma once

#include "app/board/core/log.hpp"
#include "util/json.hpp"

#include <optional>

namespace spec_kitty::board {

/// What the board keeps of an event; nothing for what is not one (no id, node or payload).
/// Texts are cut to 500 bytes. `sender`: the account that sent it, where a server knows.
std::optional<board_event> read_event(const json_value& event, std::string_view sender = {});

} // namespace spec_kitty::board
