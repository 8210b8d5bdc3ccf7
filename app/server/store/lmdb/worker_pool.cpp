#include "app/server/store/lmdb/worker_pool.hpp"

#include <utility>

namespace spec_kitty::server::store {

worker_pool::worker_pool(unsigned threads, std::size_t max_waiting) : max_waiting_(max_waiting) {
  for (unsigned i = 0; i < threads; ++i)
    threads_.emplace_back([this] { run(); });
}

worker_pool::~worker_pool() {
  stop();
}

bool worker_pool::post(std::function<void()> work) {
  const std::lock_guard hold(guard_);
  if (stopping_ || waiting_.size() >= max_waiting_)
    return false;
  waiting_.push_back(std::move(work));
  changed_.notify_one();
  return true;
}

void worker_pool::stop() {
  std::deque<std::function<void()>> dropped;
  {
    const std::lock_guard hold(guard_);
    stopping_ = true;
    dropped.swap(waiting_);
  }
  changed_.notify_all();
  for (auto& thread : threads_)
    if (thread.joinable())
      thread.join();
}

void worker_pool::run() {
  std::unique_lock hold(guard_);
  for (;;) {
    changed_.wait(hold, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_)
      return;
    const auto work = std::move(waiting_.front());
    waiting_.pop_front();
    hold.unlock();
    work();
    hold.lock();
  }
}

} // namespace spec_kitty::server::store
