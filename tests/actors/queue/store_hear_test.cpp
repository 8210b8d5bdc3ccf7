// What others did: place in the log, clock and statuses in one transaction; logs taken back.
#include "store_fixture.hpp"

#include "actors/queue/known_places.hpp"
#include "actors/queue/store.hpp"

#include <memory>

namespace spec_kitty {
namespace {

constexpr const char* old_log = "01J00000000000000000000001";
constexpr const char* new_log = "01J00000000000000000000002";

ulid event_of(std::uint64_t number) {
  ulid id;
  for (std::size_t i = 0; i < 8; ++i)
    id.bytes[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
  return id;
}

class StoreHear : public StoreTest {
protected:
  static log_name name(const char* log = old_log) { return {"https://a", "tea", log}; }
  join_done join(store& queue, std::uint64_t from, std::uint64_t head, const char* log = old_log) {
    return join_after(queue, known(queue), from, head, log);
  }
  /// The server was told `asked`.
  join_done join_after(store& queue, const cursor_found& asked, std::uint64_t from,
                       std::uint64_t head, const char* log = old_log) {
    const auto done = queue.join_log({name(log), from, head, asked.known, asked.reach}, now_);
    EXPECT_TRUE(done.ok());
    return done ? *done : join_done{};
  }
  std::uint64_t hear(store& queue, std::uint64_t first, std::uint64_t last, std::uint64_t clock = 0,
                     const char* log = old_log) {
    heard_burst burst;
    burst.log = std::make_shared<const log_name>(name(log));
    burst.clock = clock;
    burst.through = last;
    for (std::uint64_t seq = first; seq <= last; ++seq)
      burst.places.push_back({seq, event_of(seq)});
    const auto value = queue.hear(burst, ++now_);
    EXPECT_TRUE(value.ok());
    return value ? *value : 0;
  }
  cursor_found known(store& queue) {
    const auto found = queue.cursor({"https://a", "tea"});
    EXPECT_TRUE(found.ok());
    return found ? *found : cursor_found{};
  }
};

TEST_F(StoreHear, TheClockAndThePlaceMoveTogether) {
  auto queue = open();
  EXPECT_EQ(known(queue).log, "");
  join(queue, 0, 0);
  EXPECT_EQ(hear(queue, 1, 3, 41), 42U);
  EXPECT_EQ(known(queue).log, old_log);
  EXPECT_EQ(known(queue).known.front(), (heard_place{3, event_of(3)}));
  const auto again = join(queue, 3, 3);
  EXPECT_FALSE(again.lost);
  EXPECT_EQ(again.former_log, "");
}

TEST_F(StoreHear, AnotherTeamOrServerHasAPlaceOfItsOwn) {
  auto queue = open();
  join(queue, 0, 0);
  hear(queue, 1, 3);
  EXPECT_EQ(queue.cursor({"https://a", "milk"})->log, "");
  EXPECT_EQ(queue.cursor({"https://b", "tea"})->log, "");
}

TEST_F(StoreHear, ALogThatWasTakenBackIsReportedOnceAndKeptUntilAcknowledged) {
  auto queue = open();
  join(queue, 0, 0);
  hear(queue, 1, 9);
  const auto back = join(queue, 5, 5);
  ASSERT_TRUE(back.lost);
  EXPECT_EQ(back.lost->from, 6U);
  EXPECT_EQ(back.lost->to, 9U);
  EXPECT_EQ(known(queue).known.front().seq, 5U);
  EXPECT_FALSE(join(queue, 5, 5).lost) << "a second connection has nothing to report";
  auto kept = queue.stats()->taken_back_logs;
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].lost.from, 6U);
  EXPECT_EQ(queue.acknowledge_taken_back()->count, 1U);
  EXPECT_TRUE(queue.stats()->taken_back_logs.empty());
  EXPECT_EQ(queue.acknowledge_taken_back()->count, 0U);
}

TEST_F(StoreHear, AnotherLogInItsPlaceWasTakenBackToo) {
  auto queue = open();
  join(queue, 0, 0);
  hear(queue, 1, 9);
  const auto back = join(queue, 9, 12, new_log);
  EXPECT_EQ(back.former_log, old_log);
  ASSERT_TRUE(back.lost) << "a restore, although this home has lost nothing";
  EXPECT_GT(back.lost->from, back.lost->to);
  EXPECT_EQ(known(queue).log, new_log);
  EXPECT_EQ(known(queue).known.front().seq, 9U);
  hear(queue, 10, 10, 0, old_log);
  EXPECT_EQ(known(queue).known.front().seq, 9U) << "of the log that is no longer the team's";
}

TEST_F(StoreHear, NumbersOfThisHomesOwnEventsThatAreGoneAreNoticed) {
  auto queue = open();
  join(queue, 0, 0);
  hear(queue, 1, 3);
  heard_burst own;
  own.log = std::make_shared<const log_name>(name());
  own.through = 8;
  EXPECT_TRUE(queue.hear(own, now_).ok());
  EXPECT_FALSE(join(queue, 3, 8).lost);
  const auto back = join(queue, 3, 6);
  ASSERT_TRUE(back.lost);
  EXPECT_EQ(back.lost->to, 8U);
}

TEST_F(StoreHear, WhatWasHeardWhileAConnectionResumedIsNotLost) {
  auto queue = open();
  join(queue, 0, 0);
  hear(queue, 1, 3);
  const auto asked = known(queue);
  hear(queue, 4, 9); // the end of the connection before, or of another process's
  EXPECT_FALSE(join_after(queue, asked, 3, 7).lost);
  EXPECT_EQ(known(queue).known.front().seq, 9U);
  EXPECT_TRUE(queue.stats()->taken_back_logs.empty());
}

TEST_F(StoreHear, APlaceOutlivesTheProcess) {
  {
    auto queue = open();
    join(queue, 0, 0);
    hear(queue, 1, 100);
  }
  auto queue = open();
  EXPECT_EQ(known(queue).known.front().seq, 100U);
}

TEST(KnownPlaces, AreDenseAtTheNewestAndBoundedHoweverManyWereHeard) {
  std::vector<heard_place> kept;
  for (std::uint64_t seq = 1; seq <= 100'000; ++seq) {
    keep_places(kept, {{seq, event_of(seq)}});
    if (seq % 997 != 0)
      continue;
    ASSERT_LE(kept.size(), max_kept_places);
    ASSERT_EQ(kept.front().seq, seq);
    const auto reported = places_to_report(kept);
    ASSERT_LE(reported.size(), max_reported_places);
    for (std::size_t i = 1; i + 1 < reported.size(); ++i) {
      const std::uint64_t before = seq - reported[i - 1].seq;
      const std::uint64_t distance = seq - reported[i].seq;
      ASSERT_LE(distance, std::max<std::uint64_t>(4 * before, 4)) << "at " << seq;
    }
  }
  EXPECT_GE(places_to_report(kept).size(), 14U);
}

TEST(KnownPlaces, OfABurstAreAsThoseOfSingleEvents) {
  std::vector<heard_place> kept;
  std::vector<heard_place> burst;
  for (std::uint64_t seq = 5; seq <= 5000; seq += 5)
    burst.push_back({seq, event_of(seq)});
  keep_places(kept, burst);
  keep_places(kept, burst);
  EXPECT_EQ(kept.front().seq, 5000U);
  EXPECT_EQ(kept.back().seq, 5U);
  EXPECT_LE(kept.size(), max_kept_places);
}

} // namespace
} // namespace spec_kitty
