// Several processes on one home: they take turns, and nothing is given out twice.
#include "tests/actors/queue/store_fixture.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <thread>

namespace spec_kitty {
namespace {

class StoreProcesses : public StoreTest {
protected:
  /// `body(i)` in `count` processes at once; true when all returned 0.
  static bool all_of(int count, const std::function<int(int)>& body) {
    std::vector<pid_t> children;
    for (int i = 0; i < count; ++i) {
      const pid_t child = ::fork();
      if (child == 0)
        ::_exit(body(i));
      children.push_back(child);
    }
    bool good = true;
    for (const pid_t child : children) {
      int status = 0;
      ::waitpid(child, &status, 0);
      good = good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    return good;
  }
};

TEST_F(StoreProcesses, EightAppendingAtOnceNeverShareAClockOrAnId) {
  // Nobody has made the home yet: the first of them does, the others find it.
  ASSERT_TRUE(all_of(8, [&](int i) {
    busy_timeout_ = std::chrono::seconds(30);
    store queue = open();
    std::uint64_t last = 0;
    for (int n = 0; n < 50; ++n) {
      const auto answers = queue.append(drafts_of(1, "team-" + std::to_string(i)), now_);
      if (!answers || !answers->front() || answers->front()->lamport_clock <= last)
        return 1;
      last = answers->front()->lamport_clock;
    }
    return 0;
  }));
  store queue = open();
  const auto all = list(queue);
  ASSERT_EQ(all.size(), 400U);
  std::string last_id;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto event = parse_json(all[i].json);
    ASSERT_TRUE(event);
    EXPECT_EQ(whole_number_of(*event, "lamport_clock"), i + 1);
    const std::string id = *text_of(*event, "event_id");
    EXPECT_LT(last_id, id);
    last_id = id;
  }
  EXPECT_EQ(stats(queue).teams.size(), 8U);
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreProcesses, DrainersNeverHoldTheSameEvent) {
  {
    store queue = open();
    append(queue, 300);
  }
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  ASSERT_TRUE(all_of(4, [&](int) {
    busy_timeout_ = std::chrono::seconds(30);
    store queue = open();
    for (;;) {
      const auto grant = lease(queue, "team-a", 7);
      if (grant.token == 0 && grant.busy_until == 0)
        return 0; // drained
      for (const auto& event : grant.events)
        (void)!::write(pipe[1], &event.seq, sizeof event.seq);
      if (grant.token != 0)
        settle(queue, grant, event_outcome::delivered);
    }
  }));
  ::close(pipe[1]);
  std::multiset<std::uint64_t> seen;
  std::uint64_t seq = 0;
  while (::read(pipe[0], &seq, sizeof seq) == sizeof seq)
    seen.insert(seq);
  ::close(pipe[0]);
  EXPECT_EQ(seen.size(), 300U);
  EXPECT_EQ(std::set<std::uint64_t>(seen.begin(), seen.end()).size(), 300U);
  store queue = open();
  EXPECT_EQ(stats(queue).acked, 300U);
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreProcesses, DataBeyondThisProcesssMapIsFollowed) {
  waiting_child other([&] {
    store large = open(); // a map of 256 MiB
    const std::string megabyte(1 << 20, 'x');
    for (int i = 0; i < 20; ++i)
      append(large, {draft_of("team-a", megabyte)});
    return 0;
  });
  max_bytes_ = 1 << 20;
  store small = open(); // a map of 16 MiB, the least there is
  append(small, 1);
  ASSERT_EQ(other.run(), 0);
  EXPECT_EQ(stats(small).live, 21U);
  EXPECT_EQ(*small.merge_clock(100), 101U) << "writing follows as well";
}

TEST_F(StoreProcesses, ThreadsOfOneProcessShareTheStore) {
  store queue = open();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      store mine = open();
      for (int n = 0; n < 50; ++n) {
        append(mine, 1);
        EXPECT_TRUE(mine.stats());
      }
    });
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(*queue.clock(), 200U);
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreProcesses, OpeningAndClosingInManyThreadsKeepsOneEnvironment) {
  open();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 60; ++n) {
        auto mine = store::open(options(), open_mode::write);
        ASSERT_TRUE(mine) << mine.error().message;
        append(*mine, 1);
      }
    });
  for (auto& thread : threads)
    thread.join();
  store queue = open();
  EXPECT_EQ(*queue.clock(), 240U);
  EXPECT_EQ(recount(queue, home_), "");
}

} // namespace
} // namespace spec_kitty
