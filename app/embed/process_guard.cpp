#include "app/embed/process_guard.hpp"

#include "util/process_generation.hpp"

#include <atomic>
#include <utility>

namespace spec_kitty::embed {

namespace {

/// The process that has clients open (0: none had), and how many. A child inherits both as they
/// were.
std::atomic<unsigned> owner{0};
std::atomic<int> open_clients{0};

failure forked() {
  return {ec::store_unusable, "this process was forked from one that has a client open",
          "open a client only after forking, or in a process started with exec"};
}

} // namespace

result<process_guard> process_guard::enter() {
  const unsigned me = process_generation() + 1;
  const unsigned before = owner.load();
  if (before != 0 && before != me) {
    if (open_clients.load() > 0)
      return forked();
    open_clients = 0;
  }
  owner = me;
  ++open_clients;
  return process_guard(me);
}

process_guard::process_guard(process_guard&& other) noexcept
    : process_(std::exchange(other.process_, 0)) {}

process_guard::~process_guard() {
  if (process_ != 0 && here())
    --open_clients;
}

bool process_guard::here() const {
  return process_ == process_generation() + 1;
}

result<void> process_guard::check() const {
  return here() ? result<void>{} : forked();
}

} // namespace spec_kitty::embed
