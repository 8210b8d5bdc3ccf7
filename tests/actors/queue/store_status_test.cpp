// Who moved a work package last, here and elsewhere, and whether they knew of each other.
#include "store_fixture.hpp"

#include "actors/queue/store.hpp"
#include "actors/queue/store_status.hpp"

namespace spec_kitty {
namespace {

constexpr const char* project = "11111111-2222-3333-4444-555555555555";
constexpr const char* ann = "aaaaaaaaaaaa";
constexpr const char* ben = "bbbbbbbbbbbb";

class StoreStatus : public StoreTest {
protected:
  void move_here(store& queue, const std::string& before, const std::string& after) {
    event_draft draft = draft_of();
    draft.event_type = "WPStatusChanged";
    draft.aggregate_id = "WP01";
    draft.aggregate_type = "WorkPackage";
    draft.payload =
        R"({"wp_id":"WP01","previous_status":")" + before + R"(","new_status":")" + after + R"("})";
    draft.project_uuid = draft.project_key = project;
    draft.feature_slug = "001-tea";
    append(queue, {draft});
  }
  status_change by(const char* node, std::uint64_t clock, const std::string& before,
                   const std::string& after) {
    return {project, "001-tea", "WP01", node, next_id(), clock, before, after, "ann"};
  }
  void hear(store& queue, const status_change& change) {
    heard_burst burst;
    burst.clock = change.lamport;
    burst.changes = {change};
    EXPECT_TRUE(queue.hear(burst, ++now_).ok());
  }
  status_record look(store& queue, const std::string& wp_id = "WP01") {
    const auto found = queue.statuses(project, "001-tea", {wp_id});
    EXPECT_TRUE(found.ok());
    return found ? found->front() : status_record{};
  }
  /// Of those that conflict with this home: what they say.
  std::string concurrent(store& queue) {
    std::string words;
    for (const auto& other : look(queue).concurrent())
      words += (words.empty() ? "" : " ") + other.after;
    return words;
  }
  std::string next_id() { return "01J0000000000000000000" + std::to_string(1000 + ++ids_); }
  int ids_ = 0;
};

TEST_F(StoreStatus, TwoHomesThatDidNotKnowOfEachOtherDisagree) {
  auto queue = open();
  move_here(queue, "planned", "doing");
  hear(queue, by(ann, 50, "planned", "for_review"));
  EXPECT_EQ(concurrent(queue), "for_review");
  EXPECT_EQ(look(queue).own->after, "doing");
}

TEST_F(StoreStatus, ALaterStampAloneDoesNotSettleIt) {
  auto queue = open();
  hear(queue, by(ann, 2, "doing", "for_review"));
  move_here(queue, "planned", "doing");
  EXPECT_EQ(concurrent(queue), "") << "this home knew of it";
  hear(queue, by(ben, 1, "planned", "done"));
  EXPECT_EQ(concurrent(queue), "done") << "an event that came late";
}

TEST_F(StoreStatus, WhatFollowsThisHomesEventIsNoConflict) {
  auto queue = open();
  move_here(queue, "planned", "doing");
  hear(queue, by(ann, 50, "doing", "for_review"));
  EXPECT_EQ(concurrent(queue), "");
  hear(queue, by(ann, 60, "for_review", "done"));
  EXPECT_EQ(concurrent(queue), "") << "ann's next event follows hers";
  hear(queue, by(ben, 70, "done", "planned"));
  EXPECT_EQ(concurrent(queue), "") << "ben's follows ann's";
}

TEST_F(StoreStatus, MovingItAgainSettlesIt) {
  auto queue = open();
  move_here(queue, "planned", "doing");
  hear(queue, by(ann, 50, "planned", "for_review"));
  move_here(queue, "doing", "for_review");
  EXPECT_EQ(concurrent(queue), "");
}

TEST_F(StoreStatus, AHomeThatNeverMovedItHasNoConflict) {
  auto queue = open();
  hear(queue, by(ann, 50, "planned", "for_review"));
  EXPECT_EQ(concurrent(queue), "");
  EXPECT_EQ(look(queue).others.size(), 1U);
  EXPECT_TRUE(look(queue, "WP02").others.empty());
}

TEST_F(StoreStatus, OlderEventsOfANodeChangeNothingAndNodesAreBounded) {
  auto queue = open();
  hear(queue, by(ann, 50, "planned", "doing"));
  hear(queue, by(ann, 40, "planned", "done"));
  ASSERT_EQ(look(queue).others.size(), 1U);
  EXPECT_EQ(look(queue).others[0].after, "doing");
  for (int i = 0; i < 40; ++i) {
    auto change = by(ann, 60, "planned", "doing");
    change.node_id = "cccccccccc" + std::to_string(10 + i);
    hear(queue, change);
  }
  EXPECT_EQ(look(queue).others.size(), status_record::max_others);
}

TEST_F(StoreStatus, ARowComesBackAsItWas) {
  auto queue = open();
  move_here(queue, "planned", "doing");
  hear(queue, by(ann, 50, "planned", "for_review"));
  const status_record kept = look(queue);
  const auto back = status_record::decode(kept.encode());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->own, kept.own);
  EXPECT_EQ(back->others, kept.others);
  EXPECT_FALSE(status_record::decode(kept.encode() + "x"));
  EXPECT_FALSE(status_record::decode(kept.encode().substr(0, 40)));
}

} // namespace
} // namespace spec_kitty
