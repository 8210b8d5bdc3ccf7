// Answers that are given exactly once, at the latest at their deadline.
//
//   caller ──callback, deadline──▶ pending ◀── settle(result): the engine has an answer
//                                          ◀── expire(why):    the deadline, or stop()
//
// The first of the two calls the callback. One thread waits for all deadlines.
#pragma once

#include "app/server/store/engine.hpp"

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace spec_kitty::server::store {

class pending_base {
public:
  pending_base() = default;
  pending_base(const pending_base&) = delete;
  pending_base& operator=(const pending_base&) = delete;
  virtual ~pending_base() = default;
  /// Gives this failure as the answer, unless there was one.
  virtual void expire(failure why) = 0;
  bool is_settled() const { return settled_.load(std::memory_order_acquire); }

protected:
  /// True for the one caller that may give the answer.
  bool claim() { return !settled_.exchange(true, std::memory_order_acq_rel); }

private:
  std::atomic<bool> settled_{false};
};

/// The deadlines of all answers that are not given yet.
class deadline_watch {
public:
  using key = std::pair<deadline, std::uint64_t>;

  deadline_watch();
  ~deadline_watch();
  deadline_watch(const deadline_watch&) = delete;
  deadline_watch& operator=(const deadline_watch&) = delete;

  key add(deadline until, std::shared_ptr<pending_base> waiting);
  void remove(const key& entry);
  /// Answers everything that still waits.
  void expire_all(const failure& why);

private:
  void run();

  std::mutex guard_;
  std::condition_variable changed_;
  std::map<key, std::shared_ptr<pending_base>> waiting_;
  std::uint64_t next_ = 0;
  deadline wakes_at_ = deadline::max(); ///< of the thread: it looks at the entries then
  bool stopping_ = false;
  std::thread thread_;
};

template <class T>
class pending : public pending_base {
public:
  pending(callback<T> done, deadline_watch& watch) : done_(std::move(done)), watch_(watch) {}

  static std::shared_ptr<pending> make(callback<T> done, deadline until, deadline_watch& watch) {
    auto out = std::make_shared<pending>(std::move(done), watch);
    out->entry_ = watch.add(until, out);
    return out;
  }

  void settle(result<T> answer) {
    if (!claim())
      return;
    watch_.remove(entry_);
    call(std::move(answer));
  }
  void expire(failure why) override {
    if (claim())
      call(std::move(why));
  }

private:
  void call(result<T> answer) {
    const auto done = std::exchange(done_, nullptr);
    if (done)
      done(std::move(answer));
  }

  callback<T> done_;
  deadline_watch& watch_;
  deadline_watch::key entry_{};
};

/// `timeout`, in the words of what was waited for.
failure deadline_passed();
/// `stopping`.
failure store_is_stopping();

} // namespace spec_kitty::server::store
