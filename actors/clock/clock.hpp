// CLOCK: the Lamport clock as the other actors use it, and the writer of clock.json.
//
// It keeps no counter: the counter is a row of the store, ticked in the transaction that appends.
// CLOCK asks QUEUE for the value, turns a received value into QUEUE's merge transaction, and after
// commits brings the mirror up to date.
#pragma once

#include "actors/clock/mirror.hpp"
#include "messages/interfaces.hpp"

#include <functional>

namespace spec_kitty {

struct clock_config {
  std::filesystem::path home;
  queue_actor queue;
  std::function<epoch_us()> now = wall_clock_now;
};

struct clock_state {
  clock_config config;
  static inline const char* name = "clock";
};

clock_actor::behavior_type clock(clock_actor::stateful_pointer<clock_state> self,
                                 clock_config config);

} // namespace spec_kitty
