// Batches that follow each other without a pause: sent on the verdicts of the one before, which are
// settled meanwhile.
#include "tests/actors/batch_sync/run_fixture.hpp"

namespace spec_kitty::run_test {
namespace {

struct OverlappedRun : SyncRun {
  std::vector<std::uint64_t> positions(std::span<const leased_event> events) {
    std::vector<std::uint64_t> all;
    for (const auto& event : events)
      all.push_back(event.seq);
    return all;
  }
  /// The reply that takes every event of the batch that is out.
  next_step accept() {
    std::vector<std::pair<std::string, std::string>> all;
    for (const auto& event : run.batch())
      all.emplace_back(event.event_id.str(), "success");
    return reply(results(all));
  }
  OverlappedRun() {
    limits.batch_events = 2;
    run = sync_run(
        limits, [] { return 0.5; }, [this] { return "key-" + std::to_string(++keys); });
  }
  const std::vector<settlement_effect> removed{2, settlement_effect::removed};
};

TEST_F(OverlappedRun, TheNextBatchIsSentWithTheSettlementOfTheOneBefore) {
  begin(9, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(positions(run.upcoming()), (std::vector<std::uint64_t>{3, 4}));
  const auto next = as<step::send>(accept());
  EXPECT_EQ(positions(run.batch()), (std::vector<std::uint64_t>{3, 4}));
  EXPECT_EQ(run.key(), "key-2");
  ASSERT_TRUE(next.meanwhile);
  ASSERT_EQ(next.meanwhile->verdicts.size(), 2U);
  EXPECT_EQ(next.meanwhile->verdicts[1].seq, 2U);
  EXPECT_GT(next.meanwhile->keep, 0ms) << "the lease continues";
}

TEST_F(OverlappedRun, TheSettlementExtendsTheLeaseByWhatWasSent) {
  begin(9, {1, 2, 3, 4, 5, 6});
  const auto next = accept();
  const auto more = as<step::send>(next).meanwhile->more;
  ASSERT_TRUE(more);
  EXPECT_EQ(more->after, 6U);
  EXPECT_EQ(more->through, 9U);
  EXPECT_EQ(more->max_events, 2U);
  settled_with(next, removed, {event(7), event(8)});
  settled_with(accept(), removed, {event(9)});
  EXPECT_EQ(positions(run.batch()), (std::vector<std::uint64_t>{5, 6}));
  EXPECT_EQ(positions(run.upcoming()), (std::vector<std::uint64_t>{7, 8}));
  settled_with(accept(), removed);
  EXPECT_FALSE(as<step::send>(accept()).meanwhile->more) << "there is nothing newer";
}

TEST_F(OverlappedRun, TheLastSettlementEndsTheLease) {
  begin(4, {1, 2, 3, 4});
  settled_with(accept(), removed);
  const auto last = accept();
  EXPECT_EQ(as<step::settle>(last).request.keep, 0ms);
  EXPECT_EQ(as<step::lease>(settled_with(last, removed)).request.after, 4U);
  EXPECT_TRUE(finished(end()));
  EXPECT_EQ(counts(), (n{4, 4, 0, 0, 0, 0, 0}));
}

TEST_F(OverlappedRun, AFailedSettlementEndsTheRunWithTheReply) {
  begin(6, {1, 2, 3, 4, 5, 6});
  ASSERT_TRUE(as<step::send>(accept()).meanwhile);
  EXPECT_TRUE(is<step::await_reply>(run.on_settled(failure{ec::store_full, "full", ""})));
  EXPECT_TRUE(finished(accept()));
  EXPECT_EQ(run.report().stopped->code, ec::store_full);
  EXPECT_EQ(counts(), (n{6, 0, 0, 0, 0, 0, 6})) << "all of them are still queued";
  EXPECT_NE(run.lease(), 0U) << "it goes back";
}

TEST_F(OverlappedRun, AnInterruptionSettlesWhatTheServerHas) {
  begin(6, {1, 2, 3, 4, 5, 6});
  ASSERT_TRUE(as<step::send>(accept()).meanwhile);
  const auto last = as<step::settle>(run.interrupt()).request;
  EXPECT_EQ(last.keep, 0ms);
  ASSERT_EQ(last.verdicts.size(), 6U);
  for (const auto& verdict : last.verdicts)
    EXPECT_EQ(verdict.what, verdict.seq <= 2 ? event_outcome::delivered : event_outcome::kept);
}

TEST_F(OverlappedRun, NothingIsSentBeforeTheClocksAreReconciled) {
  begin(6, {1, 2, 3, 4, 5, 6});
  const auto next =
      reply(answer(200, R"({"results":[{"event_id":"E1","status":"success"},)"
                        R"({"event_id":"E2","status":"error","error_code":"clock_behind"}]})"));
  EXPECT_TRUE(is<step::settle>(next));
}

TEST_F(OverlappedRun, APaceThatTheServerAsksForIsKept) {
  run.agree({{}, {}, 250ms});
  begin(6, {1, 2, 3, 4, 5, 6});
  EXPECT_TRUE(is<step::settle>(accept()));
}

TEST_F(OverlappedRun, TheBatchBehindAHalfIsNotKnownBefore) {
  begin(6, {1, 2, 3, 4, 5, 6});
  reply(answer(400));
  EXPECT_EQ(positions(run.batch()), std::vector<std::uint64_t>{1});
  EXPECT_TRUE(run.upcoming().empty()) << "if this one passes, the other one is bad";
}

} // namespace
} // namespace spec_kitty::run_test
