// The usual acknowledgement, read in place: most of what a server sends over a WebSocket.
#pragma once

#include <optional>
#include <string_view>

namespace spec_kitty {

/// An `ack` of nothing but these members. The views lie in the text.
struct plain_ack {
  std::string_view event_id;
  std::string_view status; ///< empty: accepted
};

/// Nothing where the text is anything else, or needs a second look: escapes, other members, a
/// member twice. read_server_message (message.hpp) judges it then. `text` is UTF-8.
std::optional<plain_ack> read_plain_ack(std::string_view text);

} // namespace spec_kitty
