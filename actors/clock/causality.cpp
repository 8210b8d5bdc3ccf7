#include "actors/clock/causality.hpp"

#include <algorithm>

namespace spec_kitty {

bool happened_before(const causal_stamp& a, const causal_stamp& b) {
  if (a.event_id == b.event_id)
    return false;
  if (a.node_id == b.node_id)
    return a.lamport_clock < b.lamport_clock;
  return b.causation_id == a.event_id;
}

bool is_concurrent(const causal_stamp& a, const causal_stamp& b) {
  return a.node_id != b.node_id && a.lamport_clock == b.lamport_clock && !happened_before(a, b) &&
         !happened_before(b, a);
}

std::strong_ordering total_order(const causal_stamp& a, const causal_stamp& b) {
  if (a.lamport_clock != b.lamport_clock)
    return a.lamport_clock <=> b.lamport_clock;
  if (const auto by_node = a.node_id.compare(b.node_id); by_node != 0)
    return by_node <=> 0;
  return a.event_id.compare(b.event_id) <=> 0;
}

result<std::uint64_t> receive(std::uint64_t local, std::uint64_t remote) {
  if (remote > max_received)
    return failure{ec::bad_input,
                   "received clock " + std::to_string(remote) + " is refused: it is beyond " +
                       std::to_string(max_received) + " (2^53 - 1 - 2^32)",
                   "the sender's clock is wrong; nothing was merged"};
  return std::min(std::max(local, remote) + 1, max_lamport);
}

} // namespace spec_kitty
