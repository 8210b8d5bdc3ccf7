// The whole log in 12 bytes an event, which a page scrubs over without asking again. Pure.
#pragma once

#include "app/board/core/log.hpp"

#include <string>

namespace spec_kitty::board {

/// Columns of all events in the total order, one behind the other, little-endian:
///
///   time          8 bytes  IEEE 754, milliseconds since 1970
///   work package  2 bytes  its number in `packages`; 0xffff: of none
///   lane          1 byte   0 to 3, the lane that it counts as afterwards; 0xff: as before
///   kind          1 byte   number in the order of event_kind
std::string transition_columns(const event_log& log);

/// `{"v":1,"count":n,"packages":[{"feature","id"}]}`: what the numbers of the columns mean.
std::string transition_names(const event_log& log);

} // namespace spec_kitty::board
