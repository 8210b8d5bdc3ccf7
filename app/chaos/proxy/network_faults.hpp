// What a network does to exchanges and to the frames of a WebSocket, by the names of the report.
#pragma once

#include "app/chaos/proxy/fault.hpp"

#include <span>

namespace spec_kitty::chaos {

/// `make` gets a drawn number, from which all sizes and times of the fault follow.
struct network_fault {
  std::string_view name;
  exchange_fault (*make)(std::uint64_t drawn);
};

struct frame_fault_kind {
  std::string_view name;
  frame_fault (*make)(std::uint64_t drawn);
};

std::span<const network_fault> network_faults();
std::span<const frame_fault_kind> frame_faults();

/// The fault of that name; nullptr if it does not exist.
const network_fault* find_network_fault(std::string_view name);
const frame_fault_kind* find_frame_fault(std::string_view name);

} // namespace spec_kitty::chaos
