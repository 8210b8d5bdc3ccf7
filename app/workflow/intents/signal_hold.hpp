// Holds back the signals that end a command, until its change is done or taken back and recorded.
#pragma once

#include <csignal>

namespace spec_kitty::workflow {

class signal_hold {
public:
  signal_hold() {
    sigset_t held;
    ::sigemptyset(&held);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
      ::sigaddset(&held, signal);
    ::pthread_sigmask(SIG_BLOCK, &held, &before_);
  }
  /// A signal that came meanwhile takes effect here.
  ~signal_hold() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  signal_hold(const signal_hold&) = delete;
  signal_hold& operator=(const signal_hold&) = delete;

private:
  sigset_t before_{};
};

} // namespace spec_kitty::workflow
