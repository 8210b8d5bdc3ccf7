// The WebSocket side without its sockets: the connections, and the messages to each.
//
//   connect ─▶ snapshot     event ─▶ judged and kept like the events of a batch ─▶ ack or error
//                                └─ newly kept (by a batch too) ─▶ echo to the team's others
//
// Messages to a connection wait in a queue of its own until the socket side takes them.
// Source: docs/protocol.md, WebSocket.
#pragma once

#include "app/dev_server/batch.hpp"
#include "app/dev_server/tokens.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty::dev_server {

/// How the WebSocket side behaves; most of it is for tests, which need a server that misbehaves.
struct ws_rules {
  int refuse_status = 0;           ///< every upgrade is answered with it; 0: upgrades are accepted
  bool snapshot = true;            ///< false: no snapshot is sent
  std::size_t snapshot_bytes = 0;  ///< the snapshot is padded to this size
  bool ignore_events = false;      ///< events are neither kept nor answered
  bool ack = true;                 ///< false: events are kept and never answered
  bool ack_by_echo = false;        ///< the event itself comes back in place of an ack
  bool stall = false;              ///< after the snapshot nothing is read any more
  long cut_every_ms = 0;           ///< a connection is cut after this time; 0: never
  unsigned close_after_events = 0; ///< a connection is closed after this many; 0: never
  unsigned close_code = 1001;
  long ping_s = 30; ///< between two pings; 0: no pings
};

class ws_hub {
public:
  using id = std::uint64_t;
  /// Called when a connection has something to send.
  using waker = std::function<void(id)>;
  /// Called with what happened: `connected`, `closed`, or the status of an event and its id.
  using observer = std::function<void(const std::string& what, const std::string& event_id)>;

  /// From here on the desk's kept events are sent to the connections of their team.
  ws_hub(batch_desk& desk, const event_log& log, ws_rules rules);

  void on_wake(waker wake) { wake_ = std::move(wake); }
  void on_activity(observer watcher) { watcher_ = std::move(watcher); }
  const ws_rules& rules() const { return rules_; }

  id connect(const token_owner& owner);
  void disconnect(id connection);
  /// Handles a whole text message.
  void receive(id connection, std::string_view text);
  /// Queues a ping.
  void ping(id connection, std::int64_t now_s);

  /// The next message for a connection, in order.
  std::optional<std::string> next(id connection);
  bool has_next(id connection) const;
  /// Bytes that wait for a connection.
  std::size_t waiting_bytes(id connection) const;
  /// True when the rules want the connection closed as soon as everything is sent.
  bool wants_close(id connection) const;
  std::size_t connections() const { return peers_.size(); }

private:
  struct peer {
    token_owner owner;
    std::deque<std::string> outgoing;
    std::size_t bytes = 0;
    unsigned events = 0;
  };
  /// A work package as the board shows it.
  struct board_row {
    std::string wp_id;
    std::string feature_slug;
    std::string status;
    std::uint64_t lamport_clock = 0;
  };

  void send_to(id connection, std::string text);
  void take_event(id connection, std::string_view event);
  void on_kept(const std::string& team, std::string_view line);
  void put_on_board(const std::string& team, std::string_view line);
  std::string snapshot_of(const std::string& team) const;

  batch_desk& desk_;
  ws_rules rules_;
  waker wake_;
  observer watcher_;
  std::map<id, peer> peers_;
  id last_ = 0;
  id speaking_ = 0; ///< the connection whose event is being taken: it gets no echo
  std::map<std::string, std::map<std::string, board_row>> boards_; ///< by team, then key
};

} // namespace spec_kitty::dev_server
