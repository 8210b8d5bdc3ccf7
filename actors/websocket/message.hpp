// The messages of a server over the WebSocket, and the form an event is sent in. Pure.
// Source: docs/protocol.md, WebSocket.
#pragma once

#include "messages/team_log.hpp"
#include "util/json.hpp"
#include "util/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

struct server_message {
  enum class kind : std::uint8_t {
    snapshot,
    event,
    ping,
    ack,
    error,
    resumed, ///< where the server continues
    gap,     ///< events that are not kept any more
    through, ///< numbers that were passed over
    unknown, ///< of a type this client does not know: passed over
  };
  kind what = kind::unknown;
  std::string type;     ///< as sent
  std::string event_id; ///< of ack, error and event; empty where the message has no id
  std::string status;   ///< of an ack; empty: accepted
  std::string message;  ///< of an error, the most specific of the four names it may stand under
  std::string code;     ///< error_code of an error
  std::optional<std::uint64_t>
      lamport_clock;      ///< of an event; nothing where it is not such a number
  std::string node_id;    ///< of an event
  std::string event;      ///< the event alone, compact JSON
  std::string timestamp;  ///< of a ping, the JSON value as sent
  std::string log;        ///< of a snapshot and a resumed: the log's id; empty: none
  std::uint64_t seq = 0;  ///< of an event, a through, the end of a gap; where a resumed continues
  std::uint64_t head = 0; ///< of a snapshot and a resumed
  std::string by;         ///< of an event
  std::optional<status_change> change = {}; ///< of an event that changes one
};

/// bad_input where the text is not JSON, not an object, or has no type.
result<server_message> read_server_message(std::string_view text);

/// `{"type":"pong","timestamp":…}`.
std::string pong(const server_message& ping);

/// `{"type":"resume",…}` with what this home knows; without anything, from the first event on.
std::string resume_message(std::string_view log, const std::vector<heard_place>& known);

/// The change that an event changes; nothing for another event, or one of no project or feature.
std::optional<status_change> status_change_in(const json_value& event, std::string_view by);

/// An event as the configured envelope wants it: `bare`, `flat` or `nested`.
std::string in_envelope(std::string_view envelope, std::string_view event);

} // namespace spec_kitty
