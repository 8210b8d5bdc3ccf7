// How a home and a server look from outside, as the invariants need it. Opens the store
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

/// The marker in an event's JSON; empty if it has no marker.
std::string marker_of(std::string_view event_json);

/// Whether programs work in a home while it is read.
enum class home_is : std::uint8_t { quiet, busy };

/// Everything a home keeps: its spill files, then its store, opened for writing (so an event that
/// is taken in meanwhile is seen twice rather than not at all). Counters are compared with
/// rows only where the home is quiet.
store_view view_store(const std::string& name, const std::filesystem::path& home,
                      home_is how = home_is::quiet);

/// The JSON of every event that a home keeps: its store's, and the lines of its spill files.
std::vector<std::string> stored_events(const std::filesystem::path& home);

/// Whether events wait in spill files.
bool has_spilled(const std::filesystem::path& home);

/// Events of a server, each a JSON text, and the team that it is for.
server_view view_server(const std::string& name, const std::string& team,
                        const std::vector<std::string>& events);

/// Puts what one answer line of `emit --stdin` (or the object of `emit --json`) says into the
/// attempt it answers. False if it is not such an answer.
bool take_answer(std::string_view line, attempt& attempt);

} // namespace spec_kitty::chaos
