#include "app/server/store/lmdb/pending.hpp"

namespace spec_kitty::server::store {

deadline_watch::deadline_watch() : thread_([this] { run(); }) {}

deadline_watch::~deadline_watch() {
  expire_all(store_is_stopping());
  {
    const std::lock_guard hold(guard_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

deadline_watch::key deadline_watch::add(deadline until, std::shared_ptr<pending_base> waiting) {
  const std::lock_guard hold(guard_);
  const key entry{until, ++next_};
  waiting_.emplace(entry, std::move(waiting));
  // Most answers come long before their deadline: the thread is not woken for each of them.
  if (until < wakes_at_) {
    wakes_at_ = until;
    changed_.notify_all();
  }
  return entry;
}

void deadline_watch::remove(const key& entry) {
  std::shared_ptr<pending_base> last_owner; // released without the lock
  const std::lock_guard hold(guard_);
  const auto found = waiting_.find(entry);
  if (found == waiting_.end())
    return;
  last_owner = std::move(found->second);
  waiting_.erase(found);
}

void deadline_watch::expire_all(const failure& why) {
  std::map<key, std::shared_ptr<pending_base>> all;
  {
    const std::lock_guard hold(guard_);
    all.swap(waiting_);
  }
  for (const auto& [entry, waiting] : all)
    waiting->expire(why);
}

void deadline_watch::run() {
  std::unique_lock hold(guard_);
  while (!stopping_) {
    const auto next = waiting_.begin();
    if (next == waiting_.end() || next->first.first > std::chrono::steady_clock::now()) {
      wakes_at_ = next == waiting_.end() ? deadline::max() : next->first.first;
      if (wakes_at_ == deadline::max())
        changed_.wait(hold);
      else
        changed_.wait_until(hold, deadline(wakes_at_)); // it may change during the wait
      continue;
    }
    const auto expired = std::move(next->second);
    waiting_.erase(next);
    hold.unlock();
    expired->expire(deadline_passed());
    hold.lock();
  }
}

failure deadline_passed() {
  return {ec::timeout, "the store did not answer within the time given", "try again"};
}

failure store_is_stopping() {
  return {ec::stopping, "the store is being closed", {}};
}

} // namespace spec_kitty::server::store
