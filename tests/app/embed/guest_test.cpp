// A good guest: what a host had before, it has afterwards; what it lacks is an error with words.
#include "tests/app/embed/embed_fixture.hpp"

#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>
#include <functional>

namespace spec_kitty::embed_test {
namespace {

class Guest : public embedding {
protected:
  /// Runs a body in a forked child: its exit status, or minus the signal that ended it.
  static int in_child(const std::function<int()>& body) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(60);
      ::_exit(body());
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  /// Opens, emits, stops with a limit in force: 0 done, 1 an error value; never a signal.
  int under(int resource, rlim_t limit, bool as_nobody = false) {
    std::filesystem::remove_all(home());
    const auto wanted = host();
    return in_child([&] {
      if (as_nobody && ::setuid(65534) != 0)
        return 3;
      const rlimit both{limit, limit};
      if (::setrlimit(static_cast<__rlimit_resource>(resource), &both) != 0)
        return 2;
      auto opened = client::open(wanted);
      if (!opened)
        return opened.error().message.empty() ? 4 : 1;
      const auto got = opened->emit(note()).get();
      if (!got && got.error().message.empty())
        return 4;
      (void)opened->flush(std::chrono::milliseconds(200));
      return opened->stop(10s) && got ? 0 : 1;
    });
  }
};

TEST_F(Guest, ThreadsDescriptorsAndSignalsAreAsBefore) {
  logged_in();
  std::vector<struct sigaction> before(65);
  for (int signal = 1; signal < 65; ++signal)
    ::sigaction(signal, nullptr, &before[static_cast<std::size_t>(signal)]);
  const auto here = std::filesystem::current_path();
  { // the modules stay loaded from the first time on
    auto first = open();
    ASSERT_TRUE(first.emit(note()).get());
    ASSERT_TRUE(first.flush(30s)->delivered);
    ASSERT_TRUE(first.stop(10s));
  }
  ASSERT_TRUE(support::eventually([] { return count_of("task") == 1; }));
  const auto descriptors = count_of("fd");
  {
    auto events = open();
    ASSERT_TRUE(
        support::eventually([&] { return events.status()->link == link_state::connected; }));
    ASSERT_TRUE(events.emit(note()).get());
    ASSERT_TRUE(events.flush(30s)->delivered);
    for (int signal = 1; signal < 65; ++signal) {
      struct sigaction now {};
      ::sigaction(signal, nullptr, &now);
      EXPECT_EQ(now.sa_handler, before[static_cast<std::size_t>(signal)].sa_handler) << signal;
    }
  }
  EXPECT_TRUE(support::eventually([] { return count_of("task") == 1; }));
  EXPECT_EQ(count_of("fd"), descriptors);
  EXPECT_EQ(std::filesystem::current_path(), here);
}

TEST_F(Guest, NothingIsPrinted) {
  const auto file = root() / "printed";
  ::fflush(nullptr);
  const int out = ::dup(1);
  const int err = ::dup(2);
  const int to = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ::dup2(to, 1);
  ::dup2(to, 2);
  {
    auto events = open();
    (void)events.emit(event("Nonsense", "{}")).get();
    (void)events.emit(note()).get();
    events.emit(note(), [](const result<receipt>&) { throw 1; });
  }
  options wrong = host();
  wrong.home = "relative";
  (void)client::open(std::move(wrong));
  ::fflush(nullptr);
  ::dup2(out, 1);
  ::dup2(err, 2);
  for (const int fd : {out, err, to})
    ::close(fd);
  EXPECT_EQ(support::read_text(file), "");
}

TEST_F(Guest, OpenedAndStoppedManyTimesNothingIsLeft) {
  ASSERT_TRUE(open().stop(10s));
  const auto descriptors = count_of("fd");
  for (int i = 0; i < 30; ++i) {
    auto events = open();
    ASSERT_TRUE(events.emit_best_effort(note()));
    ASSERT_TRUE(events.stop(10s));
  }
  EXPECT_TRUE(support::eventually([] { return count_of("task") == 1; }));
  EXPECT_EQ(count_of("fd"), descriptors);
  EXPECT_EQ(number_in(json_of({"clock", "show"}), {"value"}), 30);
}

TEST_F(Guest, AForkedChildIsRefusedAndItsParentContinues) {
  auto events = open();
  const auto pending = events.emit(note());
  ASSERT_TRUE(pending.get());
  const auto wanted = host();
  const int child = in_child([&] {
    const bool refused = events.emit(note()).get().error().code == ec::store_unusable &&
                         !events.emit_best_effort(note()) &&
                         events.flush(1s).error().code == ec::store_unusable &&
                         events.status().error().code == ec::store_unusable &&
                         events.stop(1s).error().code == ec::store_unusable &&
                         pending.get().error().code == ec::store_unusable &&
                         client::open(wanted).error().code == ec::store_unusable;
    { const client gone(std::move(events)); } // its destructor touches nothing
    return refused ? 0 : 1;
  });
  EXPECT_EQ(child, 0);
  EXPECT_EQ(events.emit(note()).get()->lamport_clock, 2U);
}

TEST_F(Guest, AChildOpensItsOwnClientWhereTheParentHasNoneOpen) {
  ASSERT_TRUE(open().stop(10s));
  const auto wanted = host();
  EXPECT_EQ(in_child([&] {
              auto opened = client::open(wanted);
              return opened && opened->emit(note()).get() ? 0 : 1;
            }),
            0);
}

TEST_F(Guest, WithoutDescriptorsThereIsAnErrorAndNoDeath) {
  for (rlim_t limit = 3; limit < 40; ++limit) {
    const int ended = under(RLIMIT_NOFILE, limit);
    EXPECT_TRUE(ended == 0 || ended == 1) << limit << ": " << ended;
  }
  EXPECT_EQ(under(RLIMIT_NOFILE, 200), 0);
}

TEST_F(Guest, WithoutThreadsThereIsAnErrorAndNoDeath) {
  std::filesystem::permissions(root(), std::filesystem::perms::all);
  for (rlim_t limit = 0; limit < 14; ++limit) {
    const int ended = under(RLIMIT_NPROC, limit, true);
    EXPECT_TRUE(ended == 0 || ended == 1) << limit << ": " << ended;
  }
}

TEST_F(Guest, WithLittleAddressSpaceThereIsAnErrorAndNoDeath) {
  if (SPEC_KITTY_SANITIZED)
    GTEST_SKIP() << "a sanitizer's shadow takes more than any limit";
  rlim_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const rlim_t taken = pages * static_cast<rlim_t>(::getpagesize());
  int done = 0;
  for (rlim_t more = 4; more < 1400; more += more < 300 ? 4 : 50) { // MiB beyond what is there
    const int ended = under(RLIMIT_AS, taken + (more << 20));
    EXPECT_TRUE(ended == 0 || ended == 1) << more << " MiB: " << ended;
    done += ended == 0;
  }
  EXPECT_GT(done, 3);
}

} // namespace
} // namespace spec_kitty::embed_test
