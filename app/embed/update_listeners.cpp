#include "app/embed/update_listeners.hpp"

#include <unistd.h>

#include <utility>
#include <vector>

namespace spec_kitty::embed {

struct update_listeners::subscriber {
  std::mutex guard;
  handler receive; ///< empty: the subscription has ended
  std::mutex place_guard;
  log_reader place{log_place{}};

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

std::shared_ptr<void> update_listeners::subscribe(handler receive,
                                                  std::optional<log_place> behind) {
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
  entry->place = behind ? log_reader::behind(std::move(*behind)) : log_reader(heard_);
  subscribers_.emplace(id, std::move(entry));
  return held;
}

void update_listeners::set_direct(handler receive) {
  const std::lock_guard hold(guard_);
  direct_ = std::move(receive);
}

/// An executor may run them at once: without the lock.
std::vector<std::shared_ptr<update_listeners::subscriber>> update_listeners::all() const {
  std::vector<std::shared_ptr<subscriber>> found;
  const std::lock_guard hold(guard_);
  for (const auto& [id, entry] : subscribers_)
    found.push_back(entry);
  return found;
}

void update_listeners::publish(const update& what, callback_executor& callbacks, host_log& log) {
  for (auto& entry : all())
    if (!callbacks.offer([entry, what] { entry->on_update(what); }))
      log.count_failure(); // a handler that is 10,000 updates behind
  handler direct;
  {
    const std::lock_guard hold(guard_);
    direct = direct_;
  }
  if (direct)
    log.guard([&] { direct(what); });
}

namespace {

update update_of(const event_received& event) {
  update what;
  what.what = update::kind::remote;
  what.json = event.json;
  what.by = event.by;
  what.log = event.log;
  what.seq = event.seq;
  return what;
}

update words_of(const std::string& words) {
  update what;
  what.words = words;
  return what;
}

} // namespace

void update_listeners::publish_event(const event_received& event, callback_executor& callbacks,
                                     host_log& log) {
  handler direct;
  {
    const std::lock_guard hold(guard_);
    direct = direct_;
    if (event.seq > 0)
      heard_ = {event.log, event.seq};
  }
  const update what = update_of(event);
  for (auto& entry : all()) {
    std::uint64_t before = 0;
    {
      const std::lock_guard hold(entry->place_guard);
      before = entry->place.place().seq;
      if (!entry->place.takes(event))
        continue;
    }
    if (callbacks.offer([entry, what] { entry->on_update(what); }))
      continue;
    if (event.seq == 0) {
      log.count_failure(); // a handler that is 10,000 updates behind
      continue;
    }
    const std::lock_guard hold(entry->place_guard);
    entry->place.fall_behind(before);
  }
  if (direct)
    log.guard([&] { direct(what); });
}

void update_listeners::publish_joined(const log_joined& where, callback_executor& callbacks) {
  {
    const std::lock_guard hold(guard_);
    heard_ = {where.log.log, where.from};
  }
  for (auto& entry : all()) {
    std::optional<std::string> words;
    {
      const std::lock_guard hold(entry->place_guard);
      words = entry->place.joined(where);
    }
    if (words)
      callbacks.run([entry, what = words_of(*words)] { entry->on_update(what); });
  }
}

std::vector<log_page_request> update_listeners::page_requests() {
  std::vector<log_page_request> requests;
  const std::lock_guard hold(guard_);
  for (const auto& [id, entry] : subscribers_) {
    const std::lock_guard hold_place(entry->place_guard);
    if (auto request = entry->place.next_request(steady_now())) {
      request->reader = id;
      requests.push_back(std::move(*request));
    }
  }
  return requests;
}

void update_listeners::take_page(const log_page_read& read, callback_executor& callbacks) {
  std::shared_ptr<subscriber> entry;
  {
    const std::lock_guard hold(guard_);
    const auto found = subscribers_.find(read.reader);
    if (found == subscribers_.end())
      return;
    entry = found->second;
  }
  log_reader::page_events reported;
  std::uint64_t before = 0;
  {
    const std::lock_guard hold(entry->place_guard);
    before = entry->place.place().seq;
    reported = entry->place.take_page(read.page, steady_now());
  }
  if (reported.warning)
    callbacks.run([entry, what = words_of(*reported.warning)] { entry->on_update(what); });
  for (const event_received& event : reported.events) {
    if (!callbacks.offer([entry, what = update_of(event)] { entry->on_update(what); })) {
      const std::lock_guard hold(entry->place_guard);
      return entry->place.fall_behind(before); // the rest of the page is read again
    }
    before = event.seq;
  }
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
