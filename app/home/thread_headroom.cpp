#include "app/home/thread_headroom.hpp"

#include "util/memory_headroom.hpp"
#include "util/signals_blocked.hpp"

#include <condition_variable>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

namespace spec_kitty {

result<void> check_thread_headroom(int threads) {
  std::mutex guard;
  std::condition_variable done;
  bool end = false;
  std::vector<std::thread> tried;
  result<void> outcome;
  try {
    const signals_blocked no_signals;
    tried.reserve(static_cast<std::size_t>(threads));
    for (int i = 0; i < threads; ++i)
      tried.emplace_back([&] {
        std::unique_lock hold(guard);
        done.wait(hold, [&] { return end; });
      });
    // Asked while the stacks are there: the C library keeps them for the threads to come.
    if (!has_memory_headroom())
      throw std::bad_alloc();
  } catch (const std::exception& error) {
    outcome = failure{ec::overloaded,
                      std::string("cannot create a thread, or no memory is left: ") + error.what(),
                      "raise the limit on processes or address space, or close other programs"};
  }
  {
    const std::lock_guard hold(guard);
    end = true;
  }
  done.notify_all();
  for (auto& thread : tried)
    thread.join();
  return outcome;
}

} // namespace spec_kitty
