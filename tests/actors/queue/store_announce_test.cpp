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

TEST_F(StoreAnnounce, AnIntentsEventIsRecordedOnceAlsoFromASpillFile) {
  const std::string intent = fresh_ulid(static_cast<std::uint64_t>(now_ / 1000));
  auto first = draft_of("team-a", "first");
  auto second = draft_of("team-a", "second");
  first.intent_key = make_intent_key(intent, 1);
  second.intent_key = make_intent_key(intent, 2);
  std::string first_id;
  {
    auto queue = open();
    first_id = append(queue, {first}).front().event_id;
  }
  const std::vector<spilled_event> events = {
      {first, now_, {}}, {second, now_, {}}, {second, now_ + 1, {}}};
  EXPECT_EQ(parse_spill(render_spill(events)).events.at(1).draft.intent_key, second.intent_key);
  ASSERT_TRUE(write_spill(home_, events, now_));
  auto queue = open();
  EXPECT_EQ(*queue.take_in_spill(now_), 1U);
  const auto answers = queue.append(std::vector{first, second, first}, now_);
  ASSERT_TRUE(answers);
  for (const auto& answer : *answers)
    EXPECT_TRUE(answer->known);
  EXPECT_EQ(answers->at(0)->event_id, first_id);
  EXPECT_EQ(queue.stats()->clock, 2U) << "what is not recorded ticks no clock";
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreAnnounce, AnIntentsKeyLives30Days) {
  constexpr epoch_us day = 24LL * 60 * 60 * 1'000'000;
  auto queue = open();
  const auto intent_at = [&](epoch_us when, std::size_t number) {
    auto draft = draft_of();
    draft.intent_key = make_intent_key(
        to_string(next_ulid({}, static_cast<std::uint64_t>(when / 1000), {})), number);
    return draft;
  };
  const auto known = [&](const event_draft& draft) {
    const auto answers = queue.append(std::vector{draft}, now_);
    return answers->at(0)->known;
  };
  const auto old = intent_at(now_ - 20 * day, 1);
  const auto recent = intent_at(now_, 1);
  EXPECT_FALSE(known(old));
  EXPECT_FALSE(known(recent));
  EXPECT_TRUE(known(old));
  now_ += 11 * day;
  EXPECT_FALSE(known(intent_at(now_, 2))) << "this transaction removes what is over 30 days old";
  EXPECT_TRUE(known(recent));
  EXPECT_FALSE(known(old));
}

TEST_F(StoreAnnounce, OldIntentKeysAreRemovedAFewAtATime) {
  constexpr epoch_us day = 24LL * 60 * 60 * 1'000'000;
  auto queue = open();
  std::vector<event_draft> drafts = drafts_of(150);
  const std::string intent = to_string(next_ulid({}, static_cast<std::uint64_t>(now_ / 1000), {}));
  for (std::size_t i = 0; i < drafts.size(); ++i)
    drafts[i].intent_key = make_intent_key(intent, i);
  append(queue, drafts);
  now_ += 31 * day;
  const auto remaining = [&] {
    std::uint64_t known = 0;
    const auto there = environment::open({home_ / "queue"}, open_mode::read, {});
    EXPECT_TRUE((*there)->read([&](lmdb_txn& txn, const store_tables& tables) {
      for (const auto& draft : drafts)
        known += txn.get(tables.main, draft.intent_key) ? 1U : 0U;
      return true;
    }));
    return known;
  };
  for (const std::uint64_t left : {86U, 22U, 0U, 0U}) {
    auto fresh = draft_of();
    fresh.intent_key = make_intent_key(
        to_string(next_ulid({}, static_cast<std::uint64_t>(now_ / 1000), {})), left);
    append(queue, {fresh});
    EXPECT_EQ(remaining(), left);
  }
}

TEST(IntentKey, AnythingElseInASpillLineIsNotAKey) {
  const std::string intent = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  EXPECT_EQ(make_intent_key(intent, 12), "in01ARZ3NDEKTSV4RRFFQ69G5FAV12");
  EXPECT_TRUE(is_intent_key(make_intent_key(intent, 0)));
  for (const std::string& key : {std::string("S"), std::string("account"), "in" + intent,
                                 intent + "1", "in" + intent + "x", "in" + intent + "1234567"}) {
    EXPECT_FALSE(is_intent_key(key)) << key;
    auto draft = draft_of();
    draft.intent_key = key;
    const std::vector<spilled_event> events = {{draft, 1, {}}};
    EXPECT_EQ(parse_spill(render_spill(events)).events.at(0).draft.intent_key, "") << key;
  }
}

TEST(AnnouncementKey, TellsProjectsFeaturesAndWorkPackagesApart) {
  EXPECT_NE(announcement_key("p", "f", "WP01"), announcement_key("q", "f", "WP01"));
  EXPECT_NE(announcement_key("p", "f", "WP01"), announcement_key("p", "g", "WP01"));
  EXPECT_NE(announcement_key("p", "f", "WP01"), announcement_key("p", "f", "WP02"));
  EXPECT_NE(announcement_key("pf", "", "x"), announcement_key("p", "f", "x"));
}

} // namespace
} // namespace spec_kitty
