// What is done to a home while its disk is recorded: every road on which something becomes durable.
#pragma once

#include "app/chaos/power/recording.hpp"
#include "app/chaos/random.hpp"

#include <span>
#include <string_view>

namespace spec_kitty::chaos::power {

struct workload {
  std::string_view name;
  void (*play)(recorder& on, dice& chance);
};

std::span<const workload> workloads();

} // namespace spec_kitty::chaos::power
