// What crosses QUEUE's boundary: requests to the store and their answers. Plain data.
#pragma once

#include "messages/event.hpp"
#include "messages/event_id.hpp"
#include "messages/team_log.hpp"
#include "util/result.hpp"
#include "util/text_slice.hpp"
#include "util/timestamp.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spec_kitty {

/// The answer to an append, given after the commit: the event is durable. A spilled event has
/// neither id nor clock yet: the store could not be used, and the next opener takes it in.
struct append_receipt {
  std::string event_id;
  std::uint64_t lamport_clock = 0;
  std::string json;               ///< the stored event, as it will be sent
  std::uint64_t queued = 0;       ///< live events after it
  std::optional<failure> spilled; ///< why it stands in a spill file; nothing: it is in the store
  /// Recorded before (event_draft::dedup_keys, intent_key): nothing was recorded. `event_id` is
  /// that event's, where it was kept.
  bool known = false;
};

/// Events of threads that are not actors: QUEUE takes all that wait when its turn comes. What
/// destroys it answers what QUEUE has not.
class posted_events {
public:
  virtual ~posted_events() = default;
  /// All that wait, validated already; they stay until they are answered.
  virtual std::span<const event_draft> take() = 0;
  /// Whether anybody reads the JSON of a receipt: a copy of the whole event for each.
  virtual bool wants_json() const { return true; }
  /// The answers to the next of them, in their order. To be left quickly.
  virtual void answer(std::vector<result<append_receipt>> outcomes) = 0;
};

/// Events that a stream records together, and the answers to them. Its buffers serve the next ones
/// again: it goes to QUEUE and comes back.
struct event_burst {
  std::vector<event_draft> drafts; ///< validated already
  std::size_t count = 0;           ///< so many of them, from the first on, are to be recorded
  /// In their order; the receipts hold no JSON.
  std::vector<result<append_receipt>> answers;
};

/// Asks for the oldest due events of one team.
struct lease_request {
  std::string team_slug;
  std::uint64_t after = 0;         ///< only events at a later position
  std::uint64_t through = ~0ULL;   ///< and at most at this one
  std::size_t max_events = 1000;   ///< at least 1
  std::size_t max_bytes = 524288;  ///< of joined JSON; one event always fits
  std::chrono::milliseconds ttl{}; ///< how long the lease holds if its owner falls silent
  /// Only events that were never refused, and none of a team that the server forbids: what is sent
  /// in passing, over the WebSocket. The others have their turn in a run.
  bool fresh_only = false;
};

/// One event in a lease.
struct leased_event {
  std::uint64_t seq = 0; ///< position in append order
  event_id_text event_id;
  std::uint64_t lamport_clock = 0;
  std::uint32_t tries = 0; ///< times it was rejected before
  bool alone = false;      ///< it broke a whole batch before: it travels alone
  text_slice json;         ///< of the text that all events of a lease share
};

/// A batch that no other drainer sends until it is settled or its time is over.
struct lease_grant {
  std::uint64_t token = 0; ///< 0: nothing was leased
  std::vector<leased_event> events;
  /// Another drainer holds the team's lease: nothing needs to be sent until then (µs).
  epoch_us busy_until = 0;
};

/// The outcome for one leased event. Source: docs/protocol.md, Batch sync.
enum class event_outcome : std::uint8_t {
  delivered, ///< the server has it: removed
  duplicate, ///< the server had it before: removed
  pending,   ///< the server took it in but is not done: stays, not counted
  rejected,  ///< the server refused it: one more try counted; at the limit it becomes dead
  too_large, ///< no batch can carry it: becomes dead at once
  // Refused for a reason that does not change: dead at once, with its name as the reason.
  id_conflict,  ///< the server keeps another event under this id
  unknown_type, ///< a type that the team does not take
  invalid,      ///< against the schema
  kept,         ///< nothing is known: stays as it was
};

/// What an event's refusal means, by its `error_code`. A code that this client does not know is a
/// refusal like one without.
constexpr event_outcome refusal_of(std::string_view error_code) {
  if (error_code == "id_conflict")
    return event_outcome::id_conflict;
  if (error_code == "unknown_type")
    return event_outcome::unknown_type;
  return error_code == "invalid" ? event_outcome::invalid : event_outcome::rejected;
}

struct verdict {
  std::uint64_t seq = 0;
  event_id_text event_id;
  event_outcome what = event_outcome::kept;
  std::string message; ///< the server's words, for what it refused
  bool alone = false;  ///< rejected without being named: from now on it travels alone
};

/// Settles verdicts of a lease in one transaction, and ends or extends the lease.
struct settle_request {
  std::uint64_t token = 0;
  std::vector<verdict> verdicts;
  std::uint32_t max_retries = 5;
  std::chrono::milliseconds keep{}; ///< how much longer the lease holds; 0: it ends
  /// A lease that continues gets these events too, in the same transaction. Where it has no event
  /// left and gets none, it ends.
  std::optional<lease_request> more{};
};

/// What a settlement did, verdict by verdict.
enum class settlement_effect : std::uint8_t {
  removed,       ///< gone from the queue
  retry_counted, ///< a try was counted, it stays queued
  dead_lettered, ///< moved to the dead letters
  unchanged,     ///< it stays queued as it was
  not_leased,    ///< it was gone, or the lease was no longer the caller's
};

struct settle_outcome {
  std::vector<settlement_effect> events; ///< in the order of the verdicts
  std::vector<leased_event> more{};      ///< what the lease was extended by
  bool lease_ended = false;              ///< because nothing was left to extend it by
  std::string journal_problem{};         ///< why delivered events are missing from the journal
};

/// Asks what is due for a team, or how much of a range still is.
struct due_request {
  std::string team_slug;         ///< empty: of no team, so that nothing is due
  std::uint64_t after = 0;       ///< only events at a later position
  std::uint64_t through = ~0ULL; ///< and at most at this one
};

/// What a run for a team would select right now.
struct due_count {
  std::uint64_t due = 0;       ///< the team's events in the range that was asked for
  std::uint64_t through = 0;   ///< position of the newest event, whatever its team
  std::uint64_t elsewhere = 0; ///< live events of other teams and of `local`
  std::uint64_t total = 0;     ///< live events of this home, all of them
  bool held = false;           ///< the server forbade the team when it was last asked
  std::string node_id{};       ///< this home's
  std::uint64_t opted_out = 0; ///< live events of projects that are opted out, of whatever team
};

/// Merges the server's clock, then gives new stamps, in order, to every event that was never sent
/// and to the leased ones named here (refused as `clock_behind`). Source: docs/protocol.md, Clocks.
struct restamp_request {
  std::uint64_t server_clock = 0;
  std::uint64_t token = 0; ///< of the lease the named events are in; 0: none
  std::vector<std::uint64_t> positions;
};

struct restamp_done {
  std::uint64_t clock = 0;          ///< the Lamport value afterwards
  std::uint64_t restamped = 0;      ///< events with a new stamp
  std::vector<leased_event> events; ///< the named ones, as they stand now, in order
};

/// The server forbids a team (403), or does so no longer.
struct hold_request {
  std::string team_slug;
  std::string reason; ///< empty: the hold ends
};

struct hold_done {};

/// What a person decides about dead letters.
struct dead_request {
  enum class decision : std::uint8_t {
    retry,  ///< back to their old place in the queue, tries reset
    discard ///< gone for good
  };
  decision what = decision::retry;
  std::vector<std::string> event_ids; ///< empty: all
};

struct dead_done {
  std::uint64_t count = 0;
  std::vector<std::string>
      unknown; ///< ids of events that are not dead letters; nothing was done then
};

/// The account that logged in, for adopting events emitted before.
struct adopt_request {
  std::string origin;
  std::string username;
  std::string team_slug;
  bool adopt_local = false; ///< take over `local` events of another account's time too
};

struct adoption {
  std::uint64_t adopted = 0; ///< `local` events that now carry the team
  std::uint64_t left = 0;    ///< `local` events that stay: another account's
  std::vector<std::pair<std::string, std::uint64_t>> projects; ///< of the adopted ones
};

/// What a person decides about the events of a project. Source: docs/cli.md, Sync.
struct project_request {
  enum class decision : std::uint8_t {
    keep,  ///< its events stay here
    share, ///< its events may leave this machine
    carry  ///< what was decided under another of its keys counts for `key` too
  };
  std::string key;  ///< uuid, or what identifies a git repository without one
  std::string name; ///< for people
  decision what = decision::keep;
  std::vector<std::string> aliases{}; ///< its other keys, the one of its git folder first
  std::string parent{};               ///< key of the repository around it; empty: none
};

struct project_done {
  std::uint64_t events = 0; ///< of the project, waiting now
  std::uint64_t leased = 0; ///< of these, in a drainer's hands already
  bool changed = false;
};

/// An event read from elsewhere, checked against the contract. It keeps its identity and stamp.
struct imported_event {
  std::string event_id;
  std::uint64_t lamport_clock = 0;
  std::string node_id;
  std::string team_slug;
  std::string event_type;
  std::string tail;         ///< see messages/event.hpp
  std::string project_key;  ///< its project's uuid, or its key in this home; empty: none
  std::string project_name; ///< for people
  std::uint32_t tries = 0;  ///< refusals counted where it comes from
};

/// Takes events in, in their order, in one transaction. Those that are here already stay as they
/// are: their place, their count, their content.
struct import_request {
  std::vector<imported_event> events;
  bool look_only = false; ///< changes nothing; the answers say what would happen to each
};

/// The outcome for one imported event.
enum class import_outcome : std::uint8_t {
  added,
  known,       ///< queued or dead here already
  conflict,    ///< another event stands here under its id; that one stays
  refused,     ///< its stamp is out of range
  no_capacity, ///< the queue is at its cap
};

struct import_answer {
  import_outcome what = import_outcome::added;
  std::size_t bytes = 0; ///< that the stored row takes
  std::string message;   ///< of a conflict or a refusal
};

struct import_done {
  std::vector<import_answer> events; ///< in the order of the request
  std::uint64_t restamped = 0;       ///< added with a clock value of their own: theirs was taken
  std::uint64_t live = 0;            ///< events in the queue afterwards
  std::uint64_t bytes = 0;           ///< and their bytes
  std::uint64_t byte_cap = 0;        ///< what the bytes may come to
  std::uint64_t clock = 0;
};

/// Forgets the count of refused and evicted events: a person has seen it. With `more`, adds events
/// that were dropped outside of the store instead.
struct drops_request {
  std::uint64_t more = 0;
};

struct drops_done {
  std::uint64_t count = 0; ///< before
};

/// One team's share of the queue.
struct team_share {
  std::string slug;
  std::uint64_t live = 0;
  std::uint64_t leased = 0;
  std::uint64_t opted_out = 0; ///< of `live`: of projects whose events stay here
  std::string hold_reason;     ///< empty: not held by the server
};

/// One project's share of the queue.
struct project_share {
  std::string key; ///< empty: events of no project
  std::string name;
  bool shared = true; ///< false: opted out, or undecided where the default is off
  std::uint64_t live = 0;
};

/// The store at one moment, from one snapshot.
struct queue_stats {
  std::uint64_t clock = 0;
  std::string node_id;
  std::uint64_t live = 0;
  std::uint64_t leased = 0;
  std::uint64_t dead = 0;
  std::uint64_t bytes = 0;
  std::uint64_t accepted = 0;
  std::uint64_t acked = 0;
  std::uint64_t dropped = 0;
  epoch_us last_ack_at = 0; ///< 0: never
  epoch_us oldest_at = 0;   ///< when the oldest live event was recorded; 0: none
  std::string last_error;   ///< JSON object, or empty
  std::vector<team_share> teams;
  std::vector<project_share> projects; ///< with events that wait, or opted out
  std::vector<std::pair<std::string, std::uint64_t>> types;
  std::vector<taken_back> taken_back_logs; ///< that nobody has acknowledged
};

/// The state of an event, as `events list` names it.
enum class event_state : std::uint8_t { queued, leased, held, dead };
std::string_view to_string(event_state state);

struct listed_event {
  std::uint64_t seq = 0;
  std::string json;
  event_state state = event_state::queued;
  std::uint32_t retry_count = 0;
  std::string last_error;
  std::string reason;        ///< why it is held or dead
  epoch_us first_try_at = 0; ///< of its refusals; 0: none
  epoch_us last_try_at = 0;
};

} // namespace spec_kitty
