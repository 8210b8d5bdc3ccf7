// Many processes on one home, and processes that are killed.
#include "tests/support/cli_test.hpp"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <random>
#include <sys/file.h>
#include <thread>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define SPEC_KITTY_SLOW_BUILD 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SPEC_KITTY_SLOW_BUILD 1
#endif
#endif

namespace spec_kitty::support {
namespace {

#ifdef SPEC_KITTY_SLOW_BUILD
constexpr milliseconds max_emit_time{20'000}; // what is measured there is the sanitizer
#else
constexpr milliseconds max_emit_time{2'000};
#endif

struct Concurrency : cli_test {
  std::vector<std::int64_t> stored_clocks() const {
    std::vector<std::int64_t> clocks;
    for (const auto& event : lines_of(cli({"events", "export"}).out))
      clocks.push_back(number_in(parsed(event), {"lamport_clock"}));
    return clocks;
  }
};

TEST_F(Concurrency, SixteenProcessesGetFourHundredDifferentClocksAndNoneWaitsLong) {
  constexpr int processes = 16;
  constexpr int emits = 25;
  std::vector<std::vector<finished>> ends(processes);
  {
    std::vector<std::jthread> people;
    for (auto& mine : ends)
      people.emplace_back([&, this] {
        const auto what = command({"emit", "WPStatusChanged", "--payload", good_payload, "--json"});
        for (int i = 0; i < emits; ++i)
          mine.push_back(support::run(what));
      });
  }
  std::set<std::int64_t> clocks;
  std::set<std::string> ids;
  for (const auto& mine : ends) {
    std::int64_t last = 0;
    for (const auto& done : mine) {
      ASSERT_EQ(done.status, 0) << done.out << done.err;
      EXPECT_LT(done.took, max_emit_time);
      const auto answer = only_object(done);
      const auto clock = number_in(answer, {"event", "lamport_clock"});
      EXPECT_GT(clock, last) << "a process saw the clock go back";
      last = clock;
      clocks.insert(clock);
      ids.insert(text_of(*member(answer, "event"), "event_id").value_or(""));
    }
  }
  EXPECT_EQ(clocks.size(), static_cast<std::size_t>(processes * emits));
  EXPECT_EQ(ids.size(), clocks.size());
  EXPECT_EQ(*clocks.rbegin(), processes * emits) << "the clock has holes";
  const auto stored = stored_clocks();
  EXPECT_EQ(stored, std::vector(clocks.begin(), clocks.end())) << "stored in the clock's order";
}

TEST_F(Concurrency, SixtyKillsLoseNoAnsweredLineAndTurnNoClockBack) {
  std::mt19937 random(20'240'601);
  std::vector<std::string> answered;
  std::size_t seen_before = 0;
  for (int round = 0; round < 60; ++round) {
    child stream(command({"emit", "--stdin"}));
    // Some die before they are up, some in the middle of a burst, some between two.
    for (auto bursts = random() % 12; bursts > 0; --bursts) {
      std::string input;
      for (auto lines = 1 + random() % 60; lines > 0; --lines)
        input += stdin_line(round);
      ASSERT_TRUE(stream.write(input));
      if (round % 3 == 0) // however slow the program is: here it has begun to answer
        (void)stream.next_line();
      for (auto answers = random() % 20; answers > 0; --answers)
        (void)stream.next_line(milliseconds(random() % 4));
    }
    stream.send(SIGKILL);
    const auto done = stream.wait();
    EXPECT_EQ(done.signal, SIGKILL) << done.err;
    const std::string whole = done.out.substr(0, done.out.rfind('\n') + 1);
    const auto fresh = lines_of(done.out.rfind('\n') == std::string::npos ? "" : whole);
    answered.insert(answered.end(), fresh.begin(), fresh.end());

    if (round % 10 != 9)
      continue;
    const auto stored = lines_of(cli({"events", "export"}).out);
    EXPECT_GE(stored.size(), seen_before);
    seen_before = stored.size();
  }
  const auto stored = lines_of(cli({"events", "export"}).out);
  const auto stored_ids = ids_of(stored);
  const std::set<std::string> known(stored_ids.begin(), stored_ids.end());
  EXPECT_EQ(known.size(), stored_ids.size()) << "an event is stored twice";
  EXPECT_TRUE(std::is_sorted(stored_ids.begin(), stored_ids.end()));
  EXPECT_FALSE(answered.empty());
  std::int64_t last = 0;
  for (const auto& answer : answered) {
    const auto reply = parsed(answer);
    EXPECT_TRUE(known.contains(text_of(reply, "event_id").value_or(""))) << answer;
    EXPECT_GT(number_in(reply, {"lamport_clock"}), last) << "the clock went back";
    last = number_in(reply, {"lamport_clock"});
  }
  const auto clocks = stored_clocks();
  for (std::size_t i = 0; i < clocks.size(); ++i)
    ASSERT_EQ(clocks[i], static_cast<std::int64_t>(i + 1));
  EXPECT_EQ(number_in(json_of({"clock", "show"}), {"value"}),
            static_cast<std::int64_t>(clocks.size()));
}

TEST_F(Concurrency, AKilledSyncLosesNothingAndTheNextOneFinishesIt) {
  env["SPEC_KITTY_SYNC_MAX_QUEUE_SIZE"] = "100000";
  emit(8000); // enough that it is at work still when the server was asked what it has
  const auto ids = ids_of(lines_of(cli({"events", "export"}).out));
  logged_in();
  env["SPEC_KITTY_SYNC_BATCH_EVENTS"] = "20";
  for (const std::size_t arrived : {1U, 200U, 500U}) {
    child drain(command({"sync", "now"}));
    drain.close_input();
    EXPECT_TRUE(eventually([&] { return server->events().size() >= arrived; }));
    drain.send(SIGKILL);
    EXPECT_EQ(drain.wait().signal, SIGKILL);
  }
  const auto report = json_of({"sync", "now"});
  EXPECT_EQ(number_in(report, {"remaining"}), 0);
  EXPECT_EQ(ids_of(server->events()), ids);
}

TEST_F(Concurrency, RecordingGoesOnWhileASyncWaitsForItsServer) {
  logged_in();
  emit(2);
  server->kill();
  const raw_server silent("", server->port());
  env["SPEC_KITTY_SYNC_TIMEOUT_S"] = "30";
  child drain(command({"sync", "now"}));
  drain.close_input();
  EXPECT_TRUE(eventually([&] { return silent.connections() > 1; })) << "an offer, then a batch";
  const auto recorded = cli({"emit", "WPStatusChanged", "--payload", good_payload});
  EXPECT_EQ(recorded.status, 0) << "a lock was held across the network: " << recorded.err;
  EXPECT_EQ(number_in(json_of({"sync", "status"}), {"queue", "leased"}), 2);
}

TEST_F(Concurrency, AWriterThatStandsStillIsWaitedForAsLongAsConfiguredAndThenNamed) {
  emit();
  const int held = ::open((home() / "queue" / "lock").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::flock(held, LOCK_EX), 0);
  env["SPEC_KITTY_SYNC_BUSY_TIMEOUT_MS"] = "200";
  const auto spilled = cli({"emit", "WPStatusChanged", "--payload", good_payload, "--json"});
  EXPECT_EQ(spilled.status, 0);
  EXPECT_EQ(spilled.out, "{\"ok\":true,\"spilled\":true}\n");
  EXPECT_NE(spilled.err.find("fuser"), std::string::npos) << spilled.err;
  const auto shown = json_of({"sync", "status"}); // the status must show just then
  EXPECT_EQ(number_in(shown, {"queue", "spilled"}), 1);
  EXPECT_EQ(number_in(shown, {"queue", "queued"}), 0) << "only `local` ones, held";
  const auto refused = json_of({"events", "acknowledge-drops"}, 6);
  EXPECT_EQ(error_part(refused, "code"), "store_busy");
  EXPECT_NE(error_part(refused, "hint").find("fuser"), std::string::npos);
  ::close(held);
  emit();
  EXPECT_EQ(lines_of(cli({"events", "export"}).out).size(), 3U);
  EXPECT_EQ(number_in(json_of({"sync", "status"}), {"queue", "spilled"}), 0);
}

} // namespace
} // namespace spec_kitty::support
