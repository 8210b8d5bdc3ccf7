// BATCH_SYNC when a part falls, or it is killed: each request gets a report.
#include "tests/actors/batch_sync/sync_fixture.hpp"

namespace spec_kitty {
namespace {

using namespace actor_test;

TEST_F(BatchSync, SilentHttpEndsTheRunByTheSendersOwnTimeout) {
  append(queue_, 1);
  limits_.transport_tries = 1;
  const auto report = begin(start_sync());
  pass(6900ms, 100ms);
  EXPECT_FALSE(report.there());
  pass(200ms);
  ASSERT_TRUE(report.there());
  EXPECT_EQ(report->transient, 1U);
  EXPECT_EQ(stats().leased, 0U);
}

TEST_F(BatchSync, DeadClockIsAWarning) {
  append(queue_, 1);
  const auto report = begin(start_sync());
  kill(clock_);
  accept(",\"server_clock\":400");
  EXPECT_EQ(report->synced, 1U);
  EXPECT_EQ(report->warnings.size(), 1U);
}

TEST_F(BatchSync, DeadQueueEndsTheRunInAReport) {
  append(queue_, 2);
  const auto sync = start_sync();
  const auto report = begin(sync);
  kill(queue_);
  accept();
  ASSERT_TRUE(report.there());
  expect_sums(*report);
  EXPECT_EQ(report->transient, 2U); // delivered, but not known to be: it is sent again
  EXPECT_TRUE(report->stopped);
  EXPECT_TRUE(begin(sync)->stopped);
}

TEST_F(BatchSync, DeadHttpEndsTheRunInAReport) {
  append(queue_, 2);
  const auto report = begin(start_sync());
  kill(http_);
  pass(60s, 100ms);
  ASSERT_TRUE(report.there());
  expect_sums(*report);
  EXPECT_EQ(report->transient, 2U);
  EXPECT_TRUE(report->stopped);
  EXPECT_EQ(stats().leased, 0U);
}

TEST_F(BatchSync, DeadAuthEndsTheRunInAReport) {
  append(queue_, 2);
  kill(auth_);
  const auto report = begin(start_sync());
  ASSERT_TRUE(report.there());
  EXPECT_TRUE(report->stopped);
}

TEST_F(BatchSync, MissingNetworkModuleIsNamed) {
  append(queue_, 1);
  http_ = start(http, http_config{[] {
                  return result<std::unique_ptr<http_client>>(
                      failure{ec::internal, "a part of spec-kitty is missing: x.so", "install"});
                }});
  const auto report = begin(start_sync());
  ASSERT_TRUE(report.there());
  EXPECT_EQ(report->transient, 1U);
  EXPECT_NE(report->stopped->message.find("x.so"), std::string::npos) << report->stopped->message;
}

TEST_F(BatchSync, EachRequestGetsAReportOfItsOwnWhenItIsKilled) {
  limits_.batch_events = 2;
  append(queue_, 3);
  const auto sync = start_sync();
  const auto first = begin(sync);
  const auto second = begin(sync);
  accept(); // two of three
  kill(sync);
  ASSERT_TRUE(first.there() && second.there());
  expect_sums(*first);
  EXPECT_EQ(first->synced, 2U);
  EXPECT_EQ(first->transient, 1U);
  EXPECT_EQ(first->stopped->code, ec::transport);
  EXPECT_EQ(second->selected, 0U); // its run never began
  EXPECT_TRUE(second->stopped);
}

TEST_F(BatchSync, RequestIsAnsweredWheneverItIsKilled) {
  // Killed after any number of steps of the scheduler, with the run's end included.
  append(queue_, 1);
  for (std::size_t steps = 0;; ++steps) {
    const auto sync = start_sync();
    const auto report = ask<sync_report>(sync, sync_request{});
    for (std::size_t i = 0; i < steps && !report.there(); ++i) {
      if (!network_->open.empty())
        network_->answer(
            results_for(network_->open.front().request, "pending", ",\"server_clock\":5"));
      scheduler_.try_run_once();
    }
    const bool ended = report.there();
    kill(sync);
    while (!network_->open.empty())
      answer(answered(500));
    ASSERT_TRUE(report.there()) << "killed after " << steps << " steps";
    if (report.ok()) {
      expect_sums(*report);
    }
    now_ += std::int64_t{3600} * 1'000'000; // the killed one's lease is over
    log_in_as("access-1");
    if (ended)
      break;
  }
}

TEST_F(BatchSync, ARunThatIsKilledHandsItsLeaseBack) {
  append(queue_, 1);
  const auto sync = start_sync();
  const auto report = begin(sync);
  ASSERT_EQ(network_->open.size(), 1U) << "a batch is in flight";
  kill(sync);
  EXPECT_FALSE(is_leased());
}

TEST_F(BatchSync, AnInterruptedRunEndsOnceThoughAnotherRequestArrives) {
  append(queue_, 2);
  limits_.batch_events = 1;
  const auto sync = start_sync();
  const auto first = ask_now<sync_report>(sync, sync_request{});
  accept();
  answer(answered(503));
  ASSERT_FALSE(first.there()) << "it pauses before it tries the second batch again";
  const auto ended = ask<wound_down>(sync, wind_down{});
  const auto second = ask<sync_report>(sync, sync_request{});
  run();
  EXPECT_TRUE(ended.ok());
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->synced, 1U);
  expect_sums(*first);
  ASSERT_TRUE(second.ok());
  expect_sums(*second);
  EXPECT_FALSE(is_leased());
}

} // namespace
} // namespace spec_kitty
