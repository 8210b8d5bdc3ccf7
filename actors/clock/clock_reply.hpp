// The server's answer to the question for its clock. Pure. Source: docs/protocol.md, Clock.
#pragma once

#include "messages/http.hpp"

#include <cstdint>
#include <optional>

namespace spec_kitty {

/// The value that a reply to GET /api/v1/clock/ carries; nothing when the reply carries no clock.
std::optional<std::uint64_t> read_clock_reply(const http_reply& reply);

/// The clock in a reply to a batch (`server_clock`), of a server without a request for its clock.
std::optional<std::uint64_t> read_batch_clock(const http_reply& reply);

} // namespace spec_kitty
