// The body of a batch: stored rows joined into one JSON text. Pure.
// Source: docs/protocol.md, Batch sync.
#pragma once

#include "messages/queue.hpp"

#include <span>
#include <string>

namespace spec_kitty {

/// `{"events":[…]}`: the rows as they are stored, not encoded again.
std::string join_batch(std::span<const leased_event> events);

} // namespace spec_kitty
