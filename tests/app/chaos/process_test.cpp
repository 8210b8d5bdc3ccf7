// Children of a process that handles signals itself, as the harness does with a Ctrl-C.
#include "app/chaos/process.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace spec_kitty::support {
namespace {

using handler = void (*)(int);

/// SIGTERM handled by this process, as long as one of these exists.
class term_handled {
public:
  explicit term_handled(handler how) : before_(std::signal(SIGTERM, how)) {}
  ~term_handled() { std::signal(SIGTERM, before_); }
  term_handled(const term_handled&) = delete;
  term_handled& operator=(const term_handled&) = delete;

private:
  handler before_;
};

launch sleeper() {
  launch what;
  what.argv = {"sleep", "60"};
  return what;
}

TEST(ChaosProcess, ASignalSentAtOnceIsNotSwallowedByTheStartersHandler) {
  const term_handled here([](int) {});
  for (int i = 0; i < 50; ++i) {
    child child(sleeper());
    child.send(SIGTERM);
    const auto done = child.wait(milliseconds(5000));
    ASSERT_FALSE(done.timed_out) << "child " << i;
    EXPECT_EQ(done.signal, SIGTERM);
  }
}

TEST(ChaosProcess, AnIgnoredSignalStaysIgnoredInTheChild) {
  const term_handled here(SIG_IGN);
  launch what;
  what.argv = {"sh", "-c", "kill -TERM $$; echo alive"};
  EXPECT_EQ(run(what).out, "alive\n");
}

TEST(ChaosProcess, WhatTheStarterBlocksIsAsItWasBeforeAndBlockedInTheChild) {
  sigset_t usr1;
  sigemptyset(&usr1);
  sigaddset(&usr1, SIGUSR1);
  sigset_t before;
  ASSERT_EQ(::pthread_sigmask(SIG_BLOCK, &usr1, &before), 0);
  launch what;
  what.argv = {"sh", "-c", "kill -USR1 $$; echo alive"};
  const auto done = run(what);
  sigset_t after;
  ::pthread_sigmask(SIG_SETMASK, &before, &after);
  EXPECT_EQ(done.out, "alive\n");
  EXPECT_EQ(sigismember(&after, SIGUSR1), 1);
  EXPECT_EQ(sigismember(&after, SIGTERM), 0);
}

} // namespace
} // namespace spec_kitty::support
