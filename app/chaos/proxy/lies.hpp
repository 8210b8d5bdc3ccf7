// A lying server: every odd reply that the protocol names, by the names of the report.
//
// One lie is left out: `success` for an event that the server does not keep. The protocol lets the
// client remove the event then, so nothing can survive it. A refusal that names an event is only
// given to events that are marked as guilty; one without names is given to batches with such an
// event, or to everything.
#pragma once

#include "app/chaos/proxy/fault.hpp"

#include <span>

namespace spec_kitty::chaos {

/// What a lie needs to be told, and what it leaves behind.
enum lie_needs : unsigned {
  needs_nothing = 0,
  needs_poison_event = 1, ///< an event of the step is marked as guilty
  needs_large_batch =
      2,               ///< many events in one batch, none guilty: all are refused, none is to blame
  needs_websocket = 4, ///< a daemon that keeps a WebSocket
  needs_server_clock = 8, ///< the home hears claimed_clock(drawn)
  needs_login_after = 16, ///< the session is over
  needs_login = 32,       ///< it is told to a login
};

struct lie {
  std::string_view name;
  unsigned needs = needs_nothing;
  /// The faults to put up; the first one is the lie, others bring the client to where it is told.
  std::vector<exchange_fault> (*make)(std::uint64_t drawn);
};

/// Lies to batches: replies without results, odd results, and refusals.
std::span<const lie> transport_lies();
std::span<const lie> result_lies();
std::span<const lie> refusal_lies();
/// Lies about tokens, clocks, and at the door of the WebSocket.
std::span<const lie> session_lies();

/// All of them.
std::vector<lie> all_lies();
/// The lie of that name, if it exists.
std::optional<lie> find_lie(std::string_view name);

/// The clock that a lie of `needs_server_clock` tells: far ahead, yet possible.
std::uint64_t claimed_clock(std::uint64_t drawn);

/// Always that reply, on that path.
exchange_fault always(std::string_view path, std::string reply, unsigned times = 0);

} // namespace spec_kitty::chaos
