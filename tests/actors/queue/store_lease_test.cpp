// Leasing: the oldest first, within bounds, one lease per team, and back at once from the dead.
#include "tests/actors/queue/store_fixture.hpp"

#include "actors/batch_sync/batch.hpp"
#include "actors/queue/process_mark.hpp"

namespace spec_kitty {
namespace {

class StoreLease : public StoreTest {
protected:
  lease_request request(std::string_view team = "team-a") {
    lease_request wanted;
    wanted.team_slug = team;
    wanted.ttl = std::chrono::seconds(10);
    return wanted;
  }
};

TEST_F(StoreLease, GivesTheOldestEventsInOrder) {
  store queue = open();
  const auto receipts = append(queue, 10);
  const auto grant = lease(queue, "team-a", 4);
  ASSERT_EQ(grant.events.size(), 4U);
  EXPECT_NE(grant.token, 0U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(grant.events[i].event_id, receipts[i].event_id);
    EXPECT_EQ(grant.events[i].lamport_clock, receipts[i].lamport_clock);
    EXPECT_EQ(grant.events[i].json, receipts[i].json);
    EXPECT_EQ(grant.events[i].tries, 0U);
  }
}

TEST_F(StoreLease, KeepsTheJoinedBatchWithinItsBytes) {
  store queue = open();
  append(queue, 50);
  auto wanted = request();
  wanted.max_bytes = 3000;
  const auto grant = queue.lease(wanted, this_process(), now_);
  ASSERT_TRUE(grant);
  EXPECT_GT(grant->events.size(), 1U);
  EXPECT_LE(join_batch(grant->events).size(), 3000U);
  EXPECT_GT(join_batch(grant->events).size(), 3000U - 2 * grant->events[0].json.size())
      << "one more event would have fitted";
}

TEST_F(StoreLease, AnEventLargerThanTheBoundGoesAlone) {
  store queue = open();
  append(queue, 2);
  auto wanted = request();
  wanted.max_bytes = 10;
  const auto grant = queue.lease(wanted, this_process(), now_);
  ASSERT_TRUE(grant);
  EXPECT_EQ(grant->events.size(), 1U);
}

TEST_F(StoreLease, AnEmptyQueueOrAnUnknownTeamGivesNoToken) {
  store queue = open();
  EXPECT_EQ(lease(queue).token, 0U);
  append(queue, 1, "team-b");
  EXPECT_EQ(lease(queue, "team-a").token, 0U);
  EXPECT_EQ(lease(queue, "team-a").busy_until, 0);
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreLease, StaysWithinTheRunThatAsked) {
  store queue = open();
  append(queue, 5);
  const auto due = queue.due({"team-a", 0, ~0ULL});
  ASSERT_TRUE(due);
  EXPECT_EQ(due->due, 5U);
  append(queue, 5); // recorded after the run began
  auto wanted = request();
  wanted.after = 2;
  wanted.through = due->through;
  const auto grant = queue.lease(wanted, this_process(), now_);
  ASSERT_TRUE(grant);
  ASSERT_EQ(grant->events.size(), 3U);
  EXPECT_EQ(grant->events.front().seq, 3U);
  EXPECT_EQ(grant->events.back().seq, 5U);
}

TEST_F(StoreLease, DueTellsATeamsEventsFromTheOthers) {
  store queue = open();
  append(queue, 3, "team-a");
  append(queue, 2, "team-b");
  append(queue, 4, local_team);
  EXPECT_EQ(queue.due({"team-a", 0, ~0ULL})->due, 3U);
  EXPECT_EQ(queue.due({"team-a", 0, ~0ULL})->elsewhere, 6U);
  EXPECT_EQ(queue.due({"team-a", 0, ~0ULL})->total, 9U);
  EXPECT_EQ(queue.due({"", 0, ~0ULL})->due, 0U);
  EXPECT_EQ(queue.due({"", 0, ~0ULL})->total, 9U);
}

TEST_F(StoreLease, ATeamHasOneLeaseAtATime) {
  store queue = open();
  append(queue, 10);
  const auto first = lease(queue, "team-a", 3);
  const auto second = lease(queue, "team-a", 3);
  EXPECT_EQ(second.token, 0U);
  EXPECT_TRUE(second.events.empty());
  EXPECT_EQ(second.busy_until, now_ + 60'000'000);
  settle(queue, first, event_outcome::delivered);
  EXPECT_EQ(lease(queue).events.front().seq, 4U);
}

TEST_F(StoreLease, TeamsLeaseIndependentlyAndTokensOnlyGrow) {
  store queue = open();
  append(queue, 3, "team-a");
  append(queue, 3, "team-b");
  const auto a = lease(queue, "team-a");
  const auto b = lease(queue, "team-b");
  EXPECT_EQ(a.events.size(), 3U);
  EXPECT_EQ(b.events.size(), 3U);
  EXPECT_GT(b.token, a.token);
  settle(queue, b, event_outcome::kept);
  EXPECT_GT(lease(queue, "team-b").token, b.token);
}

TEST_F(StoreLease, FindsATeamsEventBehindNineThousandOfAnother) {
  max_events_ = 20000;
  store queue = open();
  for (int i = 0; i < 9; ++i)
    append(queue, 1000, "other");
  append(queue, 2, "team-a");
  // Events that must not be read are damaged: a lease that scanned them would fail here.
  ASSERT_TRUE(tables_of(home_)->write([](lmdb_txn& txn, const store_tables& tables) {
    for (std::uint64_t seq = 1; seq <= 9000; ++seq)
      txn.put(tables.events, position_key(seq), "damaged");
    return true;
  }));
  const auto grant = lease(queue, "team-a");
  ASSERT_EQ(grant.events.size(), 2U);
  EXPECT_EQ(grant.events.front().seq, 9001U);
}

TEST_F(StoreLease, ALeaseWhoseTimeIsOverIsTakenBack) {
  store queue = open();
  append(queue, 3);
  const auto late = lease(queue);
  now_ += 60'000'000 - 1;
  EXPECT_EQ(lease(queue).token, 0U);
  now_ += 1;
  const auto next = lease(queue);
  EXPECT_EQ(next.events.size(), 3U);
  EXPECT_GT(next.token, late.token);
}

TEST_F(StoreLease, AClockThatIsSetBackProlongsNoLease) {
  store queue = open();
  append(queue, 3);
  const auto late = lease(queue);
  now_ -= epoch_us{60'000'000};
  EXPECT_EQ(lease(queue).token, 0U) << "a caller that waited for the lock has an older time";
  now_ -= 1;
  const auto next = lease(queue);
  EXPECT_EQ(next.events.size(), 3U);
  EXPECT_GT(next.token, late.token);
  EXPECT_EQ(settle(queue, late, event_outcome::delivered).events.front(),
            settlement_effect::removed)
      << "a late acknowledgement is still true";
}

TEST_F(StoreLease, ADeadOwnersLeaseIsTakenBackAtOnce) {
  {
    store queue = open();
    append(queue, 3);
  }
  ASSERT_EQ(in_child([&] {
              store queue = open();
              return static_cast<int>(lease(queue).events.size());
            }),
            3);
  store queue = open();
  EXPECT_EQ(stats(queue).leased, 0U) << "the status must not wait for the next lease";
  EXPECT_EQ(lease(queue).events.size(), 3U);
}

TEST_F(StoreLease, ALivingOwnersLeaseIsNotTaken) {
  {
    store queue = open();
    append(queue, 3);
    EXPECT_EQ(lease(queue).events.size(), 3U);
  }
  // Another process asks while this one lives.
  EXPECT_EQ(in_child([&] {
              store queue = open();
              const auto grant = lease(queue);
              return grant.token == 0 && grant.busy_until > now_ ? 0 : 1;
            }),
            0);
}

TEST_F(StoreLease, TakingALeaseBackLeavesTheCountsAsTheyWere) {
  store queue = open();
  append(queue, 3);
  lease(queue);
  EXPECT_EQ(stats(queue).leased, 3U);
  now_ += 61'000'000;
  lease(queue, "team-b"); // another team's lease sweeps too
  EXPECT_EQ(stats(queue).leased, 0U);
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreLease, InPassingOnlyEventsThatWereNeverRefusedAreGiven) {
  store queue = open();
  const auto receipts = append(queue, 4);
  auto first = lease(queue, "team-a", 2);
  settle(queue, first, event_outcome::rejected);
  auto wanted = request();
  wanted.fresh_only = true;
  wanted.max_events = 1;
  const auto grant = queue.lease(wanted, this_process(), now_);
  ASSERT_TRUE(grant);
  ASSERT_EQ(grant->events.size(), 1U);
  EXPECT_EQ(grant->events[0].event_id, receipts[2].event_id) << "those before it were refused";
}

TEST_F(StoreLease, InPassingNothingOfAForbiddenTeamIsGiven) {
  store queue = open();
  append(queue, 1);
  ASSERT_TRUE(queue.hold({"team-a", "forbidden"}, now_));
  auto wanted = request();
  wanted.fresh_only = true;
  EXPECT_TRUE(queue.lease(wanted, this_process(), now_)->events.empty());
  EXPECT_EQ(lease(queue).events.size(), 1U) << "a run asks again";
}

} // namespace
} // namespace spec_kitty
