// Programs that are held until their caller agrees, and signals that are passed on to them.
#include "util/process.hpp"

#include "util/files.hpp"
#include "util/process_identity.hpp"
#include "util/temp_folder.hpp"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace spec_kitty {
namespace {

namespace fs = std::filesystem;

program script(const std::string& text) {
  program what;
  what.argv = {"sh", "-c", text};
  return what;
}

/// The exit status of a child of this process that runs `body`; 128 and the signal that ended it.
template <class Body>
int in_another_process(const Body& body) {
  const pid_t pid = ::fork();
  if (pid == 0)
    ::_exit(body());
  int how = 0;
  ::waitpid(pid, &how, 0);
  return WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
}

/// Blocks INT, TERM and HUP, as a command does while it changes files.
void hold_signals() {
  sigset_t held;
  ::sigemptyset(&held);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP})
    ::sigaddset(&held, signal);
  ::sigprocmask(SIG_BLOCK, &held, nullptr);
}

bool is_pending(int signal) {
  sigset_t pending;
  ::sigpending(&pending);
  return ::sigismember(&pending, signal) == 1;
}

struct Process : ::testing::Test {
  fs::path file(const char* name) const { return folder_.path() / name; }
  temporary_folder folder_;
};

TEST_F(Process, AHeldProgramBeginsWhenItsCallerAgrees) {
  auto what = script("touch " + file("begun").string());
  pid_t seen = 0;
  what.before_start = [&](pid_t pid) {
    seen = pid;
    EXPECT_FALSE(fs::exists(file("begun")));
    return is_running(identity_of(pid));
  };
  const auto end = run_program(what);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->status, 0);
  EXPECT_GT(seen, 0);
  EXPECT_TRUE(fs::exists(file("begun")));
}

TEST_F(Process, AHeldProgramNeverBeginsWhenItsCallerDoesNotAgree) {
  auto what = script("touch " + file("begun").string());
  pid_t seen = 0;
  what.before_start = [&](pid_t pid) {
    seen = pid;
    return false;
  };
  EXPECT_FALSE(run_program(what));
  EXPECT_FALSE(fs::exists(file("begun")));
  EXPECT_FALSE(is_running(identity_of(seen)));
}

TEST_F(Process, AHeldProgramNeverBeginsWhenItsCallerIsKilled) {
  const auto noted = file("pid");
  const int how = in_another_process([&] {
    auto what = script("touch " + file("begun").string());
    what.before_start = [&](pid_t pid) {
      (void)replace_file(noted, std::to_string(pid), 0600);
      return ::kill(::getpid(), SIGKILL) == 0;
    };
    (void)run_program(what);
    return 0;
  });
  EXPECT_EQ(how, 128 + SIGKILL);
  const auto pid = read_file(noted);
  ASSERT_TRUE(pid && *pid);
  EXPECT_TRUE(wait_for_end(identity_of(std::stoi(**pid)), std::chrono::seconds(30)));
  EXPECT_FALSE(fs::exists(file("begun")));
}

TEST_F(Process, AHeldProgramThatDoesNotExistIsNamed) {
  program what;
  what.argv = {"spec-kitty-no-such-program"};
  what.before_start = [](pid_t) { return true; };
  const auto end = run_program(what);
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().message,
            "cannot run spec-kitty-no-such-program: No such file or directory");
}

TEST_F(Process, AHeldBackSignalIsPassedOnAndStaysPending) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP})
    EXPECT_EQ(in_another_process([&] {
                hold_signals();
                auto what = script("trap 'echo got; exit 7' INT TERM HUP; kill -" +
                                   std::to_string(signal) + " $PPID; while :; do sleep 0.01; done");
                what.pass_on_signals = true;
                const auto end = run_program(what);
                return end && end->status == 7 && end->out == "got\n" && is_pending(signal) ? 0 : 1;
              }),
              0)
        << signal;
}

TEST_F(Process, ASignalIsNotPassedOnUnlessAskedFor) {
  EXPECT_EQ(in_another_process([&] {
              hold_signals();
              const auto end = run_program(script("kill -TERM $PPID; exit 3"));
              return end && end->status == 3 && is_pending(SIGTERM) ? 0 : 1;
            }),
            0);
}

TEST_F(Process, AProgramThatDoesNotEndBySuchASignalIsKilled) {
  EXPECT_EQ(in_another_process([&] {
              hold_signals();
              auto what = script("trap '' TERM; kill -TERM $PPID; exec sleep 60");
              what.pass_on_signals = true;
              const auto end = run_program(what);
              return end && end->status == -1 ? 0 : 1;
            }),
            0);
}

TEST_F(Process, ASignalThatTheCallerIgnoresIsBlockedInTheProgram) {
  // Otherwise a program with a handler for it, as git has, would get it all the same.
  for (const bool held : {false, true})
    EXPECT_EQ(in_another_process([&] {
                std::signal(SIGHUP, SIG_IGN);
                if (held)
                  hold_signals();
                program what;
                what.argv = {"grep", "SigBlk", "/proc/self/status"};
                what.pass_on_signals = held;
                const auto end = run_program(what);
                return end && end->out.ends_with("0000000000000001\n") ? 0 : 1;
              }),
              0)
        << held;
}

} // namespace
} // namespace spec_kitty
