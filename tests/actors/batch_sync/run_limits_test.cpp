// The size and the pace of batches as a server agrees to them.
#include "tests/actors/batch_sync/run_fixture.hpp"

namespace spec_kitty::run_test {
namespace {

using namespace std::chrono_literals;

struct AgreedLimits : SyncRun {
  /// The lease that is asked for after a batch of one event whose reply has these limits.
  lease_request lease_after(const std::string& reported) {
    begin(1000, {1});
    const auto next = reply(results({{"E1", "success"}}, ",\"limits\":" + reported));
    return as<step::lease>(settled_with(next, {settlement_effect::removed})).request;
  }
};

TEST_F(AgreedLimits, AServerThatTakesMoreGetsMore) {
  const auto lease = lease_after(R"({"max_batch_events":10000,"max_batch_bytes":8388608})");
  EXPECT_EQ(lease.max_events, 3 * 10000U) << "one batch to send, two ahead of it";
  EXPECT_EQ(lease.max_bytes, 2 * 8388608U) << "but at most 8 MiB ahead";
}

TEST_F(AgreedLimits, AServerThatTakesLessGetsLess) {
  const auto lease = lease_after(R"({"max_events":2,"max_bytes":65536})");
  EXPECT_EQ(lease.max_events, 3 * 2U);
  EXPECT_EQ(lease.max_bytes, 3 * 65536U);
}

TEST_F(AgreedLimits, WhatTheUserSetIsNeverExceeded) {
  limits.batch_events_cap = limits.batch_events;
  run = sync_run(
      limits, [] { return 0.5; }, [] { return "key"; });
  EXPECT_EQ(lease_after(R"({"max_batch_events":10000})").max_events, 3 * 6U);
}

TEST_F(AgreedLimits, ABatchThatAProxyRefusedGrowsByDoublingAgain) {
  begin(12, {1, 2, 3, 4});
  reply(answer(413, "<html>"));
  const auto next = reply(
      results({{"E1", "success"}, {"E2", "success"}}, R"(,"limits":{"max_batch_events":10000})"));
  settled_with(next, {settlement_effect::removed, settlement_effect::removed});
  const auto last = reply(results({{"E3", "success"}, {"E4", "success"}}));
  settled_with(last, {settlement_effect::removed, settlement_effect::removed});
  grant({5, 6, 7, 8, 9, 10, 11, 12, 13, 14});
  EXPECT_EQ(run.batch().size(), 8U);
}

TEST_F(AgreedLimits, BatchesFollowEachOtherNoFasterThanTheServerAsks) {
  begin(12, {1});
  const auto next = reply(results({{"E1", "success"}}, R"(,"limits":{"min_gap_ms":250})"));
  settled_with(next, {settlement_effect::removed});
  EXPECT_EQ(as<step::pause>(grant({2})).duration, 250ms);
  EXPECT_TRUE(is<step::send>(run.on_pause()));
}

TEST_F(AgreedLimits, WhatAnEarlierRunHeardHoldsFromTheFirstLease) {
  run.agree({10000, {}, {}});
  EXPECT_EQ(run.agreed().max_events, 10000U);
  run.start();
  run.on_count(due_count{0, 3, 3, 3});
  run.on_token(token_a);
  EXPECT_EQ(as<step::lease>(run.on_count(due_count{3, 3, 0, 3})).request.max_events, 3 * 10000U);
}

TEST_F(AgreedLimits, WhatTheServerOffersHoldsFromTheFirstLease) {
  limits.ask_offer = true;
  run = sync_run(
      limits, [] { return 0.5; }, [] { return "key"; });
  run.start();
  run.on_count(due_count{0, 3, 3, 3});
  run.on_token(token_a);
  EXPECT_TRUE(is<step::ask_offer>(run.on_count(due_count{3, 3, 0, 3})));
  EXPECT_EQ(as<step::lease>(run.on_offer({10000, {}, {}})).request.max_events, 3 * 10000U);
}

TEST_F(AgreedLimits, NothingIsAskedWhereNothingIsDue) {
  limits.ask_offer = true;
  run = sync_run(
      limits, [] { return 0.5; }, [] { return "key"; });
  run.start();
  run.on_count(due_count{0, 3, 3, 3});
  run.on_token(token_a);
  EXPECT_TRUE(is<step::finish>(run.on_count(due_count{0, 3, 3, 3})));
}

} // namespace
} // namespace spec_kitty::run_test
