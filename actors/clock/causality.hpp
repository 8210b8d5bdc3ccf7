// Order and causality between events, and the receive rule of the Lamport clock. Pure.
//
// A Lamport clock promises: if a happened before b, then a's value is smaller. It does not
// promise the reverse, so a smaller value on another node proves nothing by itself. These functions
// state only what the stamps prove. Source: docs/protocol.md, Clocks and Event;
// L. Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System" (1978).
#pragma once

#include "messages/event.hpp"
#include "util/result.hpp"

#include <compare>
#include <cstdint>
#include <string>

namespace spec_kitty {

/// The part of an event that orders it.
struct causal_stamp {
  std::uint64_t lamport_clock = 0;
  std::string node_id;
  std::string event_id;
  std::string causation_id; ///< empty: none
};

/// True when the stamps prove that a happened before b: b names a as its cause, or both come
/// from one node and a's clock is smaller. Irreflexive; never true both ways.
bool happened_before(const causal_stamp& a, const causal_stamp& b);

/// True when the stamps prove that neither happened before the other: different nodes, equal
/// clocks, and neither names the other as its cause.
bool is_concurrent(const causal_stamp& a, const causal_stamp& b);

/// The order every reader agrees on: (lamport_clock, node_id, event_id). Total, and it extends
/// happened_before for events whose sender followed the receive rule.
std::strong_ordering total_order(const causal_stamp& a, const causal_stamp& b);

/// The largest value that is accepted from outside. The 2^32 values above it are kept for this
/// node's own events: a hostile server must not exhaust the clock.
inline constexpr std::uint64_t max_received = max_lamport - (std::uint64_t{1} << 32);

/// The value of a clock that stood at `local` and received `remote`: max(local, remote) + 1, and
/// never over 2^53 − 1: a clock at its end stays there. bad_input when the remote value is over
/// max_received.
result<std::uint64_t> receive(std::uint64_t local, std::uint64_t remote);

} // namespace spec_kitty
