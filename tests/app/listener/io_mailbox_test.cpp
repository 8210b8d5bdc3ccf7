// The way from any thread to an I/O thread.
#include "app/listener/io_thread.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace spec_kitty::listener {
namespace {

class IoMailbox : public ::testing::Test {
protected:
  net::io_context context{1};
  std::shared_ptr<io_mailbox> mailbox = std::make_shared<io_mailbox>(context);
};

TEST_F(IoMailbox, KeepsTheOrder) {
  std::vector<int> done;
  for (int n = 0; n < 1000; ++n)
    mailbox->post_in_turn([&done, n] { done.push_back(n); });
  context.run();
  ASSERT_EQ(done.size(), 1000U);
  for (int n = 0; n < 1000; ++n)
    EXPECT_EQ(done[static_cast<std::size_t>(n)], n);
}

TEST_F(IoMailbox, LeavesTurnsToWhatIsReadyMeanwhile) {
  std::size_t done = 0;
  std::size_t done_before_the_reply = 0;
  for (int n = 0; n < 1000; ++n)
    mailbox->post_in_turn([&] {
      if (done++ == 0)
        mailbox->post([&] { done_before_the_reply = done; });
    });
  context.run();
  EXPECT_EQ(done, 1000U);
  EXPECT_LE(done_before_the_reply, io_mailbox::at_once);
}

TEST_F(IoMailbox, GoesOnAfterWorkThatThrows) {
  bool done = false;
  mailbox->post_in_turn([] { throw std::runtime_error("a defect"); });
  mailbox->post_in_turn([&] { done = true; });
  context.run();
  EXPECT_TRUE(done);
  done = false;
  context.restart();
  mailbox->post_in_turn([&] { done = true; });
  context.run();
  EXPECT_TRUE(done) << "what comes later is done, too";
}

TEST_F(IoMailbox, TakesWorkThatWorkGives) {
  int left = 200;
  std::function<void()> again = [&] {
    if (--left > 0)
      mailbox->post_in_turn(again);
  };
  mailbox->post_in_turn(again);
  context.run();
  EXPECT_EQ(left, 0);
}

TEST_F(IoMailbox, DropsWhatWaitsWhenItIsClosed) {
  const auto held = std::make_shared<int>(0);
  mailbox->post_in_turn([held] { ++*held; });
  mailbox->close();
  EXPECT_EQ(held.use_count(), 1);
  mailbox->post_in_turn([held] { ++*held; });
  context.run();
  EXPECT_EQ(*held, 0);
}

TEST_F(IoMailbox, TakesWorkOfManyThreads) {
  int done = 0;
  const auto stay = net::make_work_guard(context);
  std::vector<std::thread> threads;
  for (int n = 0; n < 4; ++n)
    threads.emplace_back([&] {
      for (int m = 0; m < 500; ++m)
        mailbox->post_in_turn([&] {
          if (++done == 2000)
            context.stop();
        });
    });
  context.run();
  for (auto& each : threads)
    each.join();
  EXPECT_EQ(done, 2000);
}

} // namespace
} // namespace spec_kitty::listener
