#include "app/home/local_system.hpp"

#include "app/home/thread_headroom.hpp"

#include <caf/actor_registry.hpp>
#include <caf/send.hpp>

#include <malloc.h>
#include <sys/resource.h>

#include <cerrno>
#include <system_error>
#include <thread>

namespace spec_kitty {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds grace{10};
constexpr std::size_t own_actors = 2;     ///< QUEUE and CLOCK
constexpr std::size_t threads_of_caf = 2; ///< its clock and its printer

/// The number of workers, once it is certain that threads and some memory are available. (Where
/// memory runs out while a thread starts, the C library ends the process.) Checked only where
/// address space is bounded: it takes a tenth of a millisecond. There, no thread reserves 64 MiB of
/// it for a heap of its own, as the GNU library would do.
std::size_t require_thread_headroom(std::size_t workers) {
  rlimit bound{};
  if (workers == 0 || ::getrlimit(RLIMIT_AS, &bound) != 0 || bound.rlim_cur == RLIM_INFINITY)
    return workers;
  ::mallopt(M_ARENA_MAX, 1);
  if (const auto ok = check_thread_headroom(static_cast<int>(workers + threads_of_caf)); !ok)
    throw std::system_error(EAGAIN, std::generic_category(), ok.error().message);
  return workers;
}

} // namespace

local_system::local_system(const store_options& options, std::size_t threads)
    : config_(require_thread_headroom(threads)), system_(config_),
      queue_(system_.spawn(queue, queue_config{options})),
      clock_(system_.spawn(clock, clock_config{options.home, queue_})),
      patience_(options.busy_timeout * 4 + grace) {}

void local_system::close() {
  if (!queue_)
    return;
  // What the transports send QUEUE at their end comes first: a lease goes back with it.
  if (run_actors(system_))
    return end_actors();
  const auto until = std::chrono::steady_clock::now() + grace;
  while (system_.registry().running() > own_actors && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(1ms);
  (void)ask<mirror_done>(clock_, grace, mirror_barrier{});
  end_actors();
}

local_system::~local_system() {
  end_actors();
}

/// QUEUE and CLOCK end, then the system can: a live actor held from here would hang it.
void local_system::end_actors() {
  if (!queue_)
    return;
  caf::anon_send_exit(queue_, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(clock_, caf::exit_reason::user_shutdown);
  queue_ = nullptr;
  clock_ = nullptr;
  run_actors(system_);
}

} // namespace spec_kitty
