// The environment of the simulated processes: virtual time, what is yet to happen, chance, the
// server, and the record of what was seen.
#pragma once

#include "app/chaos/history.hpp"
#include "app/chaos/random.hpp"
#include "app/chaos/simulation/server.hpp"
#include "app/chaos/simulation/trace.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace spec_kitty::chaos::simulation {

/// Microseconds since the schedule began.
using sim_time = std::int64_t;

inline constexpr sim_time ms = 1'000;
inline constexpr sim_time second = 1'000'000;

/// What is yet to happen, in order of time; at the same time, in the order in which it was added.
class timeline {
public:
  void at(sim_time when, std::function<void()> what) { waiting_.emplace(when, std::move(what)); }
  bool empty() const { return waiting_.empty(); }
  /// When the next one is due; only where there is one.
  sim_time next() const { return waiting_.begin()->first; }
  void run_next() {
    const auto what = std::move(waiting_.extract(waiting_.begin()).mapped());
    what();
  }

private:
  std::multimap<sim_time, std::function<void()>> waiting_;
};

struct simulation_environment {
  explicit simulation_environment(std::uint64_t seed)
      : chance(seed), server(seen, dice(seed ^ 0x5e4fe4U)) {}

  /// How long something takes on the wire.
  sim_time latency() {
    return static_cast<sim_time>(chance.one_in(8) ? chance.between(1, 400)
                                                  : chance.between(1, 20)) *
           ms;
  }
  std::int64_t server_now_s() const { return first_second + now / second; }

  static constexpr std::int64_t first_second = 1'770'000'000;

  history seen;
  dice chance;
  trace_hash trace;
  timeline later;
  sim_time now = 0;
  bool server_away = false;
  simulated_server server;
};

/// An action that waits for the exchange or message that it affects.
struct armed_action {
  action what;
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  std::shared_ptr<bool> done; ///< set when it is
};

} // namespace spec_kitty::chaos::simulation
