// The reply that almost every batch gets, read in one pass: a result for every event, in the order
// sent, and none refused. Pure.
//
// Whatever is not exactly that is left to response.cpp, which reads every reply; so this may say
// "no" to what it would take, and never "yes" to what it would not.
#pragma once

#include "messages/queue.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

struct ordered_results {
  std::vector<event_outcome> outcomes; ///< of the first events that were sent
  std::string rest;                    ///< the body with an empty list of results
};

std::optional<ordered_results> read_ordered_results(std::string_view body,
                                                    std::span<const leased_event> sent);

/// What a status of docs/protocol.md means; nothing where it is unknown.
std::optional<event_outcome> outcome_of(std::string_view status);

} // namespace spec_kitty
