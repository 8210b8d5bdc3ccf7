// A command that does one thing and ends: it starts no thread, and each wait in it has its bound
// all the same. What it waits for is held until it has ended by itself.
#include "tests/support/cli_test.hpp"
#include "tests/support/strace.hpp"

#include "util/files.hpp"
#include "util/unix_socket.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>

namespace spec_kitty::support {
namespace {

using namespace std::chrono_literals;

struct OneShot : cli_test {
  /// Holds a lock of the home until the result is dropped.
  unique_fd held(const char* lock) const {
    unique_fd fd(::open((home() / lock).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    EXPECT_EQ(::flock(fd.get(), LOCK_EX | LOCK_NB), 0) << lock;
    return fd;
  }

  finished emit_one() const { return cli({"emit", "WPStatusChanged", "--payload", good_payload}); }

  std::int64_t mirrored() const {
    return number_in(parsed(read_text(home() / "clock.json")), {"value"});
  }

  std::vector<std::string> system_calls_of(const words& arguments, const std::string& calls) const {
    launch what = command(arguments);
    for (const char* name : {"LOGNAME", "USER", "LNAME", "USERNAME"})
      what.argv.insert(what.argv.begin(), {"-u", name});
    what.argv.insert(what.argv.begin(), "env");
    const auto file = root() / "trace";
    what.argv.insert(what.argv.begin(),
                     {"strace", "-f", "-qq", "-e", "trace=" + calls, "-o", file.string()});
    what.env["ASAN_OPTIONS"] = "detect_leaks=0"; // the leak check cannot work while traced
    const auto done = run(what);
    EXPECT_EQ(done.status, 0) << done.err;
    return lines_of(read_text(file));
  }
};

std::size_t lines_with(const std::vector<std::string>& lines, std::string_view part) {
  return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [&](const auto& line) {
    return line.find(part) != std::string::npos;
  }));
}

TEST_F(OneShot, AStoreThatStaysLockedIsWaitedForTwoSecondsAndTheEventIsSpilled) {
  emit();
  const auto lock = held("queue/lock");
  const auto spilled = emit_one();
  EXPECT_EQ(spilled.status, 0);
  EXPECT_GE(spilled.took, 2000ms);
  EXPECT_NE(spilled.err.find("for longer than 2000 ms"), std::string::npos) << spilled.err;
  EXPECT_EQ(number_in(json_of({"sync", "status"}), {"queue", "spilled"}), 1);
}

TEST_F(OneShot, EveryCommandThatChangesALockedStoreEndsWithStoreBusy) {
  emit();
  env["SPEC_KITTY_SYNC_BUSY_TIMEOUT_MS"] = "100";
  const auto lock = held("queue/lock");
  for (const words& arguments :
       std::vector<words>{{"events", "retry", "--all"},
                          {"events", "discard", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "--yes"},
                          {"events", "acknowledge-drops"}}) {
    const auto refused = json_of(arguments, 6);
    EXPECT_EQ(error_part(refused, "code"), "store_busy") << arguments[1];
  }
}

TEST_F(OneShot, AClockFileThatStaysLockedIsLeftToTheNextCommand) {
  emit();
  const auto before = mirrored();
  {
    const auto lock = held("queue/mirror.lock");
    EXPECT_EQ(emit_one().status, 0);
    EXPECT_EQ(mirrored(), before);
  }
  EXPECT_EQ(emit_one().status, 0);
  EXPECT_EQ(mirrored(), before + 2);
}

TEST_F(OneShot, ADaemonThatDoesNotReadItsDoorbellIsNotWaitedFor) {
  emit();
  const auto bell = bind_in_home(home(), ring_socket, socket_kind::datagram);
  ASSERT_TRUE(bell) << bell.error().message;
  while (send_in_home(home(), ring_socket, 'e') == delivery::taken)
    ;
  const auto done = emit_one();
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_FALSE(done.timed_out);
}

TEST_F(OneShot, NoThreadIsStarted) {
  if (!can_trace())
    GTEST_SKIP() << "strace may not trace here";
  emit();
  for (const words& arguments :
       std::vector<words>{{"emit", "WPStatusChanged", "--payload", good_payload},
                          {"events", "acknowledge-drops"}}) {
    const auto calls = system_calls_of(arguments, "execve,clone,clone3");
    EXPECT_EQ(lines_with(calls, "execve("), 2U) << "the trace has not seen the command";
    EXPECT_EQ(lines_with(calls, "clone"), 0U) << arguments[0];
  }
}

TEST_F(OneShot, TheUserDatabaseIsNotAskedForANodeIdThatTheStoreHas) {
  if (!can_trace())
    GTEST_SKIP() << "strace may not trace here";
  const words event{"emit", "WPStatusChanged", "--payload", good_payload};
  const auto asks = [&] {
    const auto calls = system_calls_of(event, "openat,connect");
    return lines_with(calls, "nscd") + lines_with(calls, "/etc/passwd");
  };
  EXPECT_GT(asks(), 0U) << "the first event makes the node id";
  EXPECT_EQ(asks(), 0U);
}

TEST_F(OneShot, TheHomeIsLookedAtOnce) {
  if (!can_trace())
    GTEST_SKIP() << "strace may not trace here";
  emit();
  const auto calls =
      system_calls_of({"emit", "WPStatusChanged", "--payload", good_payload}, "newfstatat");
  EXPECT_EQ(lines_with(calls, "\"approved\""), 1U);
}

} // namespace
} // namespace spec_kitty::support
