// What a client says over the WebSocket, and what it is answered. Source: docs/protocol.md,
// WebSocket. Pure.
#pragma once

#include "app/server/core/replies.hpp"
#include "app/server/core/team_log.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty::server {

struct socket_message {
  enum class kind : std::uint8_t {
    event,   ///< bare, flat or nested
    resume,  ///< where a client continues
    ignored, ///< a pong
    bad,     ///< not JSON, or of no known type
  };
  kind what = kind::bad;
  std::string event;                         ///< the event's own text
  std::string event_id;                      ///< as far as it has one
  std::string trouble;                       ///< of `bad`, in words
  std::optional<resume_request> resume = {}; ///< nothing: not as the protocol says
};

socket_message read_socket_message(std::string text);

/// The event_id of an event that is kept; empty where it cannot be found by looking at the text.
std::string_view event_id_in(std::string_view event);

std::string ack_message(std::string_view event_id, std::string_view status);
/// `event_id` empty: null.
std::string error_message(std::string_view event_id, std::string_view message,
                          std::string_view error_code);
std::string event_message(std::string_view event);
std::string ping_message(std::int64_t now_s);

} // namespace spec_kitty::server
