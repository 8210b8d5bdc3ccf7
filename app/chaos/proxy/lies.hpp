// A lying server: every odd reply that the protocol names, by the names of the report. What each
// one sends and what the client must do is in protocol_faults.tsv.
//
// One lie is left out: `success` for an event that the server does not keep. The protocol lets the
// client remove the event then, so nothing can survive it. A refusal that names an event is only
// given to events that are marked as guilty; one without names is given to batches with such an
// event, or to everything.
#pragma once

#include "app/chaos/proxy/fault.hpp"

#include <span>

namespace spec_kitty::chaos {

/// What a lie needs, and what it leaves behind.
enum lie_needs : unsigned {
  needs_nothing = 0,
  needs_poison_event = 1, ///< an event of the step is marked as guilty
  needs_large_batch =
      2,               ///< many events in one batch, none guilty: all are refused, none is to blame
  needs_websocket = 4, ///< a daemon that keeps a WebSocket
  needs_server_clock = 8, ///< the home receives claimed_clock(drawn)
  needs_login_after = 16, ///< the session is over
  needs_login = 32,       ///< it is a reply to a login
};

using fault_list = std::vector<exchange_fault>;

struct lie {
  std::string_view name;
  unsigned needs = needs_nothing;
  /// The faults to arm; the first one is the lie, others make the client send its request.
  fault_list (*make)(std::uint64_t drawn);
};

/// Replies outside the protocol, and refusals of the whole request.
std::span<const lie> transport_lies();

/// Replies of status 200 to a batch.
std::span<const lie> result_list_lies();   ///< results are missing, foreign, in another order
std::span<const lie> result_status_lies(); ///< each result has an odd status
std::span<const lie> nothing_kept_lies();  ///< the server keeps no event
std::span<const lie> result_text_lies();   ///< the body or its content type is wrong
std::span<const lie> server_clock_lies();  ///< `server_clock` beside right results

/// Refusals of events, with their names and without.
std::span<const lie> named_refusal_lies();
std::span<const lie> unnamed_refusal_lies();

/// Replies to a refresh, to a question for the clock, at the WebSocket's upgrade, to a login.
std::span<const lie> refresh_lies();
std::span<const lie> clock_behind_lies();
std::span<const lie> websocket_lies();
std::span<const lie> login_lies();

/// All of them.
std::vector<lie> all_lies();
/// The lie of that name, if it exists.
std::optional<lie> find_lie(std::string_view name);

/// The clock that a lie of `needs_server_clock` tells: far ahead, yet possible.
std::uint64_t claimed_clock(std::uint64_t drawn);

/// Always that reply, on that path.
exchange_fault always(std::string_view path, std::string reply, unsigned times = 0);

} // namespace spec_kitty::chaos
