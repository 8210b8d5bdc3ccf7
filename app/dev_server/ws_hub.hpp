// The WebSocket side without its sockets: the connections, and the messages to each.
//
//   connect ─▶ snapshot     event ─▶ waits for commit() ─▶ judged and kept ─▶ ack or error
//                                                   └─ newly kept (by a batch too) ─▶ echo to the
//                                                      team's others
//
// The events that came in one read are kept with one log sync, as those of a batch are; what
// acknowledges them goes out after it. Messages to a connection wait in a queue of its own until
// the socket side takes them. An event of a batch is not echoed to the session that sent it.
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
#include <vector>

namespace spec_kitty::dev_server {

/// Events that are kept with one log sync.
inline constexpr std::size_t max_uncommitted = 4096;
inline constexpr std::size_t max_uncommitted_bytes = std::size_t{1} * 1024 * 1024;
/// A peer that leaves this much unread is cut.
inline constexpr std::size_t max_waiting_bytes = std::size_t{16} * 1024 * 1024;

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
  /// Handles a whole text message; an event waits for commit().
  void receive(id connection, std::string_view text);
  /// Judges and keeps the events that wait, and answers them.
  void commit();
  /// True when so much waits for commit() that nothing is read before it.
  bool wants_commit() const {
    return uncommitted_.size() >= max_uncommitted || uncommitted_bytes_ >= max_uncommitted_bytes;
  }
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

  /// An event that waits for commit(). Its text and its DOM stay where they are when it is moved.
  struct waiting_event {
    id connection = 0;
    std::string team_slug;
    std::string line;
    json_document event;
  };

  void send_to(id connection, std::string text);
  void add_event(id connection, std::string line, json_document event);
  void answer(const waiting_event& event, const judgement& judged);
  void refuse(const waiting_event& event, const std::string& why);
  void on_kept(const arrived_event& kept);
  void put_on_board(const std::string& team, const json_value& event);
  std::string snapshot_of(const std::string& team) const;

  batch_desk& desk_;
  ws_rules rules_;
  waker wake_;
  observer watcher_;
  std::map<id, peer> peers_;
  id last_ = 0;
  std::vector<waiting_event> uncommitted_;
  std::size_t uncommitted_bytes_ = 0;
  std::map<std::string, std::map<std::string, board_row>> boards_; ///< by team, then key
};

} // namespace spec_kitty::dev_server
