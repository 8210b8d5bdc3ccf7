// One receipt on its way: what pending_receipt waits for.
#pragma once

#include "spec_kitty/client.hpp"

#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <optional>

namespace spec_kitty {

struct pending_receipt::state {
  explicit state(std::chrono::milliseconds usual) : patience(usual), pid(::getpid()) {}

  void answer(result<receipt> with) {
    {
      const std::lock_guard hold(guard);
      outcome = std::move(with);
    }
    changed.notify_all();
  }

  const std::chrono::milliseconds patience;
  const pid_t pid;
  std::mutex guard;
  std::condition_variable changed;
  std::optional<result<receipt>> outcome;
};

} // namespace spec_kitty
