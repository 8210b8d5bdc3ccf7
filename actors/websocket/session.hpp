// One connection's memory: what is leased and sent, what the server has answered, what is
// overdue. Pure: messages and steady time in, effects out; WEBSOCKET is its shell.
//
//   lease ──▶ sent ──ack, echo──▶ delivered ─┐
//                 ──error───────▶ rejected  ─┼─▶ settlement ──▶ next lease
//                 ──5 s, nothing▶ handed back┘        │
//                       └── remembered: a late ack is still true
//
// One lease at a time, so the order of a node's events is kept; at most one settlement under way,
// so that acknowledgements that come meanwhile share the next transaction.
// Source: docs/protocol.md, WebSocket.
#pragma once

#include "actors/websocket/message.hpp"
#include "messages/connection.hpp"
#include "messages/queue.hpp"

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace spec_kitty {

/// How long the first message may take; the next answer to an event; all answers to a lease.
inline constexpr std::chrono::milliseconds snapshot_patience{10000};
inline constexpr std::chrono::milliseconds answer_patience{5000};
inline constexpr std::chrono::milliseconds window_patience{60000};

class ws_session {
public:
  using milliseconds = std::chrono::milliseconds;

  /// What a message from the server asks of the shell.
  struct effects {
    bool connected = false;                    ///< the snapshot came, for the first time
    std::string reply;                         ///< to send at once; empty: nothing
    std::optional<std::uint64_t> remote_clock; ///< for the receive rule
    std::string received;                      ///< an event of another home, compact JSON
    std::optional<event_refused> refused;      ///< the server refuses an event of ours
    bool needs_run = false;                    ///< an event needs batch sync to be delivered
    std::string warning;
    std::optional<failure> end; ///< why the connection has to end
  };

  /// `opened` is when the upgrade was accepted, steady.
  explicit ws_session(milliseconds opened) : opened_(opened) {}

  bool connected() const { return connected_; }

  effects on_text(std::string_view text, milliseconds now);

  /// The node id of this home: echoes of its own events are not passed on.
  void own_node(std::string node_id) { node_id_ = std::move(node_id); }

  /// True when the next events may be leased.
  bool may_lease() const;
  /// The events are being sent now. Nothing where the grant is empty.
  void on_lease(const lease_grant& grant, milliseconds now);

  /// Gives back what is unanswered, with the next settlement. Returns how many events.
  std::size_t hand_back();
  /// True when something is unanswered for too long.
  bool overdue(milliseconds now) const;

  /// Verdicts since the last settlement, and the lease's end when nothing is open any more.
  /// Nothing when there is nothing to settle, or a settlement is under way.
  std::optional<settle_request> next_settlement(std::uint32_t max_retries, milliseconds keep);
  /// The settlement is done: the ids that have left the queue.
  std::vector<std::string> on_settled(const settle_outcome& outcome);
  /// It failed: the next settlement repeats its verdicts.
  void on_settle_failed();

  /// The end: what is known is settled, what is unanswered and the lease go back. Nothing where
  /// nothing is open. To be sent after every other settlement.
  std::optional<settle_request> final_settlement(std::uint32_t max_retries);

  /// Nothing is leased, sent or to be settled.
  bool idle() const;

  /// An answer, or the end of a settlement, is on its way.
  bool awaiting() const { return !open_.empty() || under_way_ || !verdicts_.empty(); }

  /// When the snapshot, or an answer, is overdue; nothing while nothing is awaited.
  std::optional<milliseconds> deadline() const;

private:
  void answer(const server_message& message, effects& into);
  milliseconds answers_due() const;

  milliseconds opened_;
  std::string node_id_;
  bool connected_ = false;
  std::uint64_t lease_ = 0;                          ///< token, 0: none
  milliseconds sent_at_{0};                          ///< what is leased
  milliseconds answered_at_{0};                      ///< the last answer to it
  std::map<std::string, std::uint64_t> open_;        ///< unanswered: position by id
  std::map<std::string, std::uint64_t> handed_back_; ///< unanswered in time; a late ack counts
  std::deque<std::string> handed_back_order_;
  std::vector<verdict> verdicts_; ///< for the next settlement
  std::vector<verdict> settling_; ///< of the one under way
  bool ends_lease_ = false;       ///< and it ends the lease
  bool under_way_ = false;
};

} // namespace spec_kitty
