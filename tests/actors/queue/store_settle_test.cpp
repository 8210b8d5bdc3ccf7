// Settling: what each verdict does to an event, and what a lease that is no longer held may do.
#include "tests/actors/queue/store_fixture.hpp"

#include <random>

namespace spec_kitty {
namespace {

class StoreSettle : public StoreTest {
protected:
  /// Verdicts about other people's leases come under this token.
  static constexpr std::uint64_t foreign = 4711;

  settle_outcome judge(store& queue, std::uint64_t token, const leased_event& event,
                       event_outcome what) {
    auto outcome = queue.settle({token, {{event.seq, event.event_id, what, "late"}}, 5}, now_);
    EXPECT_TRUE(outcome) << outcome.error().message;
    return outcome ? *std::move(outcome) : settle_outcome{};
  }
  /// The number of the last transaction that changed something.
  std::size_t last_commit() {
    const auto id =
        tables_of(home_)->read([](lmdb_txn& txn, const store_tables&) { return txn.id(); });
    return id ? *id : 0;
  }
};

TEST_F(StoreSettle, EveryFateDoesWhatItSays) {
  store queue = open();
  append(queue, 6);
  const auto grant = lease(queue);
  const std::vector<std::pair<event_outcome, settlement_effect>> table = {
      {event_outcome::delivered, settlement_effect::removed},
      {event_outcome::duplicate, settlement_effect::removed},
      {event_outcome::pending, settlement_effect::unchanged},
      {event_outcome::rejected, settlement_effect::retry_counted},
      {event_outcome::too_large, settlement_effect::dead_lettered},
      {event_outcome::kept, settlement_effect::unchanged}};
  settle_request request{grant.token, {}, 5};
  for (std::size_t i = 0; i < table.size(); ++i)
    request.verdicts.push_back(
        {grant.events[i].seq, grant.events[i].event_id, table[i].first, "m"});
  const auto outcome = queue.settle(request, now_);
  ASSERT_TRUE(outcome);
  ASSERT_EQ(outcome->events.size(), table.size());
  for (std::size_t i = 0; i < table.size(); ++i)
    EXPECT_EQ(outcome->events[i], table[i].second) << i;

  const auto found = stats(queue);
  EXPECT_EQ(found.live, 3U);
  EXPECT_EQ(found.acked, 2U);
  EXPECT_EQ(found.dead, 1U);
  EXPECT_EQ(found.leased, 0U) << "the lease is over";
  EXPECT_EQ(found.last_ack_at, now_);
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreSettle, APendingEventIsAskedAboutAgainWithoutBlame) {
  store queue = open();
  append(queue, 1);
  settle(queue, lease(queue), event_outcome::pending);
  const auto again = lease(queue);
  ASSERT_EQ(again.events.size(), 1U);
  EXPECT_EQ(again.events[0].tries, 0U);
}

TEST_F(StoreSettle, ARefusedEventDiesAtMaxRetriesAndKeepsTheServersWords) {
  store queue = open();
  const auto receipts = append(queue, 1);
  for (std::uint32_t i = 0; i < 3; ++i) {
    const auto grant = lease(queue);
    ASSERT_EQ(grant.events.size(), 1U);
    EXPECT_EQ(grant.events[0].tries, i);
    const auto outcome =
        settle(queue, grant, event_outcome::rejected, "no " + std::to_string(i), 3);
    EXPECT_EQ(outcome.events[0],
              i < 2 ? settlement_effect::retry_counted : settlement_effect::dead_lettered);
  }
  EXPECT_EQ(lease(queue).token, 0U);
  const auto listed = list(queue);
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].state, event_state::dead);
  EXPECT_EQ(listed[0].reason, "max_retries");
  EXPECT_EQ(listed[0].last_error, "no 2");
  EXPECT_EQ(listed[0].retry_count, 3U);
  EXPECT_EQ(listed[0].json, receipts[0].json) << "a dead letter is the event as it was";
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreSettle, TooLargeDiesAtOnceWithThatReason) {
  store queue = open();
  append(queue, 1);
  settle(queue, lease(queue), event_outcome::too_large, "413");
  ASSERT_EQ(list(queue).size(), 1U);
  EXPECT_EQ(list(queue)[0].reason, "too_large");
}

TEST_F(StoreSettle, ALateAcknowledgementIsStillTrue) {
  store queue = open();
  append(queue, 2);
  const auto grant = lease(queue);
  EXPECT_EQ(judge(queue, foreign, grant.events[0], event_outcome::delivered).events[0],
            settlement_effect::removed);
  EXPECT_EQ(judge(queue, 0, grant.events[1], event_outcome::duplicate).events[0],
            settlement_effect::removed);
  EXPECT_EQ(stats(queue).live, 0U);
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreSettle, ALateRefusalCountsNothing) {
  store queue = open();
  append(queue, 1);
  const auto late = lease(queue);
  now_ += 61'000'000;
  const auto current = lease(queue);
  for (const event_outcome what : {event_outcome::rejected, event_outcome::too_large})
    EXPECT_EQ(judge(queue, late.token, late.events[0], what).events[0],
              settlement_effect::not_leased);
  EXPECT_EQ(stats(queue).dead, 0U);
  EXPECT_EQ(settle(queue, current, event_outcome::kept).events[0], settlement_effect::unchanged);
  const auto again = lease(queue);
  ASSERT_EQ(again.events.size(), 1U);
  EXPECT_EQ(again.events[0].tries, 0U);
}

TEST_F(StoreSettle, ARefusalUnderAnotherTeamsLeaseCountsNothing) {
  store queue = open();
  append(queue, 1, "team-a");
  append(queue, 1, "team-b");
  const auto a = lease(queue, "team-a");
  const auto b = lease(queue, "team-b");
  EXPECT_EQ(judge(queue, b.token, a.events[0], event_outcome::rejected).events[0],
            settlement_effect::not_leased);
  settle(queue, a, event_outcome::kept);
  EXPECT_EQ(lease(queue, "team-a").events[0].tries, 0U);
}

TEST_F(StoreSettle, ALeaseIsExtendedByWhatIsSentNextInTheSameTransaction) {
  store queue = open();
  const auto receipts = append(queue, 5);
  const auto grant = lease(queue, "team-a", 2);
  settle_request request{grant.token, {}, 5, std::chrono::seconds(60)};
  for (const auto& event : grant.events)
    request.verdicts.push_back({event.seq, event.event_id, event_outcome::delivered, {}, false});
  request.more = lease_request{"team-a", grant.events.back().seq, ~0ULL, 2};
  const auto before = last_commit();
  const auto outcome = *queue.settle(request, now_);
  EXPECT_EQ(last_commit() - before, 1U);
  ASSERT_EQ(outcome.more.size(), 2U);
  EXPECT_EQ(outcome.more[0].json, receipts[2].json);
  EXPECT_EQ(outcome.more[1].event_id, receipts[3].event_id);
  EXPECT_EQ(stats(queue).leased, 2U) << "what was settled has left it";
  EXPECT_EQ(recount(queue, home_), "");
  EXPECT_EQ(judge(queue, grant.token, outcome.more[0], event_outcome::rejected).events[0],
            settlement_effect::retry_counted);
}

TEST_F(StoreSettle, ALeaseThatIsOverIsNotExtended) {
  store queue = open();
  append(queue, 3);
  const auto late = lease(queue, "team-a", 1);
  now_ += 61'000'000;
  ASSERT_NE(lease(queue, "team-a", 1).token, late.token);
  settle_request request{late.token, {}, 5, std::chrono::seconds(60)};
  request.more = lease_request{"team-a", 1, ~0ULL, 2};
  EXPECT_TRUE(queue.settle(request, now_)->more.empty());
}

TEST_F(StoreSettle, WhatStaysQueuedLeavesALeaseThatContinues) {
  store queue = open();
  append(queue, 3);
  const auto grant = lease(queue);
  settle_request request{grant.token, {}, 5, std::chrono::seconds(60)};
  request.verdicts = {
      {grant.events[0].seq, grant.events[0].event_id, event_outcome::pending, {}, false},
      {grant.events[1].seq, grant.events[1].event_id, event_outcome::rejected, "no", false}};
  ASSERT_TRUE(queue.settle(request, now_));
  EXPECT_EQ(stats(queue).leased, 1U);
  EXPECT_EQ(stats(queue).live, 3U);
}

TEST_F(StoreSettle, AVerdictNeedsPositionAndIdToMatch) {
  store queue = open();
  append(queue, 2);
  const auto grant = lease(queue);
  leased_event crossed = grant.events[0];
  crossed.event_id = grant.events[1].event_id;
  EXPECT_EQ(judge(queue, grant.token, crossed, event_outcome::delivered).events[0],
            settlement_effect::not_leased);
  crossed.event_id = grant.events[0].event_id;
  crossed.seq = 4711;
  EXPECT_EQ(judge(queue, grant.token, crossed, event_outcome::delivered).events[0],
            settlement_effect::not_leased);
  EXPECT_EQ(stats(queue).live, 2U);
}

TEST_F(StoreSettle, AnAcknowledgementTwiceRemovesOnce) {
  store queue = open();
  append(queue, 2);
  const auto grant = lease(queue, "team-a", 1);
  settle(queue, grant, event_outcome::delivered);
  EXPECT_EQ(settle(queue, grant, event_outcome::delivered).events[0],
            settlement_effect::not_leased);
  EXPECT_EQ(stats(queue).acked, 1U);
  EXPECT_EQ(stats(queue).live, 1U);
}

TEST_F(StoreSettle, SettlingWithoutVerdictsGivesTheLeaseBack) {
  store queue = open();
  append(queue, 1);
  const auto grant = lease(queue);
  ASSERT_TRUE(queue.settle({grant.token, {}, 5}, now_));
  EXPECT_EQ(lease(queue).events.size(), 1U);
}

TEST_F(StoreSettle, StatisticsEqualARecountAfterAnyWalk) {
  std::mt19937 random(20260203);
  const auto pick = [&](unsigned below) { return static_cast<unsigned>(random() % below); };
  constexpr std::array<std::string_view, 3> teams = {"team-a", "team-b", "local"};
  constexpr std::array<event_outcome, 6> all_outcomes = {
      event_outcome::delivered, event_outcome::duplicate, event_outcome::pending,
      event_outcome::rejected,  event_outcome::too_large, event_outcome::kept};
  max_events_ = 120;
  store queue = open();
  for (int step = 0; step < 250; ++step) {
    now_ += pick(20) * 1'000'000;
    const auto team = teams[pick(3)];
    if (pick(3) == 0) {
      ASSERT_TRUE(queue.append(drafts_of(pick(12), team), now_));
      continue;
    }
    if (pick(12) == 0) {
      ASSERT_TRUE(queue.adopt({"https://x", "ana", "team-a", true}));
      continue;
    }
    const auto grant = lease(queue, team, 1 + pick(9));
    settle_request request{grant.token, {}, 2};
    for (const auto& event : grant.events)
      request.verdicts.push_back({event.seq, event.event_id, all_outcomes[pick(6)], "w"});
    if (pick(5) != 0) { // else its owner fell silent
      ASSERT_TRUE(queue.settle(request, now_));
    }
    ASSERT_EQ(recount(queue, home_), "") << "step " << step;
  }
  const auto found = stats(queue);
  EXPECT_EQ(found.accepted, found.live + found.acked + found.dead);
}

} // namespace
} // namespace spec_kitty
