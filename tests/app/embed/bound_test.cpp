// What happens where as many events are in flight as may be, and where the store is held.
#include "tests/app/embed/embed_fixture.hpp"

#include <future>

namespace spec_kitty::embed_test {
namespace {

class Bound : public embedding {
protected:
  options narrow(when_full full) {
    options wanted = host();
    wanted.max_in_flight = 3;
    wanted.full = full;
    wanted.settings["sync.busy_timeout_ms"] = "600000"; // held until the test lets go
    return wanted;
  }
};

TEST_F(Bound, FailAnswersOverloadedAtOnceAndTheOthersAreRecordedLater) {
  auto events = open(narrow(when_full::fail));
  std::vector<pending_receipt> waiting;
  {
    const held_store hold(home());
    for (int i = 0; i < 3; ++i)
      waiting.push_back(events.emit(note()));
    const auto fourth = events.emit(note());
    ASSERT_TRUE(fourth.ready());
    EXPECT_EQ(fourth.get().error().code, ec::overloaded);
    EXPECT_FALSE(waiting.front().ready());
    EXPECT_EQ(waiting.front().get(1ms).error().code, ec::timeout);
    EXPECT_EQ(events.status()->in_flight, 3U);
  }
  for (const auto& pending : waiting)
    EXPECT_TRUE(pending.get());
  EXPECT_EQ(events.status()->emitted, 3U);
  EXPECT_EQ(events.status()->dropped, 0U);
}

TEST_F(Bound, DropAnswersOverloadedAndCounts) {
  auto events = open(narrow(when_full::drop));
  const held_store hold(home());
  for (int i = 0; i < 3; ++i)
    (void)events.emit(note());
  EXPECT_EQ(events.emit(note()).get().error().code, ec::overloaded);
  EXPECT_EQ(events.status()->dropped, 1U);
  EXPECT_TRUE(log.has("1 event not recorded so far"));
}

TEST_F(Bound, BlockWaitsForCapacity) {
  auto events = open(narrow(when_full::block));
  auto hold = std::make_unique<held_store>(home());
  for (int i = 0; i < 3; ++i)
    (void)events.emit(note());
  auto fourth = std::async(std::launch::async, [&] { return events.emit(note()).get(); });
  EXPECT_EQ(fourth.wait_for(50ms), std::future_status::timeout);
  hold.reset();
  EXPECT_TRUE(fourth.get());
}

TEST_F(Bound, BlockGivesUpAfterItsTime) {
  options wanted = narrow(when_full::block);
  wanted.block_for = 1ms;
  auto events = open(std::move(wanted));
  const held_store hold(home());
  for (int i = 0; i < 3; ++i)
    (void)events.emit(note());
  EXPECT_EQ(events.emit(note()).get().error().code, ec::overloaded);
}

TEST_F(Bound, BestEffortNeverWaits) {
  auto events = open(narrow(when_full::block));
  const held_store hold(home());
  int taken = 0;
  for (int i = 0; i < 10; ++i) // would wait ten minutes
    taken += events.emit_best_effort(note()) ? 1 : 0;
  EXPECT_EQ(taken, 3);
  EXPECT_EQ(events.status()->dropped, 7U);
}

TEST_F(Bound, ASlowCallbackHoldsBackTheEmittingThreads) {
  auto events = open(narrow(when_full::fail));
  std::promise<void> go;
  auto gone = go.get_future().share();
  std::promise<void> begun; // until then the event counts as in flight
  events.emit(note(), [&begun, gone](const result<receipt>&) {
    begun.set_value();
    gone.wait();
  });
  ASSERT_EQ(begun.get_future().wait_for(60s), std::future_status::ready);
  for (int i = 0; i < 3; ++i)
    events.emit(note(), [](const result<receipt>&) {});
  EXPECT_EQ(events.emit(note()).get().error().code, ec::overloaded);
  go.set_value();
  EXPECT_TRUE(support::eventually([&] { return events.status()->in_flight == 0; }));
}

TEST_F(Bound, ACallbackMayEmitAndFlushWhateverIsInFlight) {
  auto events = open(narrow(when_full::block));
  std::promise<int> answered;
  events.emit(note(), [&](const result<receipt>&) {
    int good = 0;
    for (int i = 0; i < 20; ++i)
      events.emit(note(), [](const result<receipt>&) {}); // they wait behind this one
    good += events.emit(note()).get() ? 1 : 0;
    good += events.flush(std::chrono::minutes(10))->durable ? 1 : 0;
    answered.set_value(good);
  });
  auto got = answered.get_future();
  ASSERT_EQ(got.wait_for(60s), std::future_status::ready);
  EXPECT_EQ(got.get(), 2);
}

TEST_F(Bound, AStoreHeldTooLongSpillsAndTheReceiptShowsIt) {
  options wanted = host();
  wanted.settings["sync.busy_timeout_ms"] = "50";
  auto events = open(std::move(wanted));
  {
    const held_store hold(home());
    const auto spilled = events.emit(note()).get();
    ASSERT_TRUE(spilled);
    EXPECT_TRUE(spilled->spilled);
    EXPECT_EQ(spilled->why_spilled.code, ec::store_busy);
  }
  const auto after = events.emit(note()).get();
  ASSERT_TRUE(after);
  EXPECT_EQ(after->lamport_clock, 2U); // the spilled one came first
  EXPECT_EQ(events.status()->spilled, 1U);
}

TEST_F(Bound, AStoreHeldAtTheBeginningDoesNotFailTheOpen) {
  ASSERT_TRUE(open().stop(10s));
  options wanted = host();
  wanted.settings["sync.busy_timeout_ms"] = "50";
  const held_store hold(home());
  auto events = open(std::move(wanted));
  EXPECT_TRUE(events.emit(note()).get()->spilled);
}

} // namespace
} // namespace spec_kitty::embed_test
