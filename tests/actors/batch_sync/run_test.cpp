// The course of a sync run: what it counts, leases and settles, and how it ends.
#include "tests/actors/batch_sync/run_fixture.hpp"

namespace spec_kitty {
namespace {

using namespace run_test;

TEST_F(SyncRun, EmptyQueueEndsWithoutATokenOrARequest) {
  ASSERT_TRUE(is<step::count>(run.start()));
  EXPECT_TRUE(finished(run.on_count(due_count{})));
  EXPECT_EQ(counts(), (n{0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(run.report().stopped, std::nullopt);
}

TEST_F(SyncRun, NothingOfThisTeamEndsWithoutARequest) {
  run.start();
  run.on_count(due_count{0, 9, 4, 4});
  run.on_token(token_a);
  EXPECT_TRUE(finished(run.on_count(due_count{0, 9, 4, 4})));
  EXPECT_EQ(run.report().held_elsewhere, 4U);
  EXPECT_EQ(run.report().stopped, std::nullopt);
}

TEST_F(SyncRun, NotLoggedInEndsWithoutARequest) {
  run.start();
  run.on_count(due_count{0, 9, 4, 4});
  EXPECT_TRUE(finished(run.on_token(failure{ec::login_required, "nobody", ""})));
  EXPECT_EQ(run.report().stopped->code, ec::login_required);
  EXPECT_EQ(run.report().batches, 0U);
}

TEST_F(SyncRun, UnknownTeamEndsWithoutARequest) {
  run.start();
  run.on_count(due_count{0, 9, 4, 4});
  EXPECT_TRUE(finished(run.on_token(access_token{"t", "", "ann"})));
  EXPECT_EQ(run.report().stopped->code, ec::login_required);
}

TEST_F(SyncRun, UnusableStoreEndsTheRun) {
  run.start();
  EXPECT_TRUE(finished(run.on_count(failure{ec::store_busy, "held", ""})));
  EXPECT_EQ(run.report().stopped->code, ec::store_busy);
}

TEST_F(SyncRun, EveryVerdictIsCountedOnce) {
  ASSERT_TRUE(is<step::send>(begin(6, {1, 2, 3, 4, 5, 6})));
  const auto next = reply(results({{"E1", "success"},
                                   {"E2", "duplicate"},
                                   {"E3", "pending"},
                                   {"E4", "rejected"},
                                   {"E5", "error"}}));
  const auto verdicts = as<step::settle>(next).request.verdicts;
  ASSERT_EQ(verdicts.size(), 6U);
  EXPECT_EQ(verdicts[3].message, "because");
  EXPECT_EQ(as<step::settle>(next).request.max_retries, 5U);
  settled_with(next, {settlement_effect::removed, settlement_effect::removed,
                      settlement_effect::unchanged, settlement_effect::retry_counted,
                      settlement_effect::dead_lettered, settlement_effect::unchanged});
  EXPECT_TRUE(finished(end()));
  EXPECT_EQ(counts(), (n{6, 1, 1, 1, 1, 1, 1}));
  EXPECT_EQ(run.report().stopped, std::nullopt);
  ASSERT_EQ(run.report().errors.size(), 3U); // pending is not an error
  EXPECT_EQ(run.report().errors[0].category, "rejected");
  EXPECT_EQ(run.report().errors[0].message, "because");
  EXPECT_EQ(run.report().errors[1].category, "dead");
  EXPECT_EQ(run.report().errors[2].category, "transient");
  EXPECT_EQ(run.report().errors[2].event_id, "E6");
}

TEST_F(SyncRun, BatchesFollowEachOtherAndNeverLookBack) {
  ASSERT_TRUE(is<step::send>(begin(5, {1, 2, 3})));
  EXPECT_EQ(run.key(), "key-1");
  auto next = reply(results({}));
  const auto lease =
      as<step::lease>(settled_with(next, std::vector(3, settlement_effect::unchanged))).request;
  EXPECT_EQ(lease.after, 3U); // what stayed has had its turn
  EXPECT_EQ(lease.through, 5U);
  ASSERT_TRUE(is<step::send>(grant({4, 5})));
  EXPECT_EQ(run.key(), "key-2");
  next = reply(results({{"E4", "success"}, {"E5", "success"}}));
  EXPECT_EQ(
      as<step::lease>(settled_with(next, std::vector(2, settlement_effect::removed))).request.after,
      5U);
  EXPECT_TRUE(finished(end()));
  EXPECT_EQ(counts(), (n{5, 2, 0, 0, 0, 0, 3}));
  EXPECT_EQ(run.report().batches, 2U);
  EXPECT_EQ(run.report().bytes_sent, 20U);
}

TEST_F(SyncRun, LeaseAsksForWhatTheLimitsSayAndOutlivesItsBatch) {
  begin();
  const auto next = reply(results({}));
  const auto lease =
      as<step::lease>(settled_with(next, std::vector(3, settlement_effect::unchanged))).request;
  EXPECT_EQ(lease.max_events, 3 * limits.batch_events);
  EXPECT_EQ(lease.max_bytes, 3 * limits.batch_bytes);
  EXPECT_GT(lease.ttl, limits.timeout * limits.transport_tries);
}

TEST_F(SyncRun, BusyLeaseIsWaitedForWithoutASend) {
  begin(5);
  settled_with(reply(results({})), std::vector(3, settlement_effect::unchanged));
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(as<step::pause>(run.on_lease(lease_grant{0, {}, 99})).duration, 50ms);
    EXPECT_EQ(as<step::lease>(run.on_pause()).request.after, 3U);
  }
  EXPECT_EQ(run.report().batches, 1U);
  EXPECT_TRUE(is<step::send>(grant({4, 5})));
}

TEST_F(SyncRun, FailedLeaseEndsTheRunWithTheRestUnreached) {
  begin(5);
  settled_with(reply(results({{"E1", "success"}})), std::vector(3, settlement_effect::removed));
  EXPECT_TRUE(finished(run.on_lease(failure{ec::store_full, "full", ""})));
  EXPECT_EQ(run.report().stopped->code, ec::store_full);
  EXPECT_EQ(counts(), (n{5, 1, 0, 0, 0, 0, 4}));
}

TEST_F(SyncRun, FailedSettlementLeavesTheOutcomeUnknown) {
  begin();
  ASSERT_TRUE(is<step::settle>(reply(results({{"E1", "success"}}))));
  EXPECT_TRUE(finished(run.on_settled(failure{ec::store_busy, "held", ""})));
  EXPECT_EQ(run.report().stopped->code, ec::store_busy);
  EXPECT_EQ(counts(), (n{3, 0, 0, 0, 0, 0, 3})); // not reported as synced: it is still queued
}

TEST_F(SyncRun, RefusalOfALeaseThatWasTakenOverIsNotCounted) {
  begin();
  const auto next = reply(results({{"E1", "rejected"}, {"E2", "success"}}));
  settled_with(next, {settlement_effect::not_leased, settlement_effect::not_leased,
                      settlement_effect::unchanged});
  EXPECT_TRUE(finished(end()));
  EXPECT_EQ(counts(), (n{3, 1, 0, 0, 0, 0, 2}));
}

TEST_F(SyncRun, EventsALoginAddsInMidRunAreSelectedToo) {
  begin(2, {1, 2, 3}); // 3 was `local` when the run began, at an earlier position than 2's end
  settled_with(reply(results({{"E1", "success"}, {"E2", "success"}, {"E3", "success"}})),
               std::vector(3, settlement_effect::removed));
  EXPECT_TRUE(finished(end()));
  EXPECT_EQ(counts(), (n{3, 3, 0, 0, 0, 0, 0}));
}

TEST_F(SyncRun, WhatAnotherDrainerDeliveredIsNotThisRunsToCount) {
  begin(5);
  settled_with(reply(results({{"E1", "success"}, {"E2", "success"}, {"E3", "success"}})),
               std::vector(3, settlement_effect::removed));
  const auto next = end();
  EXPECT_EQ(as<step::count>(next).request.after, 3U);
  EXPECT_TRUE(is<step::finish>(run.on_count(due_count{0, 5, 0, 0})));
  EXPECT_EQ(counts(), (n{3, 3, 0, 0, 0, 0, 0}));
}

} // namespace
} // namespace spec_kitty
