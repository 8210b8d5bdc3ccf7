// A line of `emit --stdin` as a request, read with care: whatever is wrong with it is named.
#pragma once

#include "app/home/prepare.hpp"
#include "util/result.hpp"

#include <string_view>

namespace spec_kitty {

/// An object of event_type, payload and, where it has them, causation_id, aggregate_id and
/// feature_slug. bad_input, invalid_event.
result<emit_request> read_emit_line(std::string_view line);

/// The draft of a line, as prepare makes it. `feature` is for a line that names none.
result<event_draft> prepare_line(std::string_view line, const std::optional<std::string>& feature,
                                 const emit_context& known, epoch_us now);

} // namespace spec_kitty
