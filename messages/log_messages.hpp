// What actors say to each other about a team's log (team_log.hpp, connection.hpp).
#pragma once

#include "messages/compat.hpp"
#include "messages/connection.hpp"
#include "messages/team_log.hpp"

#include <cstddef>

namespace spec_kitty {

/// SUPERVISOR to WEBSOCKET: that much of what it passed on is merged.
struct heard_taken {
  std::size_t bytes = 0;
};
/// SUPERVISOR to itself: what was heard since the last transaction can be merged now.
struct merge_tick {};

} // namespace spec_kitty

SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::remote_heard)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::merge_tick)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::heard_taken)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::log_joined)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::log_page_request)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::cursor_request)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::cursor_found)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::join_request)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::join_done)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::heard_burst)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::acknowledge_taken_back)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::taken_back_done)
