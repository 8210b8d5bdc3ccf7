// The connection to the server as people and programs see it, and what happens on it.
// Source: docs/protocol.md, Connection states.
#pragma once

#include "messages/sync.hpp"
#include "util/timestamp.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace spec_kitty {

enum class connection_state : std::uint8_t { offline, reconnecting, connected, offline_batch_mode };

/// `Offline`, `Reconnecting`, `Connected`, `OfflineBatchMode`: the words of `sync status --json`.
std::string_view to_string(connection_state state);

struct connection_status {
  connection_state state = connection_state::offline;
  std::string reason;    ///< in words; empty only when connected
  epoch_us since = 0;    ///< when this state began
  unsigned attempts = 0; ///< failures in a row

  bool operator==(const connection_status&) const = default;
};

/// The server has acknowledged an event over the WebSocket; it has left the queue.
struct event_sent {
  std::string event_id;
};
/// WEBSOCKET to SUPERVISOR: the same for all that were settled together.
struct acknowledged {
  std::vector<std::string> event_ids;
};
/// The server has refused an event over the WebSocket.
struct event_refused {
  std::string event_id;
  std::string message;
};
/// An event of another node came over the WebSocket.
struct event_received {
  std::string json;
};
/// A batch run came to its end.
struct run_ended {
  sync_report report;
};
/// A line for the log: the server did something that it should not.
struct remark {
  std::string words;
};
/// A component that cannot be started again has failed: the process should end; nothing is lost.
struct actors_failed {
  failure why;
};

/// What the actors report to a daemon or to an embedding host.
using notice = std::variant<connection_status, event_sent, event_refused, event_received, run_ended,
                            remark, actors_failed>;

/// Why the transports are woken.
enum class wakeup_reason : std::uint8_t {
  events,  ///< events were recorded
  session, ///< a login or a logout
  drained  ///< another process has just talked to the server: `sync now`
};

} // namespace spec_kitty
