#include "app/embed/process_guard.hpp"

#include <unistd.h>

#include <atomic>
#include <utility>

namespace spec_kitty::embed {

namespace {

/// The process that has clients open, and how many. A child inherits both as they were.
std::atomic<pid_t> owner{0};
std::atomic<int> open_clients{0};

failure forked() {
  return {ec::store_unusable, "this process was forked from one that has a client open",
          "open a client only after forking, or in a process started with exec"};
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

} // namespace spec_kitty::embed
