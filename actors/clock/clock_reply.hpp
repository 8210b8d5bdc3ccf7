// The server's answer to a question for its clock. Pure. Source: protocol.md, Clocks.
#pragma once

#include "messages/http.hpp"

#include <cstdint>
#include <optional>

namespace spec_kitty {

/// The value of a reply to GET /api/v1/clock/; nothing when the reply does not hold a clock.
std::optional<std::uint64_t> read_clock_reply(const http_reply& reply);

} // namespace spec_kitty
