// The owner of a lease: a living process is distinguished from a dead one and a recycled pid.
#include "actors/queue/process_mark.hpp"

#include "tests/actors/queue/store_fixture.hpp"
#include "util/process_identity.hpp"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace spec_kitty {
namespace {

TEST(ProcessMark, ThisProcessIsAliveAndAlwaysMarkedTheSame) {
  const auto mark = this_process();
  EXPECT_EQ(mark.pid, static_cast<std::uint32_t>(::getpid()));
  EXPECT_NE(mark.start_time, 0U);
  EXPECT_NE(mark.boot, ulid{});
  EXPECT_EQ(mark, this_process());
  EXPECT_TRUE(is_alive(mark));
}

TEST(ProcessMark, ARecycledPidIsSomebodyElse) {
  auto mark = this_process();
  --mark.start_time;
  EXPECT_FALSE(is_alive(mark));
}

TEST(ProcessMark, AMarkFromBeforeARestartIsDead) {
  auto mark = this_process();
  mark.boot.bytes[0] ^= 1;
  EXPECT_FALSE(is_alive(mark));
}

TEST(ProcessMark, AnEmptyMarkIsDead) {
  EXPECT_FALSE(is_alive(process_mark{}));
}

TEST(ProcessMark, ANameOfBracketsAndSpacesIsReadOver) {
  EXPECT_EQ(in_child([] {
              const auto before = this_process();
              ::prctl(PR_SET_NAME, ") R 1 2) 3 (");
              return process_start_time(::getpid()) == before.start_time ? 0 : 1;
            }),
            0);
}

TEST(ProcessMark, AProcessIsDeadOnceItHasEndedThoughNobodyWaitedForIt) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto mark = this_process();
    ::_exit(::write(pipe[1], &mark, sizeof mark) == sizeof mark ? 0 : 1);
  }
  process_mark mark;
  ASSERT_EQ(::read(pipe[0], &mark, sizeof mark), static_cast<ssize_t>(sizeof mark));
  siginfo_t ended{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT), 0);
  EXPECT_FALSE(is_alive(mark)) << "a zombie sends nothing any more";
  ::waitpid(child, nullptr, 0);
  EXPECT_FALSE(is_alive(mark));
  ::close(pipe[0]);
  ::close(pipe[1]);
}

} // namespace
} // namespace spec_kitty
