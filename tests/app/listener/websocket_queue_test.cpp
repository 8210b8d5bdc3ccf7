#include "app/listener/websocket_queue.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace spec_kitty::listener {
namespace {

/// A queue whose I/O thread is the test: what was posted runs when it says so.
struct queue_under_test {
  std::vector<std::function<void()>> posted;
  std::shared_ptr<websocket_queue> queue = std::make_shared<websocket_queue>(
      100, [this](std::function<void()> work) { posted.push_back(std::move(work)); });

  void run_posted() {
    auto work = std::exchange(posted, {});
    for (const auto& each : work)
      each();
  }
  bool send(std::size_t size, std::uint64_t mark = 0) {
    return queue->send(std::make_shared<const std::string>(size, 'x'), mark);
  }
};

TEST(WebsocketQueue, WakesTheIoThreadOnceForABurst) {
  queue_under_test test;
  int woken = 0;
  test.queue->attach([&] { ++woken; });
  EXPECT_TRUE(test.send(10));
  EXPECT_TRUE(test.send(20));
  EXPECT_EQ(test.posted.size(), 1U);
  EXPECT_EQ(test.queue->unsent(), 30U);
  test.run_posted();
  EXPECT_EQ(woken, 1);
  EXPECT_TRUE(test.send(5));
  EXPECT_EQ(test.posted.size(), 1U);
}

TEST(WebsocketQueue, GivesMessagesOutInOrder) {
  queue_under_test test;
  test.send(1);
  test.send(2);
  EXPECT_EQ(test.queue->front()->size(), 1U);
  EXPECT_FALSE(test.queue->written());
  EXPECT_EQ(test.queue->front()->size(), 2U);
  EXPECT_FALSE(test.queue->written());
  EXPECT_EQ(test.queue->front(), nullptr);
  EXPECT_EQ(test.queue->unsent(), 0U);
}

TEST(WebsocketQueue, TakesASnapshotThatIsLargerThanItself) {
  queue_under_test test;
  EXPECT_TRUE(test.send(100'000));
  EXPECT_TRUE(test.send(90));
  EXPECT_FALSE(test.queue->take_overflow());
}

TEST(WebsocketQueue, NamesTheLastMarkThatIsOutAtAnOverflow) {
  queue_under_test test;
  EXPECT_TRUE(test.send(50, 7));
  EXPECT_NE(test.queue->front(), nullptr); // being written
  EXPECT_TRUE(test.send(60, 8));
  EXPECT_FALSE(test.send(60, 9));
  const auto overflow = test.queue->take_overflow();
  ASSERT_TRUE(overflow);
  EXPECT_EQ(overflow->last_mark, 7U);
  EXPECT_EQ(overflow->dropped, 120U);
  EXPECT_EQ(test.queue->unsent(), 50U);
  EXPECT_FALSE(test.queue->take_overflow());
}

TEST(WebsocketQueue, TakesNothingBetweenAnOverflowAndItsResumption) {
  queue_under_test test;
  test.send(50);
  test.send(60);
  EXPECT_FALSE(test.send(60));
  EXPECT_FALSE(test.send(1));
  test.queue->resume(); // before anybody has looked at it: it stays
  EXPECT_FALSE(test.send(1));
  EXPECT_TRUE(test.queue->take_overflow());
  EXPECT_FALSE(test.send(1));
  test.queue->resume();
  EXPECT_TRUE(test.send(1, 9));
}

TEST(WebsocketQueue, ReportsTheDrainAfterAnOverflow) {
  queue_under_test test;
  test.send(50);
  test.send(60);
  EXPECT_NE(test.queue->front(), nullptr);
  EXPECT_FALSE(test.send(60));
  EXPECT_TRUE(test.queue->take_overflow());
  EXPECT_TRUE(test.queue->written());
  test.queue->resume();
  test.send(1);
  EXPECT_NE(test.queue->front(), nullptr);
  EXPECT_FALSE(test.queue->written());
}

TEST(WebsocketQueue, TakesNothingAfterItsClose) {
  queue_under_test test;
  test.queue->close(1008, std::string(500, 'r'));
  test.queue->close(1000, "later");
  EXPECT_FALSE(test.send(1));
  const auto close = test.queue->take_close();
  ASSERT_TRUE(close);
  EXPECT_EQ(close->code, 1008);
  EXPECT_EQ(close->reason.size(), 123U);
  EXPECT_FALSE(test.queue->take_close());
}

TEST(WebsocketQueue, IsHarmlessAfterItsSocketIsGone) {
  queue_under_test test;
  bool woken = false;
  test.queue->attach([&] { woken = true; });
  test.send(1);
  test.queue->detach();
  test.run_posted();
  EXPECT_FALSE(woken);
  EXPECT_FALSE(test.send(1));
  test.queue->resume();
  test.queue->close(1000, "");
  EXPECT_EQ(test.queue->unsent(), 0U);
}

TEST(WebsocketQueue, CountsWhatManyThreadsSend) {
  std::atomic<int> posted{0};
  const auto queue =
      std::make_shared<websocket_queue>(1 << 20, [&](const std::function<void()>&) { ++posted; });
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&] {
      for (int count = 0; count < 1000; ++count)
        queue->send(std::make_shared<const std::string>("x"), 0);
    });
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(queue->unsent(), 4000U);
  EXPECT_EQ(posted, 1);
}

} // namespace
} // namespace spec_kitty::listener
