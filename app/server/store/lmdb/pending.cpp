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
  const auto added = waiting_.emplace(entry, std::move(waiting)).first;
  if (added == waiting_.begin())
    changed_.notify_all();
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
    if (waiting_.empty()) {
      changed_.wait(hold);
      continue;
    }
    const auto next = waiting_.begin();
    if (next->first.first > std::chrono::steady_clock::now()) {
      const deadline until = next->first.first; // the entry may be gone after the wait
      changed_.wait_until(hold, until);
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
