// How a home and a server look from outside, as the invariants want to see them. Opens the store
// in this process: nothing else may run in it that should not be disturbed.
#pragma once

#include "app/chaos/history.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::chaos {

/// A line for `emit --stdin` whose event carries the marker; ends with a newline.
std::string line_with(std::string_view marker);

/// The marker in an event's JSON; empty where there is none.
std::string marker_of(std::string_view event_json);

/// Everything a home keeps: its store, opened for writing, and its spill files.
store_view view_store(const std::string& name, const std::filesystem::path& home);

/// Events of a dev-server, each a JSON text.
server_view view_server(const std::string& name, const std::vector<std::string>& events);

/// Puts what one answer line of `emit --stdin` (or the object of `emit --json`) says into the
/// attempt it answers. False when it is no such answer.
bool take_answer(std::string_view line, attempt& one);

} // namespace spec_kitty::chaos
