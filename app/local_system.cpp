#include "app/local_system.hpp"

#include <caf/send.hpp>

namespace spec_kitty {

namespace {

constexpr std::chrono::seconds grace{10};

} // namespace

local_system::local_system(const store_options& options, std::size_t threads)
    : config_(threads), system_(config_), queue_(system_.spawn(queue, queue_config{options})),
      clock_(system_.spawn(clock, clock_config{options.home, queue_})),
      patience_(options.busy_timeout * 4 + grace) {}

local_system::~local_system() {
  (void)ask<mirror_done>(clock_, grace, mirror_barrier{});
  // QUEUE and CLOCK end, then the system: a live actor held from here would hang it.
  caf::anon_send_exit(queue_, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(clock_, caf::exit_reason::user_shutdown);
  queue_ = nullptr;
  clock_ = nullptr;
}

} // namespace spec_kitty
