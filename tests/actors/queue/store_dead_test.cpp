// Dead letters have a way out; a forbidden team is held visibly.
#include "tests/actors/queue/store_fixture.hpp"

#include "actors/clock/causality.hpp"
#include "messages/validate.hpp"

namespace spec_kitty {
namespace {

class StoreDead : public StoreTest {
protected:
  /// Three events, all of them refused for good.
  std::vector<append_receipt> bury_three(store& queue) {
    auto receipts = append(queue, 3);
    const auto grant = lease(queue);
    settle(queue, grant, event_outcome::rejected, "never", 1);
    EXPECT_EQ(stats(queue).dead, 3U);
    return receipts;
  }
  dead_done decide(store& queue, dead_request::decision what, std::vector<std::string> ids) {
    auto done = queue.decide_dead({what, std::move(ids)});
    EXPECT_TRUE(done) << done.error().message;
    return *done;
  }
};

TEST_F(StoreDead, RetriedEventsStandInTheirOldPlaceWithNoTriesCounted) {
  store queue = open();
  const auto before = bury_three(queue);
  append(queue, 1);
  EXPECT_EQ(decide(queue, dead_request::decision::retry, {}).count, 3U);
  const auto events = list(queue);
  ASSERT_EQ(events.size(), 4U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(events[i].json, before[i].json) << "the same bytes, in the same order";
    EXPECT_EQ(events[i].state, event_state::queued);
    EXPECT_EQ(events[i].retry_count, 0U);
  }
  EXPECT_EQ(lease(queue).events.size(), 4U);
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreDead, DiscardedEventsAreGone) {
  store queue = open();
  const auto before = bury_three(queue);
  EXPECT_EQ(decide(queue, dead_request::decision::discard, {before[1].event_id}).count, 1U);
  EXPECT_EQ(stats(queue).dead, 2U);
  EXPECT_EQ(list(queue).size(), 2U);
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreDead, AnUnknownIdStopsTheWholeDecision) {
  store queue = open();
  const auto before = bury_three(queue);
  const std::string stranger(26, '0');
  const auto done = decide(queue, dead_request::decision::discard, {before[0].event_id, stranger});
  EXPECT_EQ(done.unknown, std::vector{stranger});
  EXPECT_EQ(done.count, 0U);
  EXPECT_EQ(stats(queue).dead, 3U);
}

TEST_F(StoreDead, ListingSaysWhyHowOftenAndWhen) {
  store queue = open();
  append(queue, 1);
  const epoch_us first = now_;
  settle(queue, lease(queue), event_outcome::rejected, "not yet", 2);
  now_ += 60000000;
  settle(queue, lease(queue), event_outcome::rejected, "never", 2);
  const auto events = list(queue);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].state, event_state::dead);
  EXPECT_EQ(events[0].reason, "max_retries");
  EXPECT_EQ(events[0].retry_count, 2U);
  EXPECT_EQ(events[0].last_error, "never");
  EXPECT_EQ(events[0].first_try_at, first);
  EXPECT_EQ(events[0].last_try_at, now_);
}

TEST_F(StoreDead, ForbiddenTeamIsHeldWithItsReasonUntilItIsLetGo) {
  store queue = open();
  append(queue, 2);
  ASSERT_TRUE(queue.hold({"team-a", "not paid"}, now_));
  EXPECT_EQ(list(queue).front().state, event_state::held);
  EXPECT_EQ(list(queue).front().reason, "not paid");
  EXPECT_TRUE(queue.due({"team-a", 0, ~0ULL})->held);
  ASSERT_TRUE(queue.hold({"team-a", ""}, now_));
  EXPECT_EQ(list(queue).front().state, event_state::queued);
  EXPECT_FALSE(queue.due({"team-a", 0, ~0ULL})->held);
}

class StoreRestamp : public StoreTest {};

TEST_F(StoreRestamp, WhatWasNeverSentGetsNewStampsInOrderUnderItsOldId) {
  store queue = open();
  const auto before = append(queue, 3);
  const auto done = queue.restamp({100, 0, {}});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->restamped, 3U);
  EXPECT_EQ(done->clock, 104U);
  const auto grant = lease(queue);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(grant.events[i].event_id, before[i].event_id);
    EXPECT_EQ(grant.events[i].lamport_clock, 102 + i);
    const auto event = parse_json(grant.events[i].json.view());
    EXPECT_EQ(whole_number_of(*event, "lamport_clock"), static_cast<std::int64_t>(102 + i));
    EXPECT_FALSE(validate_event(*event));
  }
  EXPECT_EQ(append(queue, 1).front().lamport_clock, 105U);
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreRestamp, WhatMayBeAtTheServerKeepsItsStamp) {
  store queue = open();
  append(queue, 3);
  const auto sent = lease(queue, "team-a", 2);
  settle(queue, sent, event_outcome::kept); // its reply was lost
  append(queue, 1, "team-b");
  const auto done = queue.restamp({100, 0, {1}});
  ASSERT_TRUE(done);
  EXPECT_EQ(done->restamped, 2U) << "the third of team-a and the one of team-b";
  const auto again = lease(queue);
  EXPECT_EQ(again.events[0].lamport_clock, 1U);
  EXPECT_EQ(again.events[1].lamport_clock, 2U);
  EXPECT_EQ(again.events[2].lamport_clock, 102U);
}

TEST_F(StoreRestamp, NamedEventsOfTheCallersLeaseComeBackRestamped) {
  store queue = open();
  append(queue, 3);
  const auto grant = lease(queue);
  const auto done = queue.restamp({100, grant.token, {grant.events[1].seq, grant.events[2].seq}});
  ASSERT_TRUE(done);
  ASSERT_EQ(done->events.size(), 2U);
  EXPECT_EQ(done->events[0].event_id, grant.events[1].event_id);
  EXPECT_EQ(done->events[0].lamport_clock, 102U);
  EXPECT_EQ(done->events[1].lamport_clock, 103U);
}

TEST_F(StoreRestamp, AnAbsurdServerClockChangesNothing) {
  store queue = open();
  append(queue, 2);
  for (const std::uint64_t absurd :
       {max_received + 1, max_lamport, max_lamport + 1, ~std::uint64_t{0}}) {
    const auto done = queue.restamp({absurd, 0, {}});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ec::bad_input);
  }
  EXPECT_EQ(stats(queue).clock, 2U);
  EXPECT_EQ(lease(queue).events[0].lamport_clock, 1U);
}

TEST_F(StoreRestamp, AClockWithoutRoomForTheStampsIsLeftAlone) {
  store queue = open();
  append(queue, 2);
  set_clock(max_lamport - 1);
  EXPECT_FALSE(queue.restamp({7, 0, {}}));
  EXPECT_EQ(stats(queue).clock, max_lamport - 1);
  EXPECT_EQ(lease(queue).events[0].lamport_clock, 1U);
}

} // namespace
} // namespace spec_kitty
