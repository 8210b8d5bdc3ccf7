#include "app/embed/process_guard.hpp"

#include "config/signals_blocked.hpp"

#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace spec_kitty::embed {

namespace {

/// The process that has clients open, and how many. A child inherits both as they were.
std::atomic<pid_t> owner{0};
std::atomic<int> open_clients{0};

failure forked() {
  return {ec::store_unusable, "this process was forked from one that has a client open",
          "open a client before its threads and forks, or in a process begun with exec"};
}

} // namespace

result<process_guard> process_guard::enter() {
  const pid_t me = ::getpid();
  const pid_t before = owner.load();
  if (before != 0 && before != me) {
    if (open_clients.load() > 0)
      return forked();
    open_clients = 0;
  }
  owner = me;
  ++open_clients;
  return process_guard(me);
}

process_guard::process_guard(process_guard&& other) noexcept : pid_(std::exchange(other.pid_, 0)) {}

process_guard::~process_guard() {
  if (pid_ != 0 && here())
    --open_clients;
}

bool process_guard::here() const {
  return pid_ == ::getpid();
}

result<void> process_guard::check() const {
  return here() ? result<void>{} : forked();
}

result<void> check_threads(int more) {
  std::mutex guard;
  std::condition_variable done;
  bool end = false;
  std::vector<std::thread> tried;
  result<void> fine;
  try {
    const signals_blocked no_signals;
    tried.reserve(static_cast<std::size_t>(more));
    for (int i = 0; i < more; ++i)
      tried.emplace_back([&] {
        std::unique_lock hold(guard);
        done.wait(hold, [&] { return end; });
      });
  } catch (const std::exception& error) {
    fine = failure{ec::overloaded, std::string("no thread to be had: ") + error.what(),
                   "raise the limit on processes or address space, or close other programs"};
  }
  {
    const std::lock_guard hold(guard);
    end = true;
  }
  done.notify_all();
  for (auto& thread : tried)
    thread.join();
  return fine;
}

} // namespace spec_kitty::embed
