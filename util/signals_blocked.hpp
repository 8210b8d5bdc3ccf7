// Threads that get only signals about their own faults: a host's other signals are for its own
// threads, and SIGPIPE would end a process that does not ignore it.
#pragma once

#include <csignal>

namespace spec_kitty {

/// Threads begun while one of these exists have every signal blocked that is not about a fault of
/// the thread itself: a host's crash handler sees those.
class signals_blocked {
public:
  signals_blocked() {
    sigset_t all;
    ::sigfillset(&all);
    for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS})
      ::sigdelset(&all, own);
    ::pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~signals_blocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  signals_blocked(const signals_blocked&) = delete;
  signals_blocked& operator=(const signals_blocked&) = delete;

  /// What was blocked before; a process forked meanwhile restores it before it continues.
  const sigset_t& before() const { return before_; }

private:
  sigset_t before_{};
};

} // namespace spec_kitty
