// Every typed actor interface, readable in one sitting.
//
//   emit:      emitter ──append──▶ QUEUE ──commit──▶ (receipt) ──value──▶ CLOCK ──▶ clock.json
//   sync now:  SUPERVISOR ──▶ BATCH_SYNC ──lease/settle──▶ QUEUE
//                                  ├──token──▶ AUTH ──▶ HTTP
//                                  └──batch──▶ HTTP (libcurl on its own thread)
//
// Requests always have a timeout at the asker; every handler answers on every path.
#pragma once

#include "messages/compat.hpp"
#include "messages/event.hpp"
#include "messages/http.hpp"
#include "messages/queue.hpp"
#include "messages/session.hpp"
#include "messages/sync.hpp"

namespace spec_kitty {

/// An event to make durable. Validated already.
struct append_request {
  event_draft draft;
};
/// QUEUE to itself, behind what is already in its mailbox: commit the burst that is parked.
struct commit_burst {};
/// Asks for the Lamport value.
struct clock_question {};
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
/// QUEUE to CLOCK, behind all it has told: the barrier is reached.
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
/// AUTH to itself: look again whether the refresh lock is free.
struct refresh_tick {};
/// BATCH_SYNC to itself: the pause before the next try is over.
struct retry_tick {};
/// SUPERVISOR to itself: the delay before a child's next start is over.
struct restart_tick {
  std::string child;
};

/// CLOCK: the Lamport clock's face. Keeps no counter: the counter is a row of the store.
using clock_actor = caf::typed_actor<
    /// The current value.
    answers<clock_question, clock_value>,
    /// Merges a value from outside by the receive rule (QUEUE's transaction); the new value, or
    /// bad_input for one beyond max_received.
    answers<clock_received, clock_value>,
    /// A commit happened: bring clock.json up to date, best effort.
    takes<clock_committed>,
    /// Everything committed before this message is in clock.json when the answer comes: passed to
    /// QUEUE, which may not have heard of CLOCK yet, and from there behind all its commits.
    answers<mirror_barrier, mirror_done>,
    /// From QUEUE: everything told before is written by now.
    answers<mirror_reached, mirror_done>>;

/// QUEUE: the only writer of the store in its process.
using queue_actor = caf::typed_actor<
    /// Durable when the receipt comes. Parked until the burst's commit. In a spill file where the
    /// store cannot be used; queue_full, or store_* when that fails too.
    answers<append_request, append_receipt>,
    /// The burst's commit.
    takes<commit_burst>,
    /// CLOCK wants to hear of commits; it hears the current value at once.
    takes<clock_actor>,
    /// CLOCK's barrier: passed back behind all that QUEUE has told CLOCK. Opens no store.
    answers<mirror_barrier, mirror_done>,
    /// The Lamport value of the store.
    answers<clock_question, clock_value>,
    /// The receive rule as a transaction.
    answers<clock_received, clock_value>,
    /// What a run that begins now selects.
    answers<due_request, due_count>,
    /// The oldest due events of one team, into one hand.
    answers<lease_request, lease_grant>,
    /// Verdicts of a lease; its end.
    answers<settle_request, settle_outcome>,
    /// `local` events get the team of a login.
    answers<adopt_request, adoption>,
    /// The server's clock, and new stamps for what was never sent or refused as behind.
    answers<restamp_request, restamp_done>,
    /// A team is forbidden, or no longer.
    answers<hold_request, hold_done>,
    /// Dead letters go back to the queue or away.
    answers<dead_request, dead_done>,
    /// A project's events stay here, or may go.
    answers<project_request, project_done>,
    /// Events from elsewhere, each once, in order.
    answers<import_request, import_done>,
    /// The count of dropped events starts again.
    answers<drops_request, drops_done>,
    /// What was announced before.
    answers<announced_question, announced_answer>,
    /// What is announced from now on.
    answers<announce_request, announce_done>,
    /// The last failure, for the status.
    takes<error_note>>;

/// HTTP: one exchange per request, on libcurl's own thread.
using http_actor = caf::typed_actor<
    /// Always answers, within the request's timeout.
    answers<http_request, http_reply>,
    /// From the thread: deliver the reply.
    takes<http_finished>>;

/// AUTH: the session. Tokens leave it only towards the origin that issued them.
using auth_actor = caf::typed_actor<
    /// Logs in and adopts `local` events; login_refused, transport.
    answers<login_request, login_done>,
    /// Clears the session here, then uses its refresh token up at the server. Always done.
    answers<logout_request, logout_done>,
    /// A token to send now; refreshed once across all processes when it was refused or is over.
    answers<token_request, access_token>,
    /// Waiting for the refresh lock.
    takes<refresh_tick>>;

/// BATCH_SYNC: one run at a time: lease, send, settle, until nothing is left that had no turn.
using batch_sync_actor = caf::typed_actor<
    /// One run. Always a report; its `stopped` says why it ended early.
    answers<sync_request, sync_report>,
    /// The pause between two tries is over.
    takes<retry_tick>>;

/// SUPERVISOR: starts the transports, starts them again when they fail, passes runs to them.
using supervisor_actor = caf::typed_actor<
    /// Passes the run to BATCH_SYNC; a run whose BATCH_SYNC dies ends as transport failure.
    answers<sync_request, sync_report>,
    /// A fallen child's delay is over.
    takes<restart_tick>>;

} // namespace spec_kitty

SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::append_request)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::append_receipt)
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
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::announced_question)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::announced_answer)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::announce_request)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::announce_done)
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
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::retry_tick)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::restart_tick)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::sync_request)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::sync_report)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::sync_progress)
