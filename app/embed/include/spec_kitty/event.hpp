// What a host emits, and what it hears of it.
#pragma once

#include "spec_kitty/api.hpp"
#include "spec_kitty/payloads.hpp"
#include "spec_kitty/result.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace spec_kitty {

/// What shall be recorded. The payload structs of payloads.hpp become one by themselves:
/// `events.emit(spec_kitty::history_added{"WP01", "note", "hello"})`.
struct SPEC_KITTY_API event {
  event() = default;
  /// Of any type, the payload as JSON text.
  event(std::string event_type, std::string json)
      : type(std::move(event_type)), payload(std::move(json)) {}
  // NOLINTBEGIN(google-explicit-constructor): a payload is an event.
  event(const wp_status_changed& of);   ///< `WPStatusChanged`
  event(const wp_created& of);          ///< `WPCreated`
  event(const wp_assigned& of);         ///< `WPAssigned`
  event(const feature_created& of);     ///< `FeatureCreated`
  event(const feature_completed& of);   ///< `FeatureCompleted`
  event(const history_added& of);       ///< `HistoryAdded`
  event(const error_logged& of);        ///< `ErrorLogged`
  event(const dependency_resolved& of); ///< `DependencyResolved`
  // NOLINTEND(google-explicit-constructor)

  /// What the event is about, where the payload does not say: `WP01`, or a feature's slug.
  event& about(std::string id) {
    aggregate_id = std::move(id);
    return *this;
  }
  /// The event that led to this one: its id.
  event& caused_by(std::string id) {
    causation_id = std::move(id);
    return *this;
  }

  std::string type;         ///< one of the contract's eight, or of options::event_types
  std::string payload;      ///< JSON text of an object
  std::string aggregate_id; ///< empty: from the payload's wp_id, else its feature_slug
  std::string causation_id; ///< empty: none
};

/// The promise: the event is durable.
struct receipt {
  std::string event_id;            ///< ULID; empty where the event was spilled
  std::uint64_t lamport_clock = 0; ///< of this home; 0 where the event was spilled
  /// The event as it will be sent; empty where it was spilled, or options::receipt_json is false.
  std::string json;
  /// Durable beside the store, which could not be used (`why_spilled`); gets id and clock when it
  /// is taken in.
  bool spilled = false;
  failure why_spilled{ec::ok, {}, {}}; ///< `ok` where it was not
};

/// How far a flush came.
struct flush_report {
  bool durable = false;        ///< all that was emitted before has been committed, or refused
  bool delivered = false;      ///< and nothing of it is left that could be delivered
  std::uint64_t remaining = 0; ///< events that wait in the home for the session's team
  std::uint64_t held = 0;      ///< of other teams, without a team, opted out; no flush sends them
  std::uint64_t rejected = 0;  ///< refused by the server in this flush, dead letters included
  failure why{ec::ok, {}, {}}; ///< why it is not delivered
};

/// How the connection to the server stands.
enum class link_state : std::uint8_t {
  offline,      ///< none is kept, or none can be: see the reason
  reconnecting, ///< being made
  connected,    ///< events travel as they are recorded
  batch_mode    ///< not reachable by WebSocket; events travel in batches
};

/// `Offline`, `Reconnecting`, `Connected`, `OfflineBatchMode`.
SPEC_KITTY_API std::string_view to_string(link_state state);

/// Numbers since open(), then those of the home, which other processes may share.
struct client_status {
  std::uint64_t emitted = 0;          ///< durable, by this client
  std::uint64_t spilled = 0;          ///< of these: beside the store
  std::uint64_t refused = 0;          ///< invalid, too large, no room in the queue
  std::uint64_t dropped = 0;          ///< not taken: too many in flight, stopped, or failed later
  std::uint64_t in_flight = 0;        ///< handed over, not answered yet
  std::uint64_t callbacks_failed = 0; ///< callbacks and handlers that threw, log lines not taken
  link_state link = link_state::offline; ///< how the connection stands
  std::string link_reason;               ///< why it is so, in words; empty when connected
  std::uint64_t queued = 0;              ///< wait for delivery
  std::uint64_t held = 0;                ///< wait for a login, a person, or another team's session
  std::uint64_t dead = 0;                ///< refused for good; see `spec-kitty events list`
  std::uint64_t acknowledged = 0;        ///< by the server, ever
  std::uint64_t lamport_clock = 0;       ///< of the home
  std::string node_id;                   ///< 12 hex digits
  std::string team;                      ///< of the session; empty: nobody is logged in
  failure last_problem{ec::ok, {}, {}};  ///< the latest of this client
};

/// Something happened.
struct update {
  /// What an update tells of.
  enum class kind : std::uint8_t {
    link,    ///< the connection changed: `link`, `words` say how and why
    remote,  ///< somebody else's event: `json`
    sent,    ///< the server has this event now, over the WebSocket: `event_id`
    refused, ///< the server refused it: `event_id`, `words`
    batch,   ///< a batch run ended: `words`
    trouble  ///< something a person may want to know: `words`
  };
  kind what = kind::trouble;             ///< says which of the others are set
  link_state link = link_state::offline; ///< of `link`
  std::string event_id;                  ///< of `sent`, `refused`
  std::string json;                      ///< of `remote`
  std::string by;        ///< of `remote`: the account that sent it; empty: the server does not say
  std::string log;       ///< of `remote`: the team's log that numbers it; empty likewise
  std::uint64_t seq = 0; ///< of `remote`: its number there; 0 likewise
  std::string words;     ///< for people; may be empty
};

} // namespace spec_kitty
