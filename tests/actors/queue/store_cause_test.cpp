// The chain of causes: each event of a work package names the one before it in this home.
#include "actors/queue/spill.hpp"
#include "tests/actors/queue/store_fixture.hpp"

namespace spec_kitty {
namespace {

constexpr const char* a_cause = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

struct StoreCause : StoreTest {
  static event_draft of(const std::string& feature, const std::string& wp) {
    auto draft = draft_of();
    draft.aggregate_id = wp;
    draft.feature_slug = feature;
    return draft;
  }
  static event_draft of_feature(const std::string& feature) {
    auto draft = of(feature, feature);
    draft.aggregate_type = "Feature";
    return draft;
  }
  static std::string cause_in(const std::string& json) {
    const auto event = parse_json(json);
    return event ? text_of(*event, "causation_id").value_or("") : "damaged";
  }
  /// Records each in a transaction of its own; their causes.
  std::vector<std::string> record(store& queue, const std::vector<event_draft>& drafts) {
    std::vector<std::string> causes;
    for (const auto& draft : drafts) {
      const auto receipt = append(queue, {draft}).front();
      ids_.push_back(receipt.event_id);
      causes.push_back(cause_in(receipt.json));
    }
    return causes;
  }

  std::vector<std::string> ids_; ///< of what record() recorded
};

TEST_F(StoreCause, AnEventIsCausedByTheOneBeforeItOfItsWorkPackage) {
  auto queue = open();
  const auto causes =
      record(queue, {of("001-tea", "WP01"), of("001-tea", "WP02"), of("001-tea", "WP01"),
                     of("002-pot", "WP01"), of("001-tea", "WP02"), of("001-tea", "WP01")});
  EXPECT_EQ(causes, (std::vector<std::string>{"", "", ids_[0], "", ids_[1], ids_[2]}));
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreCause, TheChainGoesThroughABurstAndOutlivesTheProcess) {
  std::vector<append_receipt> burst;
  {
    auto queue = open();
    burst = append(queue, {of("001-tea", "WP01"), of("001-tea", "WP02"), of("001-tea", "WP01")});
  }
  EXPECT_EQ(cause_in(burst[2].json), burst[0].event_id);
  auto again = open();
  EXPECT_EQ(record(again, {of("001-tea", "WP01")}), (std::vector{burst[2].event_id}));
  EXPECT_EQ(cause_in(list(again).back().json), burst[2].event_id);
}

TEST_F(StoreCause, AnEventOfAFeatureIsCausedByTheLastOneOfTheFeature) {
  auto queue = open();
  const auto causes = record(queue, {of_feature("001-tea"), of("001-tea", "WP01"),
                                     of("001-tea", "WP02"), of_feature("001-tea")});
  EXPECT_EQ(causes, (std::vector<std::string>{"", "", "", ids_[2]}));
}

TEST_F(StoreCause, ACauseOfItsOwnStaysAndTheEventIsTheNextOnesCause) {
  auto queue = open();
  auto caused = of("001-tea", "WP01");
  caused.causation_id = a_cause;
  const auto causes = record(queue, {of("001-tea", "WP01"), caused, of("001-tea", "WP01")});
  EXPECT_EQ(causes, (std::vector<std::string>{"", a_cause, ids_[1]}));
}

TEST_F(StoreCause, ProjectsAreApartAndWithoutAFeatureThereIsNoChain) {
  auto queue = open();
  auto elsewhere = of("001-tea", "WP01");
  elsewhere.project_key = "11111111-2222-3333-4444-555555555555";
  const auto causes =
      record(queue, {of("001-tea", "WP01"), elsewhere, draft_of(), draft_of(), elsewhere});
  EXPECT_EQ(causes, (std::vector<std::string>{"", "", "", "", ids_[1]}));
}

TEST_F(StoreCause, WhatWasNotRecordedIsNobodysCause) {
  max_events_ = 2;
  auto queue = open();
  auto announced = of("001-tea", "WP01");
  announced.dedup_keys = {announcement_key("p", "001-tea", "WP01")};
  const auto first = append(queue, {announced}).front();
  const auto answers = queue.append(
      std::vector{announced, of("001-tea", "WP01"), announced, of("001-tea", "WP01")}, now_);
  ASSERT_TRUE(answers);
  EXPECT_TRUE(answers->at(0)->known);
  EXPECT_EQ(cause_in(answers->at(1)->json), first.event_id);
  EXPECT_FALSE(answers->at(3)) << "the queue is full";
  max_events_ = 10;
  auto again = open();
  EXPECT_EQ(record(again, {of("001-tea", "WP01")}),
            (std::vector<std::string>{answers->at(1)->event_id}));
}

TEST_F(StoreCause, ASpilledEventGetsItsPlaceInTheChainWhenItIsTakenIn) {
  auto queue = open();
  record(queue, {of("001-tea", "WP01")});
  const std::vector<spilled_event> events = {{of("001-tea", "WP01"), now_, {}},
                                             {of("001-tea", "WP01"), now_ + 1, {}}};
  ASSERT_TRUE(write_spill(home_, events, now_));
  EXPECT_EQ(*queue.take_in_spill(now_), 2U);
  const auto kept = list(queue);
  EXPECT_EQ(cause_in(kept[1].json), ids_[0]);
  EXPECT_NE(kept[1].json.find(R"("feature_slug":"001-tea")"), std::string::npos);
  EXPECT_NE(kept[2].json.find(cause_in(kept[2].json)), std::string::npos);
  EXPECT_EQ(record(queue, {of("001-tea", "WP01")}).front().size(), 26U);
}

TEST_F(StoreCause, ASpilledEventIsKnownByItsIdWithTheCauseThatTheStoreGaveIt) {
  auto queue = open();
  record(queue, {of("001-tea", "WP01"), of("001-tea", "WP01")});
  ASSERT_TRUE(write_spill(
      home_, std::vector<spilled_event>{{of("001-tea", "WP01"), now_, ids_.back()}}, now_));
  EXPECT_EQ(*queue.take_in_spill(now_), 0U) << "its commit had taken effect";
  EXPECT_EQ(stats(queue).live, 2U);
}

} // namespace
} // namespace spec_kitty
