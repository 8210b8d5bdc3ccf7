// The checking pass over a whole event, as a server receives it: one look that finds its members,
// its end, and that it fits the contract.
//
// Its yes means what validate_event means by it (with time_form::any_utc), and that the text is
// JSON as compact_json asks it, but for UTF-8, which the caller checks for the whole body. Its no
// means nothing: the careful path judges. Pure; allocates nothing.
#pragma once

#include <cstdint>
#include <string_view>

namespace spec_kitty {

/// What a server needs of an event. The views lie in the text that was checked.
struct plain_event {
  std::string_view text; ///< the object itself, from brace to brace
  std::string_view event_id;
  std::string_view event_type;
  std::string_view node_id;
  std::string_view team_slug;
  std::uint64_t lamport_clock = 0;
  std::string_view clock_member; ///< `"lamport_clock":7`
  std::string_view team_member;  ///< `"team_slug":"acme"`
  std::string_view payload;      ///< the object itself
};

/// Twelve hex digits in lower case.
bool is_event_node_id(std::string_view text);

/// A time as a server takes it of an event: RFC 3339 with 0 to 9 fraction digits, in UTC (`Z`,
/// `+00:00` or `-00:00`).
bool is_utc_event_time(std::string_view text);

/// Reads the event that `text` begins with; what follows it is not looked at.
bool check_plain_event(std::string_view text, plain_event& found);

} // namespace spec_kitty
