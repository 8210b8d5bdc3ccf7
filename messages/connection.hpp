// The connection to the server as people and programs see it, and what happens on it.
// Source: docs/protocol.md, Connection states.
#pragma once

#include "messages/sync.hpp"
#include "messages/team_log.hpp"
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
  std::uint64_t seq = 0; ///< in the team's log; 0: a server without `resume`
  std::string by = {};   ///< the account that sent it; empty likewise
  std::string log = {};  ///< the log's id; empty likewise
};
/// The connection continues behind a place of the team's log: events come from there on.
struct log_joined {
  log_name log;
  std::uint64_t from = 0;         ///< what comes next has a higher number
  std::string former_log;         ///< the log in whose place it stands; empty: none
  std::optional<lost_range> lost; ///< it was taken back
};
/// The page of a log that a reader asked for.
struct log_page_read {
  std::uint64_t reader = 0;
  result<log_page> page; ///< not_found: the team has another log now
};
/// WEBSOCKET to SUPERVISOR: what one message of the server brought.
struct remote_heard {
  std::shared_ptr<const log_name> log; ///< null: a server without `resume`
  std::uint64_t clock = 0;             ///< for the receive rule; 0: none
  heard_place place{};                 ///< of an event; seq 0: none
  std::uint64_t through = 0;           ///< everything up to here was told
  std::optional<status_change> change{};
  std::optional<event_received> event{}; ///< to be published once it is merged
  std::size_t bytes = 0;                 ///< of the message, that wait to be merged
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
using notice = std::variant<connection_status, event_sent, event_refused, event_received,
                            log_joined, log_page_read, run_ended, remark, actors_failed>;

/// Why the transports are woken.
enum class wakeup_reason : std::uint8_t {
  events,  ///< events were recorded
  session, ///< a login or a logout
  drained  ///< another process has just talked to the server: `sync now`
};

} // namespace spec_kitty
