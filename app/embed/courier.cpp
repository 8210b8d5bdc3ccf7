#include "app/embed/courier.hpp"

#include "util/signals_blocked.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace spec_kitty::embed {

namespace {

constexpr std::size_t most_waiting = 10000; ///< of what may be left out

thread_local int callbacks_here = 0;

struct in_callback {
  in_callback() { ++callbacks_here; }
  ~in_callback() { --callbacks_here; }
  in_callback(const in_callback&) = delete;
  in_callback& operator=(const in_callback&) = delete;
};

} // namespace

/// Shared with the thread, which may outlive the courier.
struct courier::desk : std::enable_shared_from_this<courier::desk> {
  std::shared_ptr<host_voice> voice;
  std::mutex guard;
  std::condition_variable changed;
  std::deque<work> waiting;
  std::thread thread;
  bool closing = false;
  bool over = false; ///< nobody takes what is handed over any more

  void carry_out(const work& what) noexcept {
    const in_callback here;
    voice->guard(what);
  }

  void loop() {
    std::unique_lock hold(guard);
    for (;;) {
      changed.wait(hold, [&] { return closing || !waiting.empty(); });
      if (waiting.empty())
        break;
      work next = std::move(waiting.front());
      waiting.pop_front();
      hold.unlock();
      carry_out(next);
      next = nullptr; // what it holds goes before the lock is taken
      hold.lock();
    }
    over = true;
    changed.notify_all();
  }

  /// Hands work to the thread, made where it is not there yet; false where there is none.
  bool take(work& what) {
    const std::lock_guard hold(guard);
    if (over || (closing && !thread.joinable()))
      return false;
    if (!thread.joinable()) {
      const signals_blocked no_signals;
      thread = std::thread([at = shared_from_this()] { at->loop(); });
    }
    waiting.push_back(std::move(what));
    changed.notify_one();
    return true;
  }
};

courier::courier(std::function<void(work)> executor, std::shared_ptr<host_voice> voice)
    : executor_(std::move(executor)), desk_(std::make_shared<desk>()) {
  desk_->voice = std::move(voice);
}

courier::~courier() {
  finish(std::chrono::steady_clock::now());
  const std::lock_guard hold(desk_->guard);
  if (desk_->thread.joinable())
    desk_->thread.detach(); // it is this thread
}

void courier::run(work what) noexcept {
  if (executor_) // it may run at once, or much later: neither hurts the caller
    return desk_->voice->guard(
        [&] { executor_([at = desk_, what = std::move(what)] { at->carry_out(what); }); });
  bool taken = false;
  try {
    taken = desk_->take(what);
  } catch (...) { // no thread, no memory
  }
  if (!taken)
    desk_->carry_out(what);
}

bool courier::offer(work what) noexcept {
  {
    const std::lock_guard hold(desk_->guard);
    if (desk_->waiting.size() >= most_waiting)
      return false;
  }
  run(std::move(what));
  return true;
}

bool courier::is_here() {
  return callbacks_here > 0;
}

bool courier::finish(std::chrono::steady_clock::time_point until) {
  std::unique_lock hold(desk_->guard);
  desk_->closing = true;
  desk_->changed.notify_all();
  if (!desk_->thread.joinable() || desk_->thread.get_id() == std::this_thread::get_id())
    return true;
  const bool over = desk_->changed.wait_until(hold, until, [&] { return desk_->over; });
  if (!desk_->thread.joinable()) // another finish() was quicker
    return over;
  std::thread thread = std::move(desk_->thread);
  hold.unlock();
  if (over)
    thread.join();
  else
    thread.detach();
  return over;
}

} // namespace spec_kitty::embed
