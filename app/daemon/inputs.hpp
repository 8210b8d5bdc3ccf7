// Signals, and notices from the actors' threads, as descriptors that the daemon's loop polls
// beside its sockets.
#pragma once

#include "messages/connection.hpp"
#include "util/files.hpp"

#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <mutex>
#include <utility>
#include <vector>

namespace spec_kitty {

/// Signals that end the daemon or make it reload, read from a descriptor instead of handled.
class signals {
public:
  signals() {
    ::sigemptyset(&mask_);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP})
      ::sigaddset(&mask_, signal);
    ::pthread_sigmask(SIG_BLOCK, &mask_, &before_); // threads made later inherit it
    fd_ = unique_fd(::signalfd(-1, &mask_, SFD_CLOEXEC | SFD_NONBLOCK));
  }
  ~signals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  signals(const signals&) = delete;
  signals& operator=(const signals&) = delete;

  int get() const { return fd_.get(); }
  /// The next pending signal; 0 if none is pending.
  int next() const {
    signalfd_siginfo info{};
    return ::read(fd_.get(), &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo)
                                                                : 0;
  }

private:
  sigset_t mask_{};
  sigset_t before_{};
  unique_fd fd_;
};

/// Notices on their way from the actors' threads to the loop.
class notice_queue {
public:
  notice_queue() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  int get() const { return fd_.get(); }
  void push(const notice& what) {
    {
      const std::lock_guard hold(guard_);
      if (notices_.size() >= max_waiting && !std::holds_alternative<connection_status>(what) &&
          !std::holds_alternative<actors_failed>(what))
        return; // too many; what the daemon's record needs is never dropped
      notices_.push_back(what);
      if (notices_.size() > 1)
        return; // the loop has been woken already
    }
    const std::uint64_t increment = 1;
    (void)!::write(fd_.get(), &increment, sizeof increment);
  }
  std::vector<notice> take() {
    std::uint64_t count = 0;
    (void)!::read(fd_.get(), &count, sizeof count);
    const std::lock_guard hold(guard_);
    return std::exchange(notices_, {});
  }

private:
  static constexpr std::size_t max_waiting = 10000;

  unique_fd fd_;
  std::mutex guard_;
  std::vector<notice> notices_;
};

} // namespace spec_kitty
