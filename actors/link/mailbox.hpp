// What other threads send to a link's thread. libwebsockets has one function that another thread
// may call (lws_cancel_service), and a name lookup cannot be interrupted at all; so everything is
// left here, and the link's thread is woken wherever it waits.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace spec_kitty {

/// A name's addresses, as numbers; or why the name has no address.
struct addresses {
  std::vector<std::string> numeric;
  std::string error;
};

/// What has come since the link's thread looked last.
struct posted {
  std::vector<std::string> texts;
  std::size_t taken = 0;
  bool close = false;
  bool stop = false;
};

class mailbox {
public:
  /// Changes what is posted and wakes the link's thread.
  template <class Change>
  void post(Change&& change) {
    const std::lock_guard hold(guard_);
    change(posted_);
    wake();
  }

  posted take() {
    const std::lock_guard hold(guard_);
    woken_ = false;
    const bool stop = posted_.stop; // stays true
    posted taken = std::exchange(posted_, {});
    posted_.stop = stop;
    return taken;
  }

  /// How to wake the thread where it does not wait here; called under the lock, nullptr ends it.
  void set_waker(std::function<void()> waker) {
    const std::lock_guard hold(guard_);
    waker_ = std::move(waker);
  }

  void finish() {
    const std::lock_guard hold(guard_);
    finished_ = true;
    changed_.notify_all();
  }

  /// True when the link's thread has ended within that time.
  bool wait_finished(std::chrono::milliseconds patience) {
    std::unique_lock hold(guard_);
    return changed_.wait_for(hold, patience, [&] { return finished_; });
  }

  void found(addresses what) {
    const std::lock_guard hold(guard_);
    found_ = std::move(what);
    changed_.notify_all();
  }

  /// Waits for found(); nothing when the time is over, or when the link is to stop or close.
  std::optional<addresses> wait_found(std::chrono::steady_clock::time_point until) {
    std::unique_lock hold(guard_);
    changed_.wait_until(hold, until, [&] { return found_ || posted_.stop || posted_.close; });
    return found_;
  }

private:
  void wake() {
    if (woken_)
      return;
    woken_ = true;
    changed_.notify_all();
    if (waker_)
      waker_();
  }

  std::mutex guard_;
  std::condition_variable changed_;
  std::function<void()> waker_;
  posted posted_;
  std::optional<addresses> found_;
  bool woken_ = false;
  bool finished_ = false;
};

/// Addresses of a host. A name is looked up on a thread of its own that is left to itself when it
/// takes longer: getaddrinfo() cannot be ended, and libwebsockets' own lookup would block the
/// connection's thread with all its deadlines. That thread holds the mailbox and nothing else.
/// Nothing when the time is over, or when the link is to stop or close.
std::optional<addresses> look_up(const std::string& host, const std::shared_ptr<mailbox>& box,
                                 std::chrono::steady_clock::time_point until);

} // namespace spec_kitty
