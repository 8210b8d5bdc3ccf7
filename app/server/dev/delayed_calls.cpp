#include "app/server/dev/delayed_calls.hpp"

#include <utility>

namespace spec_kitty::server::dev {

delayed_calls::~delayed_calls() {
  {
    const std::lock_guard hold(guard_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void delayed_calls::after(std::chrono::milliseconds delay, std::function<void()> call) {
  {
    const std::lock_guard hold(guard_);
    waiting_.emplace(clock::now() + delay, std::move(call));
  }
  changed_.notify_one();
}

void delayed_calls::run() {
  std::unique_lock lock(guard_);
  while (!stopping_) {
    if (waiting_.empty()) {
      changed_.wait(lock);
    } else if (const auto due = waiting_.begin()->first; due > clock::now()) {
      changed_.wait_until(lock, due);
    } else {
      const auto call = std::move(waiting_.extract(waiting_.begin()).mapped());
      lock.unlock();
      call();
      lock.lock();
    }
  }
}

} // namespace spec_kitty::server::dev
