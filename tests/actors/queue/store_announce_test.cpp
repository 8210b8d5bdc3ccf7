#include "actors/queue/spill.hpp"
#include "tests/actors/queue/store_fixture.hpp"

namespace spec_kitty {
namespace {

struct StoreAnnounce : StoreTest {
  /// True when an event with these keys is recorded.
  bool records(store& queue, std::vector<std::string> keys) {
    auto announcement = draft_of();
    announcement.dedup_keys = std::move(keys);
    const auto answers = queue.append(std::vector{announcement}, now_);
    EXPECT_TRUE(answers && answers->at(0));
    return !answers->at(0)->known;
  }
};

TEST_F(StoreAnnounce, AnEventIsRecordedOnceUnderAnyOfItsKeys) {
  auto queue = open();
  const auto now = announcement_key("p", "001-tea", "WP01");
  const auto before = announcement_key("/path", "001-tea", "WP01");
  EXPECT_EQ(now.size(), 17U);
  EXPECT_TRUE(records(queue, {before}));
  EXPECT_FALSE(records(queue, {now, before})) << "it was announced under its other key";
  EXPECT_TRUE(records(queue, {now}));
  EXPECT_TRUE(records(queue, {}));
  EXPECT_TRUE(records(queue, {}));
  EXPECT_EQ(queue.stats()->live, 4U);
  EXPECT_EQ(queue.stats()->clock, 4U) << "what is not recorded ticks no clock";
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreAnnounce, TwoOfOneKeyInOneTransactionAreOne) {
  auto queue = open();
  auto announcement = draft_of();
  announcement.dedup_keys = {announcement_key("p", "f", "WP01")};
  const auto answers = queue.append(std::vector{announcement, announcement}, now_);
  ASSERT_TRUE(answers);
  EXPECT_FALSE(answers->at(0)->known);
  EXPECT_TRUE(answers->at(1)->known);
  EXPECT_EQ(answers->at(1)->event_id, answers->at(0)->event_id)
      << "a second request gets the same id";
}

TEST_F(StoreAnnounce, ItOutlivesTheProcess) {
  const auto key = announcement_key("p", "001-tea", "WP01");
  {
    auto queue = open();
    EXPECT_TRUE(records(queue, {key}));
  }
  auto again = open();
  EXPECT_FALSE(records(again, {key}));
}

TEST_F(StoreAnnounce, ASpilledEventKeepsItsKeys) {
  auto announcement = draft_of();
  announcement.dedup_keys = {announcement_key("p", "001-tea", "WP01"),
                             announcement_key("q", "", "")};
  const std::vector<spilled_event> events = {{announcement, now_, {}},
                                             {announcement, now_ + 1, {}}};
  EXPECT_EQ(parse_spill(render_spill(events)).events.at(0).draft.dedup_keys,
            announcement.dedup_keys);
  ASSERT_TRUE(write_spill(home_, events, now_));
  auto queue = open();
  EXPECT_EQ(*queue.take_in_spill(now_), 1U) << "the second is the same announcement";
  EXPECT_FALSE(records(queue, {announcement.dedup_keys.front()}));
}

TEST(AnnouncementKey, TellsProjectsFeaturesAndWorkPackagesApart) {
  EXPECT_NE(announcement_key("p", "f", "WP01"), announcement_key("q", "f", "WP01"));
  EXPECT_NE(announcement_key("p", "f", "WP01"), announcement_key("p", "g", "WP01"));
  EXPECT_NE(announcement_key("p", "f", "WP01"), announcement_key("p", "f", "WP02"));
  EXPECT_NE(announcement_key("pf", "", "x"), announcement_key("p", "f", "x"));
}

} // namespace
} // namespace spec_kitty
