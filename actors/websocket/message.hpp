// The messages of a server over the WebSocket, and the form an event is sent in. Pure.
// Source: docs/protocol.md, WebSocket.
#pragma once

#include "util/json.hpp"
#include "util/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty {

struct server_message {
  enum class kind : std::uint8_t {
    snapshot,
    event,
    ping,
    ack,
    error,
    unknown, ///< of a type this client does not know: passed over
  };
  kind what = kind::unknown;
  std::string type;     ///< as sent
  std::string event_id; ///< of ack, error and event; empty where the message has no id
  std::string status;   ///< of an ack; empty: accepted
  std::string message;  ///< of an error, the most specific of the four names it may stand under
  std::string code;     ///< error_code of an error
  std::optional<std::uint64_t>
      lamport_clock;     ///< of an event; nothing where it is not such a number
  std::string node_id;   ///< of an event
  std::string event;     ///< the event alone, compact JSON
  std::string timestamp; ///< of a ping, the JSON value as sent
};

/// bad_input where the text is not JSON, not an object, or has no type.
result<server_message> read_server_message(std::string_view text);

/// `{"type":"pong","timestamp":…}`.
std::string pong(const server_message& ping);

/// An event as the configured envelope wants it: `bare`, `flat` or `nested`.
std::string in_envelope(std::string_view envelope, std::string_view event);

} // namespace spec_kitty
