// Whether a file's text shows what a transition made. Pure.
#pragma once

#include "app/workflow/intents/intent.hpp"

namespace spec_kitty::workflow {

/// True when the text shows it. A text that cannot be read as its kind of file shows nothing.
bool shows(const std::string& text, const shown_value& wanted);

/// The lane in a work package's text; `planned` if it names no lane; nothing if it is unreadable.
std::optional<std::string> lane_in(const std::string& text);

} // namespace spec_kitty::workflow
