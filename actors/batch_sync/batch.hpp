// A batch on its way: stored rows joined into one JSON text, compressed. Pure.
// Source: protocol.md, Batch sync.
#pragma once

#include "messages/queue.hpp"

#include <span>
#include <string>

namespace spec_kitty {

/// `{"events":[…]}`: the rows as they are stored, nothing encoded again.
std::string join_batch(std::span<const leased_event> events);

} // namespace spec_kitty
