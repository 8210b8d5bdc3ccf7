// Every typed actor interface, readable in one sitting.
//
//   emit:      emitter ──append──▶ QUEUE ──commit──▶ (receipt) ──value──▶ CLOCK ──▶ clock.json
//   sync now:  SUPERVISOR ──▶ BATCH_SYNC ──lease/settle──▶ QUEUE
//                                  ├──token──▶ AUTH ──▶ HTTP
//                                  └──batch──▶ HTTP (libcurl on its own thread)
//   daemon:    (wakeup) ───▶ SUPERVISOR ──▶ WEBSOCKET ──lease/settle──▶ QUEUE
//                                  ▲             ├──token──▶ AUTH
//                                  │ notices     ├──event──▶ LINK (libwebsockets on its own thread)
//                                  └─────────────┴──remote clock──▶ CLOCK
//   host:      (client) ───▶ ROOT_SUPERVISOR ──▶ QUEUE, CLOCK, SUPERVISOR
//
// Each request has a timeout at its sender; every handler answers on every path.
#pragma once

#include "messages/compat.hpp"
#include "messages/connection.hpp"
#include "messages/event.hpp"
#include "messages/http.hpp"
#include "messages/link.hpp"
#include "messages/log_messages.hpp"
#include "messages/queue.hpp"
#include "messages/session.hpp"
#include "messages/sync.hpp"

#include <caf/actor.hpp>

#include <memory>

namespace spec_kitty {

/// An event to make durable. Validated already.
struct append_request {
  event_draft draft;
};
/// Events of a host's threads wait; QUEUE answers them itself.
struct append_posted {
  std::shared_ptr<posted_events> what;
};
/// Events of a stream, for one commit. Nobody else touches the burst until the answer.
struct append_burst {
  std::shared_ptr<event_burst> what;
};
struct burst_done {}; ///< the burst holds its answers
/// QUEUE to itself, behind what is already in its mailbox: commit the drafts that wait.
struct commit_burst {};
struct clock_question {}; ///< asks for the Lamport value
/// A value received from outside.
struct clock_received {
  std::uint64_t remote = 0;
};
/// A Lamport value.
struct clock_value {
  std::uint64_t value = 0;
};
/// QUEUE to CLOCK: the value after a commit.
struct clock_committed {
  std::uint64_t value = 0;
  std::string node_id;
};
/// Asks CLOCK to answer once clock.json shows everything committed before.
struct mirror_barrier {};
/// QUEUE to CLOCK, behind every clock_committed: the barrier is reached.
struct mirror_reached {};
struct mirror_done {};
/// A failure for the status to show: a JSON object.
struct error_note {
  std::string json;
};
/// HTTP's thread to HTTP: an exchange ended.
struct http_finished {
  std::uint64_t id = 0;
  http_reply reply;
};
/// AUTH to itself: check again whether the refresh lock is free.
struct refresh_tick {};
/// BATCH_SYNC to itself: the pause before the next try is over.
struct retry_tick {
  std::uint64_t pause = 0; ///< its number: a pause that was cut short is out of date
};
/// SUPERVISOR to itself: the delay before a child's next start is over.
struct restart_tick {
  std::string child;
};
/// SUPERVISOR to itself: the wait before the next attempt to connect is over. A tick with an
/// earlier number is out of date.
struct connect_tick {
  std::uint64_t order = 0;
};
/// SUPERVISOR to itself: check whether a background run is due.
struct drain_tick {};
/// A reason for the transports to look for work.
struct wakeup {
  wakeup_reason why = wakeup_reason::events;
};
/// Begin nothing new; finish what is in flight.
struct wind_down {};
struct wound_down {};
/// Asks for the state of the connection.
struct connection_question {};
/// Asks for the transports as they are now; a handle is valid until its actor ends.
struct transports_question {};
/// WEBSOCKET to SUPERVISOR: the snapshot arrived, for this account.
struct link_up {
  std::string username;
  std::string team_slug;
};
/// WEBSOCKET to SUPERVISOR: events must go by batch sync: unanswered, or refused as clock_behind.
struct batch_fallback_requested {};
/// SUPERVISOR to WEBSOCKET: the run for those events has ended.
struct batch_run_finished {
  bool reached = false; ///< false: the transport failed before they were sent
};
/// WEBSOCKET to SUPERVISOR, for its listener.
struct notice_message {
  notice what;
};
/// WEBSOCKET to itself: a deadline may have passed.
struct websocket_tick {};
/// To ROOT_SUPERVISOR: events were committed.
struct committed {};
/// To ROOT_SUPERVISOR: the transports have failed for good.
struct transports_failed {
  std::uint64_t set = 0; ///< counts the starts of the actors that end together
};
/// Ends everything behind ROOT_SUPERVISOR, then ROOT_SUPERVISOR.
struct root_supervisor_stop {
  std::chrono::milliseconds patience{}; ///< for transports that end in order
};
/// ROOT_SUPERVISOR to itself: look at the session; send what waits.
struct root_supervisor_tick {};
/// ROOT_SUPERVISOR to itself: pass on that events were committed.
struct wakeup_tick {};
/// ROOT_SUPERVISOR to itself: start the transports again if they are still those of this set.
struct revive_tick {
  std::uint64_t set = 0;
};
/// ROOT_SUPERVISOR to itself: the next run of a flush.
struct flush_tick {
  std::uint64_t id = 0;
};
/// Asks ROOT_SUPERVISOR whether the store can be used: opens it.
struct root_supervisor_check {};

// Of a host, public: spec_kitty/actors.hpp.
struct emit_message;
struct receipt;
struct flush_message;
struct flush_report;
struct status_message;
struct client_status;
struct clock_message;
struct heard_clock_message;
struct clock_reading;

/// CLOCK: the Lamport clock as other actors use it. The counter itself is a row of the store.
using clock_actor = caf::typed_actor<
    /// The current value.
    answers<clock_question, clock_value>,
    /// Merges a value from outside by the receive rule (QUEUE's transaction); the new value, or
    /// bad_input for a value over max_received.
    answers<clock_received, clock_value>,
    /// A commit happened: bring clock.json up to date, best effort.
    takes<clock_committed>,
    /// Everything committed before this message is in clock.json when the answer comes: passed to
    /// QUEUE, which may not know CLOCK yet, and from there behind all its commits.
    answers<mirror_barrier, mirror_done>,
    /// From QUEUE: all values sent before are written by now.
    answers<mirror_reached, mirror_done>>;

/// QUEUE: the only writer of the store in its process.
using queue_actor = caf::typed_actor<
    /// Durable when the receipt comes, with the burst's commit. In a spill file where the store
    /// cannot be used; queue_full, or store_* when that fails too.
    answers<append_request, append_receipt>,
    /// The same for all events that wait there, in as few commits as they fit in.
    takes<append_posted>,
    /// A stream's burst: committed at once, in one transaction, with the same outcomes.
    answers<append_burst, burst_done>,
    takes<commit_burst>, ///< the burst's commit
    /// CLOCK subscribes to commits; it gets the current value at once.
    takes<clock_actor>,
    /// CLOCK's barrier: passed back behind all that QUEUE has sent to CLOCK; the drafts before it
    /// are committed first. Does not open a store that is not open.
    answers<mirror_barrier, mirror_done>,
    /// The Lamport value of the store.
    answers<clock_question, clock_value>,
    /// The receive rule as a transaction.
    answers<clock_received, clock_value>,
    /// What this home knows of a team's log; where it continues; what it has heard: clock, place
    /// and statuses in one transaction; that a person has seen that it was taken back.
    answers<cursor_request, cursor_found>, answers<join_request, join_done>,
    answers<heard_burst, clock_value>, answers<acknowledge_taken_back, taken_back_done>,
    /// What a run for the team would select now.
    answers<due_request, due_count>,
    /// The oldest due events of one team, for one caller.
    answers<lease_request, lease_grant>,
    /// Verdicts of a lease; its end.
    answers<settle_request, settle_outcome>,
    /// `local` events get the team of a login.
    answers<adopt_request, adoption>,
    /// The server's clock, and new stamps for what was never sent or refused as behind.
    answers<restamp_request, restamp_done>,
    /// The server forbids a team, or stops doing so.
    answers<hold_request, hold_done>,
    /// Dead letters go back to the queue or are deleted.
    answers<dead_request, dead_done>,
    /// A project's events stay here, or may be sent.
    answers<project_request, project_done>,
    /// Events from elsewhere, each once, in order.
    answers<import_request, import_done>,
    /// The count of dropped events starts again.
    answers<drops_request, drops_done>,
    /// The last failure, for the status.
    takes<error_note>>;

/// HTTP: one exchange per request, on libcurl's own thread.
using http_actor = caf::typed_actor<
    /// Always answers, within the request's timeout.
    answers<http_request, http_reply>,
    /// From the thread: deliver the reply.
    takes<http_finished>>;

/// AUTH: the session. It sends tokens only to the origin that issued them.
using auth_actor = caf::typed_actor<
    /// Logs in and adopts `local` events; login_refused, transport. By a device: once decided.
    answers<login_request, login_done>,
    /// Clears the session here, then uses its refresh token up at the server. Always done.
    answers<logout_request, logout_done>,
    /// A token to send now; refreshed once across all processes when it was refused or has expired.
    answers<token_request, access_token>,
    /// Waiting for the refresh lock; the pause between two questions of a device login is over.
    takes<refresh_tick>, takes<device_tick>>;

/// BATCH_SYNC: one run at a time: lease, send, settle, until every due event was tried.
using batch_sync_actor = caf::typed_actor<
    /// A run. Always a report; its `stopped` says why it ended early.
    answers<sync_request, sync_report>,
    /// The pause between two tries is over.
    takes<retry_tick>,
    /// Sends no further batch; answers when the current run has ended.
    answers<wind_down, wound_down>>;

/// WEBSOCKET: one connection, from asking for its token to its end. It ends with a failure that
/// says why, and never starts another.
using websocket_actor = caf::typed_actor<
    /// Events were recorded: lease and send them.
    takes<wakeup>,
    /// Batch sync has run for the events that were handed back.
    takes<batch_run_finished>,
    /// What it passed on is merged: LINK may read as much again.
    takes<heard_taken>,
    /// From LINK's thread.
    takes<link_opened>, takes<link_texts>, takes<link_drained>, takes<link_over>,
    /// A deadline may have passed.
    takes<websocket_tick>,
    /// Leases nothing more, waits a moment for open answers, gives the rest back, closes.
    answers<wind_down, wound_down>>;

/// The transports as they are now.
struct transports {
  http_actor http;
  auth_actor auth;
};

/// SUPERVISOR: starts the transports, restarts them when they fail, decides which of them works
/// when, and when to connect next.
using supervisor_actor = caf::typed_actor<
    /// Passes the run to BATCH_SYNC; a run whose BATCH_SYNC dies ends as transport failure.
    answers<sync_request, sync_report>,
    /// The delay before a child's next start is over.
    takes<restart_tick>,
    /// AUTH and HTTP; transport while they are being restarted.
    answers<transports_question, transports>,
    /// Events were recorded, the session changed, or another process has synced.
    takes<wakeup>,
    /// The connection as it stands.
    answers<connection_question, connection_status>,
    /// The wait before an attempt, or before a background run, is over.
    takes<connect_tick>, takes<drain_tick>,
    /// From WEBSOCKET.
    takes<link_up>, takes<batch_fallback_requested>, takes<acknowledged>, takes<notice_message>,
    takes<log_joined>, takes<remote_heard>,
    /// What was heard can be merged. A page for a reader; the answer is a notice.
    takes<merge_tick>, takes<log_page_request>,
    /// Winds the transports down; answers when all of them have.
    answers<wind_down, wound_down>>;

/// ROOT_SUPERVISOR: the one actor of an embedded home that a host's handles lead to. It starts
/// QUEUE, CLOCK and SUPERVISOR and restarts them together; a host's handle outlives each of them.
/// The host's own messages are public: spec_kitty/actors.hpp.
using root_supervisor_actor = caf::typed_actor<
    /// Records an event; the receipt comes after the commit.
    answers<emit_message, receipt>,
    /// Delivers what is durable, in as many runs as it takes.
    answers<flush_message, flush_report>,
    /// The state of the home and its connection.
    answers<status_message, client_status>,
    /// The Lamport clock; the receive rule.
    answers<clock_message, clock_reading>, answers<heard_clock_message, clock_reading>,
    /// Opens the store: whether it can be used.
    answers<root_supervisor_check, clock_reading>,
    /// Events were committed: wakes the transports, soon.
    takes<committed>,
    /// The transports have failed for good: starts them again, later.
    takes<transports_failed>,
    /// A page of the team's log is wanted. From itself: look at the session; pass a wakeup on;
    /// restart; the next run of a flush.
    takes<log_page_request>, takes<root_supervisor_tick>, takes<wakeup_tick>, takes<revive_tick>,
    takes<flush_tick>,
    /// Ends all it started, in order (transports, clock.json, QUEUE), then itself.
    answers<root_supervisor_stop, wound_down>>;

/// The part of ROOT_SUPERVISOR that any thread of an embedded home may call.
using wakeup_actor =
    caf::typed_actor<takes<committed>, takes<transports_failed>, takes<log_page_request>>;

/// AGENT: waits for the process of an agent, on a thread of its own. It takes no message: the
/// conductor monitors it, and its end says that the agent has ended.
using agent_actor = caf::actor;

} // namespace spec_kitty

SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::append_request)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::append_posted)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::append_receipt)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::append_burst)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::burst_done)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::commit_burst)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::clock_question)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::clock_received)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::clock_value)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::clock_committed)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::mirror_barrier)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::mirror_reached)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::mirror_done)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::due_request)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::due_count)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::lease_request)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::lease_grant)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::settle_request)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::settle_outcome)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::adopt_request)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::adoption)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::restamp_request)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::restamp_done)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::hold_request)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::hold_done)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::dead_request)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::dead_done)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::project_request)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::project_done)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::drops_request)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::drops_done)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::import_request)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::import_done)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::error_note)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::http_request)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::http_reply)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::http_finished)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::login_request)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::login_done)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::logout_request)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::logout_done)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::token_request)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::access_token)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::refresh_tick)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::device_tick)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::retry_tick)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::restart_tick)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::sync_request)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::sync_report)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::sync_progress)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::connect_tick)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::drain_tick)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::wakeup)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::wind_down)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::wound_down)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::connection_question)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::connection_status)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::transports_question)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::transports)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::link_up)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::batch_fallback_requested)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::batch_run_finished)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::acknowledged)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::notice_message)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::link_opened)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::link_texts)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::link_drained)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::link_over)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::websocket_tick)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::committed)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::transports_failed)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::root_supervisor_stop)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::root_supervisor_tick)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::wakeup_tick)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::revive_tick)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::flush_tick)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::root_supervisor_check)
