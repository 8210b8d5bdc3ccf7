#include "app/embed/update_listeners.hpp"

#include <unistd.h>

#include <utility>
#include <vector>

namespace spec_kitty::embed {

struct update_listeners::subscriber {
  std::mutex guard;
  handler receive; ///< empty: the subscription has ended

  void on_update(const update& what) {
    handler call;
    {
      const std::lock_guard hold(guard);
      call = receive;
    }
    if (call)
      call(what);
  }
  void end() {
    handler gone; // what it holds is destroyed without the lock
    const std::lock_guard hold(guard);
    gone.swap(receive);
  }
};

std::shared_ptr<void> update_listeners::subscribe(handler receive) {
  auto entry = std::make_shared<subscriber>();
  entry->receive = std::move(receive);
  const std::uint64_t id = ++last_subscriber_;
  const auto end = [weak = weak_from_this(), entry, id, pid = ::getpid()](void*) {
    if (pid != ::getpid())
      return; // a child of a fork: the locks may be held for ever
    entry->end();
    if (const auto all = weak.lock()) {
      const std::lock_guard again(all->guard_);
      all->subscribers_.erase(id);
    }
  };
  std::shared_ptr<void> held(entry.get(), end); // before the lock, which `end` takes, too
  const std::lock_guard hold(guard_);
  subscribers_.emplace(id, std::move(entry));
  return held;
}

void update_listeners::set_direct(handler receive) {
  const std::lock_guard hold(guard_);
  direct_ = std::move(receive);
}

void update_listeners::publish(const update& what, callback_executor& callbacks, host_log& log) {
  handler direct;
  std::vector<std::shared_ptr<subscriber>>
      all; // an executor may run them at once: without the lock
  {
    const std::lock_guard hold(guard_);
    direct = direct_;
    for (const auto& [id, entry] : subscribers_)
      all.push_back(entry);
  }
  for (auto& entry : all)
    if (!callbacks.offer([entry, what] { entry->on_update(what); }))
      log.count_failure(); // a handler that is 10,000 updates behind
  if (direct)
    log.guard([&] { direct(what); });
}

bool update_listeners::set_link(const connection_status& now) {
  const std::lock_guard hold(guard_);
  if (now == link_)
    return false;
  link_ = now;
  return true;
}

connection_status update_listeners::link() const {
  const std::lock_guard hold(guard_);
  return link_;
}

} // namespace spec_kitty::embed
