#include "app/embed/callback_executor.hpp"

#include "util/signals_blocked.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace spec_kitty::embed {

namespace {

constexpr std::size_t max_waiting = 10000; ///< callbacks that may be left out

thread_local int callbacks_here = 0;

struct in_callback {
  in_callback() { ++callbacks_here; }
  ~in_callback() { --callbacks_here; }
  in_callback(const in_callback&) = delete;
  in_callback& operator=(const in_callback&) = delete;
};

} // namespace

/// Shared with the thread, which may outlive the executor.
struct callback_executor::worker_queue
    : std::enable_shared_from_this<callback_executor::worker_queue> {
  std::shared_ptr<host_log> host_messages;
  std::mutex guard;
  std::condition_variable changed;
  std::deque<work> waiting;
  std::thread thread;
  bool closing = false;
  bool over = false; ///< the thread has ended: it takes no more work

  void carry_out(const work& what) noexcept {
    const in_callback here;
    host_messages->guard(what);
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

  /// Hands work to the thread, which is started for the first of it; false where it has ended.
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

callback_executor::callback_executor(std::function<void(work)> executor,
                                     std::shared_ptr<host_log> host_messages)
    : executor_(std::move(executor)), worker_queue_(std::make_shared<worker_queue>()) {
  worker_queue_->host_messages = std::move(host_messages);
}

callback_executor::~callback_executor() {
  finish(std::chrono::steady_clock::now());
  const std::lock_guard hold(worker_queue_->guard);
  if (worker_queue_->thread.joinable())
    worker_queue_->thread.detach(); // it is this thread
}

void callback_executor::run(work what) noexcept {
  if (executor_) // it may run at once, or much later: neither hurts the caller
    return worker_queue_->host_messages->guard(
        [&] { executor_([at = worker_queue_, what = std::move(what)] { at->carry_out(what); }); });
  bool taken = false;
  try {
    taken = worker_queue_->take(what);
  } catch (...) { // no thread, no memory
  }
  if (!taken)
    worker_queue_->carry_out(what);
}

bool callback_executor::offer(work what) noexcept {
  {
    const std::lock_guard hold(worker_queue_->guard);
    if (worker_queue_->waiting.size() >= max_waiting)
      return false;
  }
  run(std::move(what));
  return true;
}

bool callback_executor::is_here() {
  return callbacks_here > 0;
}

bool callback_executor::finish(std::chrono::steady_clock::time_point until) {
  std::unique_lock hold(worker_queue_->guard);
  worker_queue_->closing = true;
  worker_queue_->changed.notify_all();
  if (!worker_queue_->thread.joinable() ||
      worker_queue_->thread.get_id() == std::this_thread::get_id())
    return true;
  const bool over =
      worker_queue_->changed.wait_until(hold, until, [&] { return worker_queue_->over; });
  if (!worker_queue_->thread.joinable()) // another finish() was quicker
    return over;
  std::thread thread = std::move(worker_queue_->thread);
  hold.unlock();
  if (over)
    thread.join();
  else
    thread.detach();
  return over;
}

} // namespace spec_kitty::embed
