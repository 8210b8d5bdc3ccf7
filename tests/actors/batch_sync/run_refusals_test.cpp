// A sync run whose batches are refused: by name, without a name, as too large.
#include "tests/actors/batch_sync/run_fixture.hpp"

namespace spec_kitty {
namespace {

using namespace run_test;

TEST_F(SyncRun, EventsRefusedByNameAreCountedAndTheRestGoesAgainAtOnce) {
  begin();
  const auto next = reply(answer(400, R"({"details":[{"event_id":"E2","error":"bad"}]})"));
  ASSERT_EQ(as<step::settle>(next).request.verdicts.size(), 1U);
  EXPECT_GT(as<step::settle>(next).request.keep, 0ms) << "the lease continues";
  EXPECT_TRUE(is<step::send>(settled_with(next, {settlement_effect::retry_counted})));
  EXPECT_EQ(run.batch().size(), 2U);
  EXPECT_EQ(run.key(), "key-2") << "other bytes, another key";
  settled_with(reply(results({{"E1", "success"}, {"E3", "success"}})),
               std::vector(2, settlement_effect::removed));
  EXPECT_TRUE(finished(end()));
  EXPECT_EQ(counts(), (n{3, 2, 0, 0, 1, 0, 0}));
}

TEST_F(SyncRun, ServerThatNamesABatchToDeathIsStopped) {
  begin(20, {1, 2, 3, 4, 5, 6});
  next_step next = step::send{};
  unsigned requests = 0;
  while (is<step::send>(next) && requests < 100) {
    ++requests;
    next = reply(answer(400, R"({"details":[{"event_id":")" + run.batch().front().event_id.str() +
                                 R"("}]})"));
    if (std::get<step::settle>(next).request.verdicts.size() == 1)
      next = settled_with(next, {settlement_effect::retry_counted});
    if (is<step::lease>(next))
      next = grant({7, 8, 9, 10, 11, 12});
  }
  EXPECT_LE(requests, 12U);
  EXPECT_EQ(run.report().stopped->code, ec::transport);
}

TEST_F(SyncRun, UnnamedRefusalIsHalvedUntilTheBadEventStandsAlone) {
  begin();
  EXPECT_TRUE(is<step::send>(reply(answer(400, R"({"error":"bad"})"))));
  EXPECT_EQ(run.batch().size(), 1U);
  auto next = reply(results({{"E1", "success"}}));
  EXPECT_TRUE(is<step::send>(settled_with(next, {settlement_effect::removed})));
  next = reply(answer(400, R"({"error":"poison"})"));
  const auto blamed = as<step::settle>(next).request.verdicts;
  ASSERT_EQ(blamed.size(), 1U);
  EXPECT_EQ(blamed[0].event_id, "E2");
  EXPECT_EQ(blamed[0].message, "poison");
  EXPECT_TRUE(blamed[0].alone) << "from now on it travels alone";
  EXPECT_TRUE(is<step::send>(settled_with(next, {settlement_effect::retry_counted})));
  settled_with(reply(results({{"E3", "success"}})), {settlement_effect::removed});
  EXPECT_TRUE(finished(end()));
  EXPECT_EQ(counts(), (n{3, 2, 0, 0, 1, 0, 0}));
}

TEST_F(SyncRun, ServerThatRefusesEverythingBlamesNoEvent) {
  run = sync_run(
      {1000, 524288, 5, 3, 60s}, [] { return 0.5; }, [] { return "key"; });
  std::vector<std::uint64_t> many(200);
  for (std::size_t i = 0; i < many.size(); ++i)
    many[i] = i + 1;
  next_step next = begin(200, many);
  unsigned requests = 0;
  for (; is<step::send>(next) && requests < 1000; ++requests)
    next = reply(answer(400, R"({"error":"broken deploy"})"));
  EXPECT_LE(requests, 60U);
  for (const auto& verdict : as<step::settle>(next).request.verdicts)
    EXPECT_EQ(verdict.what, event_outcome::kept);
  EXPECT_TRUE(finished(settled_with(next, std::vector(200, settlement_effect::unchanged))));
  EXPECT_EQ(run.report().stopped->code, ec::transport);
  EXPECT_EQ(counts(), (n{200, 0, 0, 0, 0, 0, 200}));
}

TEST_F(SyncRun, SingleEventRefusedWithoutANameIsCounted) {
  begin(1, {1});
  const auto next = reply(answer(422, R"({"error":"bad"})"));
  EXPECT_EQ(as<step::settle>(next).request.verdicts.at(0).what, event_outcome::rejected);
  settled_with(next, {settlement_effect::retry_counted});
  EXPECT_TRUE(finished(end()));
  EXPECT_EQ(counts(), (n{1, 0, 0, 0, 1, 0, 0}));
}

TEST_F(SyncRun, TooLargeBatchIsHalvedAndGrowsBack) {
  begin(12, {1, 2, 3, 4, 5, 6});
  EXPECT_TRUE(is<step::send>(reply(answer(413))));
  EXPECT_EQ(run.batch().size(), 3U);
  auto next = reply(results({{"E1", "success"}, {"E2", "success"}, {"E3", "success"}}));
  settled_with(next, std::vector(3, settlement_effect::removed));
  EXPECT_EQ(run.batch().size(), 3U);
  next = reply(results({{"E4", "success"}, {"E5", "success"}, {"E6", "success"}}));
  settled_with(next, std::vector(3, settlement_effect::removed));
  grant({7, 8, 9, 10, 11, 12});
  EXPECT_EQ(run.batch().size(), 6U);
}

TEST_F(SyncRun, ABatchWhoseReplyIsTooLongIsHalvedForTheRestOfTheRun) {
  begin(12, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  EXPECT_EQ(run.batch().size(), 6U);
  EXPECT_TRUE(is<step::send>(reply(lost(http_outcome::too_long))));
  EXPECT_EQ(run.batch().size(), 3U);
  const auto next = reply(results({{"E1", "duplicate"}, {"E2", "rejected"}, {"E3", "duplicate"}},
                                  R"(,"limits":{"max_batch_events":10000})"));
  settled_with(next, {settlement_effect::removed, settlement_effect::retry_counted,
                      settlement_effect::removed});
  EXPECT_EQ(run.batch().size(), 3U) << "a larger one would have too long a reply again";
  EXPECT_EQ(run.report().stopped, std::nullopt);
}

TEST_F(SyncRun, AnEventWhoseReplyIsTooLongAloneEndsTheRunUnblamed) {
  begin(2, {1, 2});
  reply(lost(http_outcome::too_long));
  const auto next = reply(lost(http_outcome::too_long));
  for (const auto& verdict : as<step::settle>(next).request.verdicts)
    EXPECT_EQ(verdict.what, event_outcome::kept);
  EXPECT_EQ(run.report().stopped->code, ec::transport);
  EXPECT_NE(run.report().stopped->message.find("too long"), std::string::npos);
}

TEST_F(SyncRun, SmallEventRefusedAloneAsTooLargeIsKept) {
  begin(1, {1});
  const auto next = reply(answer(413));
  EXPECT_EQ(as<step::settle>(next).request.verdicts.at(0).what, event_outcome::kept);
  EXPECT_EQ(run.report().stopped->code, ec::transport);
}

TEST_F(SyncRun, EventRefusedAsTooLargeByAProxyIsKept) {
  begin(1, {1}, 100'000);
  const auto next = reply(answer(413, "<html>"));
  EXPECT_EQ(as<step::settle>(next).request.verdicts.at(0).what, event_outcome::kept);
  EXPECT_NE(run.report().stopped->message.find("on the way"), std::string::npos);
}

TEST_F(SyncRun, EventTooLargeAloneBecomesADeadLetter) {
  begin(1, {1}, 5000);
  const auto next = reply(answer(413));
  EXPECT_EQ(as<step::settle>(next).request.verdicts.at(0).what, event_outcome::too_large);
  settled_with(next, {settlement_effect::dead_lettered});
  EXPECT_TRUE(finished(end()));
  EXPECT_EQ(run.report().dead, 1U);
}

} // namespace
} // namespace spec_kitty
