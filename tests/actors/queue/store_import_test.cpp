// Events from elsewhere: each once, in their order, with what they came with.
#include "actors/clock/causality.hpp"
#include "messages/foreign_event.hpp"
#include "tests/actors/queue/store_fixture.hpp"

namespace spec_kitty {
namespace {

constexpr const char* other_node = "0123456789ab";
constexpr std::uint64_t day_ms = 24ULL * 60 * 60 * 1000;

struct StoreImport : StoreTest {
  /// An event as it stands in a file; ids rise with `number`, from a second ago.
  imported_event event(unsigned number, std::uint64_t clock, const std::string& node = other_node,
                       const std::string& team = "team-a") const {
    return made(id_at(static_cast<std::uint64_t>(now_) / 1000 - 1000 + number), number, clock, node,
                team);
  }

  static std::string id_at(std::uint64_t ms) { return to_string(next_ulid({}, ms, {})); }

  static imported_event made(const std::string& id, unsigned number, std::uint64_t clock,
                             const std::string& node = other_node,
                             const std::string& team = "team-a") {
    auto read =
        read_foreign_event(render_head({id, clock, node}, team) +
                               render_tail(draft_of(team, "number " + std::to_string(number))),
                           {});
    if (!read)
      throw std::runtime_error(read.error().message);
    return *std::move(read);
  }

  std::vector<imported_event> events(unsigned count, std::uint64_t first_clock = 1) const {
    std::vector<imported_event> all;
    for (unsigned i = 0; i < count; ++i)
      all.push_back(event(i, first_clock + i));
    return all;
  }

  import_done take(store& queue, std::vector<imported_event> all, bool look_only = false) {
    const std::size_t count = all.size();
    auto done = queue.import_events({std::move(all), look_only}, now_);
    if (!done)
      throw std::runtime_error(done.error().message);
    EXPECT_EQ(done->events.size(), count);
    return *std::move(done);
  }

  static std::string json_of(const imported_event& event) {
    return render_head({event.event_id, event.lamport_clock, event.node_id}, event.team_slug) +
           event.tail;
  }
};

TEST_F(StoreImport, EventsKeepEveryFieldAndTheOrderOfTheirFile) {
  store queue = open();
  append(queue, 2);
  auto all = events(5, 100);
  std::swap(all[1], all[3]); // neither ids nor clocks need to rise
  for (const auto& answer : take(queue, all).events)
    EXPECT_EQ(answer.what, import_outcome::added);
  const auto found = list(queue);
  ASSERT_EQ(found.size(), 7U);
  for (std::size_t i = 0; i < all.size(); ++i)
    EXPECT_EQ(found[2 + i].json, json_of(all[i]));
}

TEST_F(StoreImport, TheBooksAddUpAfterwards) {
  store queue = open();
  take(queue, events(50));
  append(queue, 3);
  EXPECT_EQ(recount(queue, home_), "");
  EXPECT_EQ(stats(queue).accepted, 53U);
}

TEST_F(StoreImport, WhatIsHereAlreadyKeepsItsPlaceAndItsCount) {
  store queue = open();
  take(queue, events(4));
  settle(queue, lease(queue, "team-a", 1), event_outcome::rejected);
  settle(queue, lease(queue, "team-a", 1), event_outcome::too_large); // the same one: dead now
  settle(queue, lease(queue, "team-a", 1), event_outcome::rejected);
  const auto before = list(queue);
  for (const auto& answer : take(queue, events(4)).events)
    EXPECT_EQ(answer.what, import_outcome::known);
  const auto after = list(queue);
  ASSERT_EQ(after.size(), 4U);
  for (std::size_t i = 0; i < after.size(); ++i) {
    EXPECT_EQ(after[i].seq, before[i].seq);
    EXPECT_EQ(after[i].retry_count, before[i].retry_count);
    EXPECT_EQ(after[i].state, before[i].state);
  }
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreImport, AnEventThatStandsTwiceInABatchIsTakenOnce) {
  store queue = open();
  const auto done = take(queue, {event(1, 1), event(1, 1)});
  EXPECT_EQ(done.events[0].what, import_outcome::added);
  EXPECT_EQ(done.events[1].what, import_outcome::known);
}

TEST_F(StoreImport, AnotherEventUnderTheSameIdIsAConflictAndTheStoredOneStays) {
  store queue = open();
  const auto first = event(1, 1);
  take(queue, {first});
  const auto done = take(queue, {made(first.event_id, 2, 1), event(3, 3)});
  EXPECT_EQ(done.events[0].what, import_outcome::conflict);
  EXPECT_NE(done.events[0].message.find("payload"), std::string::npos) << done.events[0].message;
  EXPECT_EQ(done.events[1].what, import_outcome::added);
  EXPECT_EQ(list(queue)[0].json, json_of(first));
}

TEST_F(StoreImport, ATeamOrAClockThatThisHomeRewroteIsNoConflict) {
  store queue = open();
  const auto local = event(1, 1, other_node, "local");
  take(queue, {local});
  ASSERT_TRUE(queue.adopt({"https://sync.example", "ann", "team-a", false}));
  ASSERT_TRUE(queue.restamp({500, 0, {}}));
  ASSERT_NE(list(queue)[0].json, json_of(local));
  EXPECT_EQ(take(queue, {local}).events[0].what, import_outcome::known);
}

TEST_F(StoreImport, TheClockIsAtLeastEveryImportedValueAfterwards) {
  store queue = open();
  EXPECT_EQ(take(queue, {event(1, 900), event(2, 40)}).clock, 900U);
  EXPECT_EQ(append(queue, 1)[0].lamport_clock, 901U);
}

TEST_F(StoreImport, AnAbsurdClockIsRefusedForItsEventAlone) {
  store queue = open();
  const auto done = take(queue, {event(1, max_received + 1), event(2, max_received)});
  EXPECT_EQ(done.events[0].what, import_outcome::refused);
  EXPECT_NE(done.events[0].message.find("lamport_clock"), std::string::npos);
  EXPECT_EQ(done.events[1].what, import_outcome::added);
  EXPECT_EQ(append(queue, 1)[0].lamport_clock, max_received + 1) << "values are left for this node";
}

TEST_F(StoreImport, AClockValueOfThisNodeStandsForOneEventOnly) {
  store queue = open();
  const auto own = append(queue, 3);
  const auto done =
      take(queue, {event(1, 2, queue.node_id()), event(2, 2), event(3, 3, queue.node_id())});
  EXPECT_EQ(done.restamped, 2U) << "another node's value is its own";
  EXPECT_EQ(done.clock, 5U);
  const auto found = list(queue);
  EXPECT_NE(found[3].json.find(R"("lamport_clock":4,)"), std::string::npos) << found[3].json;
  EXPECT_NE(found[4].json.find(R"("lamport_clock":2,)"), std::string::npos) << found[4].json;
  EXPECT_NE(found[5].json.find(R"("lamport_clock":5,)"), std::string::npos) << found[5].json;
  const auto again = take(queue, {event(1, 2, queue.node_id())});
  EXPECT_EQ(again.events[0].what, import_outcome::known);
}

TEST_F(StoreImport, AClockValueOfADeadLetterIsTakenToo) {
  store queue = open();
  append(queue, 1);
  settle(queue, lease(queue), event_outcome::too_large);
  EXPECT_EQ(take(queue, {event(1, 1, queue.node_id())}).restamped, 1U);
}

TEST_F(StoreImport, OwnEventsThatMadeRoomComeBackWithTheirStamps) {
  max_events_ = 4;
  store_options evicting = options();
  evicting.evict_oldest = true;
  auto queue = store::open(evicting, open_mode::write);
  ASSERT_TRUE(queue);
  const auto receipts = append(*queue, 6);
  ASSERT_EQ(stats(*queue).live, 4U);
  settle(*queue, lease(*queue), event_outcome::delivered);
  std::vector<imported_event> gone;
  for (const auto& receipt : {receipts[0], receipts[1]})
    gone.push_back(*read_foreign_event(receipt.json, {}));
  EXPECT_EQ(take(*queue, gone).restamped, 0U);
  EXPECT_EQ(list(*queue)[0].json, receipts[0].json);
  EXPECT_EQ(list(*queue)[1].json, receipts[1].json);
}

TEST_F(StoreImport, NewIdsRiseAboveImportedOnes) {
  store queue = open();
  const auto ahead = made(id_at(static_cast<std::uint64_t>(now_) / 1000 + day_ms / 2), 1, 1);
  take(queue, {ahead, event(2, 2)});
  EXPECT_GT(append(queue, 1)[0].event_id, ahead.event_id);
}

TEST_F(StoreImport, AnIdFromTheFarFutureDoesNotCarryTheNewIdsAway) {
  store queue = open();
  const auto last = made("7ZZZZZZZZZZZZZZZZZZZZZZZZZ", 1, 1, queue.node_id());
  const auto far = made(id_at(static_cast<std::uint64_t>(now_) / 1000 + 2 * day_ms), 2, 2);
  take(queue, {last, far});
  const auto made_here = append(queue, 2);
  EXPECT_LT(made_here[0].event_id, far.event_id);
  EXPECT_LT(made_here[0].event_id, made_here[1].event_id);
  EXPECT_EQ(list(queue).size(), 4U) << "both are kept all the same";
}

TEST_F(StoreImport, RefusalsCountedElsewhereGoOnHere) {
  store queue = open();
  auto tried = event(1, 1);
  tried.tries = 4;
  take(queue, {tried, event(2, 2)});
  EXPECT_EQ(list(queue)[0].retry_count, 4U);
  EXPECT_EQ(list(queue)[1].retry_count, 0U);
  settle(queue, lease(queue), event_outcome::rejected);
  EXPECT_EQ(list(queue)[0].state, event_state::dead);
  EXPECT_EQ(list(queue)[1].retry_count, 1U);
}

TEST_F(StoreImport, EventsOfAnOptedOutProjectStayHeld) {
  store queue = open();
  const std::string uuid = "6f1e1c1e-0000-4000-8000-000000000001";
  ASSERT_TRUE(queue.decide_project({uuid, "alpha", project_request::decision::keep}, now_));
  auto of_alpha = event(1, 1);
  of_alpha.project_key = uuid;
  of_alpha.project_name = "alpha";
  take(queue, {of_alpha, event(2, 2)});
  EXPECT_EQ(list(queue)[0].state, event_state::held);
  EXPECT_EQ(lease(queue).events.size(), 1U);
}

TEST_F(StoreImport, LookingChangesNothing) {
  store queue = open();
  const auto first = event(1, 1);
  take(queue, {first});
  const auto seen = take(queue, {first, made(first.event_id, 5, 1), event(2, 70)}, true);
  EXPECT_EQ(seen.events[0].what, import_outcome::known);
  EXPECT_EQ(seen.events[1].what, import_outcome::conflict);
  EXPECT_EQ(seen.events[2].what, import_outcome::added);
  EXPECT_EQ(seen.events[2].bytes, 48 + 12 + json_of(event(2, 70)).size());
  EXPECT_EQ(seen.live, 1U);
  EXPECT_EQ(list(queue).size(), 1U);
  EXPECT_EQ(stats(queue).clock, 1U);
}

TEST_F(StoreImport, AtTheCapNothingIsEvictedAndNothingCountsAsDropped) {
  max_events_ = 3;
  store queue = open();
  append(queue, 1);
  const auto done = take(queue, events(4, 10));
  EXPECT_EQ(done.events[1].what, import_outcome::added);
  EXPECT_EQ(done.events[2].what, import_outcome::no_capacity);
  EXPECT_EQ(done.events[3].what, import_outcome::no_capacity);
  EXPECT_EQ(stats(queue).live, 3U);
  EXPECT_EQ(stats(queue).dropped, 0U);
}

} // namespace
} // namespace spec_kitty
