// One I/O thread: its event loop and its connections. Nothing in it is shared, so nothing is
// locked. With Boost; for the listener's own sources alone.
#pragma once

#include "app/listener/core.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_set>
#include <utility>

namespace spec_kitty::listener {

namespace net = boost::asio;

/// The way from any thread to an I/O thread. It may be used after that has ended, and does nothing
/// then.
class io_mailbox : public std::enable_shared_from_this<io_mailbox> {
public:
  static constexpr std::size_t at_once = 32;

  explicit io_mailbox(net::io_context& context) : context_(&context) {}

  void post(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    if (context_ != nullptr)
      net::post(*context_, std::move(work));
  }
  /// For what may come in thousands, as a message to each WebSocket: it is done in its order, a
  /// little at a time, and requests, replies and what is posted have their turns between.
  void post_in_turn(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    if (context_ == nullptr)
      return;
    waiting_.push_back(std::move(work));
    if (!working_)
      wake();
  }
  void close() {
    std::deque<std::function<void()>> dropped; // ends without the lock
    const std::lock_guard lock(mutex_);
    context_ = nullptr;
    dropped.swap(waiting_);
  }

private:
  void wake() {
    working_ = true;
    net::post(*context_, [self = shared_from_this()] { self->work_some(); });
  }

  void work_some() {
    for (std::size_t done = 0; done < at_once; ++done) {
      const auto work = take();
      if (!work)
        return;
      try {
        work();
      } catch (const std::exception&) {
        // A function of the program threw, or memory ran out: its connection is gone, others stay.
      }
    }
    const std::lock_guard lock(mutex_);
    if (context_ != nullptr)
      wake();
  }
  /// Empty, and the work ends, where nothing waits.
  std::function<void()> take() {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) {
      working_ = false;
      return {};
    }
    auto work = std::move(waiting_.front());
    waiting_.pop_front();
    return work;
  }

  std::mutex mutex_;
  net::io_context* context_;
  std::deque<std::function<void()>> waiting_;
  bool working_ = false; ///< work_some() runs, or will
};

/// A connection of an I/O thread: before an upgrade an HTTP session, then a WebSocket.
class connection {
public:
  connection() = default;
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  virtual ~connection() = default;

  /// The listener stops: end as soon as what is under way is answered.
  virtual void begin_stop() = 0;
  /// End now.
  virtual void cut() = 0;
};

struct io_thread {
  explicit io_thread(listener_core& shared)
      : core(shared), mailbox(std::make_shared<io_mailbox>(context)) {}
  ~io_thread() { mailbox->close(); }
  io_thread(const io_thread&) = delete;
  io_thread& operator=(const io_thread&) = delete;

  listener_core& core;
  std::unordered_set<connection*> connections;
  // Last, so that it ends first: what waits in it refers to the above.
  net::io_context context{1};
  std::shared_ptr<io_mailbox> mailbox;
};

} // namespace spec_kitty::listener
