// One connection's memory: what is leased and sent, what the server has answered, what is
// overdue. Pure: messages and steady time in, effects out; WEBSOCKET is its shell.
//
//   lease ──▶ sent ──ack, echo──▶ delivered ─┐
//     ▲           ──error───────▶ rejected  ─┼─▶ settlement ──▶ and the lease's next events
//     │           ──5 s, nothing▶ handed back┘        │
//     └───────────────────────────────────────────────┘
//
// One lease at a time, so the order of a node's events is kept; while answers come, settlements
// extend it, so that the window (ws_window) stays full. At most one settlement is under way:
// acknowledgements that come meanwhile share the next transaction. What was handed back is
// remembered: a late ack is still true.
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

/// How long the first message may take; the next answer to an event; all answers to what was sent
/// at once.
inline constexpr std::chrono::milliseconds snapshot_patience{10000};
inline constexpr std::chrono::milliseconds answer_patience{5000};
inline constexpr std::chrono::milliseconds window_patience{60000};
/// How long a lease is extended: then it ends, so that events at older places have their turn.
inline constexpr std::chrono::milliseconds max_extension{60000};

/// How much goes out before it is answered, from the oldest unanswered event on.
struct ws_window {
  std::size_t events = 4096;
  std::size_t bytes = std::size_t{2} << 20;
};

class ws_session {
public:
  using milliseconds = std::chrono::milliseconds;

  /// What a message from the server asks of the shell.
  struct effects {
    bool connected = false;                    ///< the snapshot came, for the first time
    std::string reply;                         ///< to send at once; empty: nothing
    std::optional<std::uint64_t> remote_clock; ///< for the receive rule
    std::string received;                      ///< an event of another home, compact JSON
    std::string by;                            ///< who sent it
    heard_place place;                         ///< its place; seq 0: none
    std::uint64_t through = 0;                 ///< everything up to here was told
    std::optional<status_change> change;       ///< that it changes
    /// The log to continue: the server waits for `resume`; or it continues behind `from`.
    struct log_news {
      std::string log;
      std::uint64_t from = 0;
      std::uint64_t head = 0;
    };
    std::optional<log_news> greeting;
    std::optional<log_news> resumed;
    bool resume_refused = false;          ///< it was asked for, and the snapshot names no log
    std::optional<event_refused> refused; ///< the server refuses an event of ours
    bool needs_run = false;               ///< an event needs batch sync to be delivered
    std::string warning;
    std::optional<failure> end; ///< why the connection has to end
  };

  /// `opened` is when the upgrade was accepted, steady; `resumes`: it asked for that.
  explicit ws_session(milliseconds opened, ws_window window = {}, bool resumes = false)
      : opened_(opened), window_(window), resumes_(resumes) {}

  bool connected() const { return connected_; }
  /// What is being waited for before that, in words.
  std::string_view awaited() const { return greeted_ ? "answer to resume" : "snapshot"; }

  effects on_text(std::string_view text, milliseconds now);

  /// The node id of this home: echoes of its own events are not passed on.
  void own_node(std::string node_id) { node_id_ = std::move(node_id); }

  /// True when the next events may be leased.
  bool may_lease() const;
  /// The events are being sent now. Nothing where the grant is empty.
  void on_lease(const lease_grant& grant, milliseconds now);
  /// Events were recorded: a lease is extended without waiting for an answer.
  void on_wakeup() { woken_ = true; }

  /// What a settlement under way leases goes back unsent.
  void refuse_more() { takes_more_ = false; }

  /// Gives back what is unanswered, with the next settlement. Returns how many events.
  std::size_t hand_back();
  /// True when something is unanswered for too long.
  bool overdue(milliseconds now) const;

  /// Which settlements are wanted: how long the lease holds from then on, and whether it may be
  /// extended.
  struct settle_terms {
    std::uint32_t max_retries = 5;
    milliseconds keep{};
    bool may_extend = false;
  };
  /// Verdicts since the last settlement, and the lease's end when nothing is open any more, or its
  /// next events. Nothing when there is nothing to settle, or a settlement is under way. The team
  /// and the kind of `more` are the shell's.
  std::optional<settle_request> next_settlement(const settle_terms& terms, milliseconds now);
  /// The settlement is done: the ids that have left the queue. What the lease was extended by is
  /// being sent now, unless it was handed back meanwhile.
  std::vector<std::string> on_settled(const settle_outcome& outcome, milliseconds now);
  /// It failed: the next settlement repeats its verdicts.
  void on_settle_failed();
  /// Whether what the last settlement extended the lease by is to be sent.
  bool sends_more() const { return sends_more_; }

  /// The end: what is known is settled, what is unanswered and the lease go back. Nothing where
  /// nothing is open. To be sent after every other settlement.
  std::optional<settle_request> final_settlement(std::uint32_t max_retries);

  /// Nothing is leased, sent or to be settled.
  bool idle() const;

  /// An answer, or the end of a settlement, is on its way.
  bool awaiting() const { return !sent_.empty() || under_way_ || !verdicts_.empty(); }

  /// When the snapshot, or an answer, is overdue; nothing while nothing is awaited.
  std::optional<milliseconds> deadline() const;

private:
  /// What the server says about an event of ours.
  struct answer {
    server_message::kind what = server_message::kind::ack;
    std::string_view event_id;
    std::string_view status{};
    std::string_view message{};
    std::string_view code{};
  };
  struct sent_event {
    event_id_text id;
    std::uint64_t seq = 0;
    std::size_t bytes = 0;
    milliseconds at{0};
    bool answered = false;
  };

  void on_message(const server_message& message, milliseconds now, effects& into);
  void on_snapshot(const server_message& message, milliseconds now, effects& into);
  void on_resumed(const server_message& message, effects& into);
  void on_event(const server_message& message, milliseconds now, effects& into);
  void on_answer(const answer& given, milliseconds now, effects& into);
  void note_sent(const std::vector<leased_event>& events, milliseconds now);
  /// The unanswered event of that id; answers mostly come in order.
  sent_event* find_sent(const event_id_text& id);
  void mark_answered(sent_event& event);
  std::optional<lease_request> extension(milliseconds now) const;
  milliseconds answers_due() const;

  milliseconds opened_;
  ws_window window_;
  std::string node_id_;
  bool resumes_ = false;
  bool greeted_ = false; ///< the snapshot came, and the server waits for `resume`
  bool connected_ = false;
  std::uint64_t lease_ = 0;      ///< token, 0: none
  std::uint64_t lease_last_ = 0; ///< its last position
  milliseconds leased_at_{0};
  milliseconds answered_at_{0}; ///< the last answer to something sent

  std::deque<sent_event> sent_; ///< from the oldest unanswered one on
  std::size_t next_answer_ = 0; ///< place in it of the event that probably has the next answer
  std::size_t sent_bytes_ = 0;
  bool more_waits_ = false; ///< there were more events when QUEUE was asked last
  bool woken_ = false;      ///< since then

  std::map<event_id_text, std::uint64_t> handed_back_; ///< unanswered in time; a late ack counts
  std::deque<event_id_text> handed_back_order_;
  std::vector<verdict> verdicts_; ///< for the next settlement
  std::vector<verdict> settling_; ///< of the one under way
  bool under_way_ = false;
  bool ends_lease_ = false; ///< the one under way does
  bool extends_ = false;    ///< the one under way does
  bool takes_more_ = false; ///< and what it leases may be sent
  bool sends_more_ = false; ///< see sends_more()
};

} // namespace spec_kitty
