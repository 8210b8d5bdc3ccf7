// Opting out holds a project's events visibly; opting in lets them go, in their old order.
#include "tests/actors/queue/store_fixture.hpp"

namespace spec_kitty {
namespace {

using decision = project_request::decision;

class StoreProject : public StoreTest {
protected:
  static event_draft of_project(const std::string& key, const std::string& note,
                                std::string_view team = "team-a") {
    auto draft = draft_of(team, note);
    draft.project_key = key;
    draft.project_name = key + " by name";
    return draft;
  }

  void decide(store& queue, const std::string& key, bool share) {
    const auto done = queue.decide_project(
        {key, key + " by name", share ? decision::share : decision::keep}, now_);
    ASSERT_TRUE(done) << done.error().message;
  }

  std::uint64_t due(store& queue, const std::string& team = "team-a") {
    const auto found = queue.due({team, 0, ~0ULL});
    EXPECT_TRUE(found);
    return found ? found->due : 0;
  }

  /// Two of one project around one of another and one of none.
  std::vector<append_receipt> record_four(store& queue) {
    return append(queue, {of_project("web", "1"), of_project("api", "2"), draft_of("team-a", "3"),
                          of_project("web", "4")});
  }
};

TEST_F(StoreProject, EventsOfAllProjectsGoTogetherInOrder) {
  store queue = open();
  const auto receipts = record_four(queue);
  EXPECT_EQ(due(queue), 4U);
  const auto grant = lease(queue);
  ASSERT_EQ(grant.events.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_EQ(grant.events[i].event_id, receipts[i].event_id);
  settle(queue, grant, event_outcome::delivered);
  EXPECT_EQ(stats(queue).live, 0U);
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreProject, AnOptedOutProjectIsNeverDueAndItsEventsAreShownAsHeld) {
  store queue = open();
  record_four(queue);
  decide(queue, "web", false);
  EXPECT_EQ(due(queue), 2U);
  const auto found = queue.due({"team-a", 0, ~0ULL});
  EXPECT_EQ(found->opted_out, 2U);
  EXPECT_EQ(found->elsewhere, 0U);
  EXPECT_EQ(lease(queue).events.size(), 2U);
  std::size_t held = 0;
  for (const auto& entry : list(queue))
    if (entry.state == event_state::held) {
      ++held;
      EXPECT_NE(entry.reason.find("web by name is opted out"), std::string::npos);
      EXPECT_NE(entry.reason.find("spec-kitty sync opt-in"), std::string::npos);
    }
  EXPECT_EQ(held, 2U);
  EXPECT_EQ(stats(queue).teams.front().opted_out, 2U);
}

TEST_F(StoreProject, WhatIsRecordedAfterOptingOutIsHeldTooAndOptingInSendsAllInOrder) {
  store queue = open();
  decide(queue, "web", false);
  const auto receipts = record_four(queue);
  EXPECT_EQ(due(queue), 2U);
  decide(queue, "web", true);
  const auto grant = lease(queue);
  ASSERT_EQ(grant.events.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_EQ(grant.events[i].event_id, receipts[i].event_id);
}

TEST_F(StoreProject, WhereTheDefaultIsOffOnlyWhatWasOptedInGoes) {
  share_by_default_ = false;
  store queue = open();
  record_four(queue);
  EXPECT_EQ(due(queue), 0U);
  decide(queue, "api", true);
  EXPECT_EQ(due(queue), 1U);
  const auto entry = list(queue)[2];
  EXPECT_EQ(entry.state, event_state::held);
  EXPECT_NE(entry.reason.find("sync.project_default is off"), std::string::npos);
}

TEST_F(StoreProject, ALoginAdoptsOptedOutEventsAndTheyStayHeld) {
  store queue = open();
  decide(queue, "web", false);
  append(queue, {of_project("web", "1", local_team), of_project("api", "2", local_team)});
  const auto done = queue.adopt({"https://s", "ann", "team-a", false});
  ASSERT_TRUE(done);
  EXPECT_EQ(done->adopted, 2U);
  EXPECT_EQ(due(queue), 1U);
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreProject, ADeadLetterOfAnOptedOutProjectComesBackHeld) {
  store queue = open();
  append(queue, {of_project("web", "1")});
  settle(queue, lease(queue), event_outcome::rejected, "no", 1);
  decide(queue, "web", false);
  ASSERT_TRUE(queue.decide_dead({dead_request::decision::retry, {}}));
  EXPECT_EQ(due(queue), 0U);
  EXPECT_EQ(stats(queue).live, 1U);
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreProject, EventsOfAnOlderStoreThatNameTheProjectAreHeldWithIt) {
  store queue = open();
  const std::string uuid = "11111111-2222-3333-4444-555555555555";
  auto old = draft_of("team-a", "from before projects had lanes");
  old.project_uuid = uuid;
  append(queue, {old, draft_of("team-a", uuid)});
  decide(queue, uuid, false);
  EXPECT_EQ(due(queue), 1U) << "an event that only speaks of the project is not its own";
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreProject, DecidingAgainChangesNothingAndSaysSo) {
  store queue = open();
  append(queue, {of_project("web", "1")});
  EXPECT_TRUE(queue.decide_project({"web", "web", decision::keep}, now_)->changed);
  const auto again = queue.decide_project({"web", "web", decision::keep}, now_);
  EXPECT_FALSE(again->changed);
  EXPECT_EQ(again->events, 1U);
}

TEST_F(StoreProject, WhatIsOnItsWayWhenAProjectIsOptedOutIsTold) {
  store queue = open();
  append(queue, {of_project("web", "1"), of_project("web", "2")});
  lease(queue, "team-a", 1);
  EXPECT_EQ(queue.decide_project({"web", "web", decision::keep}, now_)->leased, 1U);
}

TEST_F(StoreProject, AHoldOfTheTeamHoldsEveryProjectOfIt) {
  store queue = open();
  record_four(queue);
  ASSERT_TRUE(queue.hold({"team-a", "forbidden"}, now_));
  EXPECT_TRUE(queue.due({"team-a", 0, ~0ULL})->held);
  for (const auto& entry : list(queue))
    EXPECT_EQ(entry.state, event_state::held);
  EXPECT_EQ(stats(queue).teams.front().hold_reason, "forbidden");
}

TEST_F(StoreProject, TheListOfProjectsCountsWhatWaitsForEach) {
  store queue = open();
  record_four(queue);
  decide(queue, "old", false);
  const auto projects = stats(queue).projects;
  ASSERT_EQ(projects.size(), 4U);
  EXPECT_EQ(projects[0].name, "no project");
  EXPECT_EQ(projects[0].live, 1U);
  EXPECT_EQ(projects[1].name, "api by name");
  EXPECT_EQ(projects[2].name, "old by name");
  EXPECT_FALSE(projects[2].shared);
  EXPECT_EQ(projects[3].live, 2U);
}

TEST_F(StoreProject, ADecisionAboutTheGitFolderIsCarriedOverToTheUuid) {
  store queue = open();
  decide(queue, "git:1", false);
  auto draft = of_project("uuid", "1");
  draft.project_aliases = {"git:1"};
  append(queue, {draft});
  append(queue, {of_project("uuid", "from a program that knows only the UUID")});
  EXPECT_EQ(due(queue), 0U);
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreProject, CarryingOverBeforeTheFirstEventIsEnough) {
  store queue = open();
  decide(queue, "git:1", false);
  ASSERT_TRUE(queue.decide_project({"uuid", "web", decision::carry, {"git:1"}}, now_));
  append(queue, {of_project("uuid", "1")});
  EXPECT_EQ(due(queue), 0U);
}

TEST_F(StoreProject, AFolderThatIsKeptHoldsItsEventsWhereTheUuidIsSharedFromAnother) {
  store queue = open();
  decide(queue, "uuid", true);
  decide(queue, "git:1", false);
  auto here = of_project("uuid", "1");
  here.project_aliases = {"git:1"};
  append(queue, {here, of_project("uuid", "of the other clone")});
  EXPECT_EQ(due(queue), 1U);
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreProject, ADecisionCoversWhatWasRecordedUnderTheOtherKeys) {
  store queue = open();
  append(queue, {of_project("git:1", "1"), of_project("uuid", "2"), of_project("git:2", "3")});
  const auto done = queue.decide_project({"uuid", "web", decision::keep, {"git:1", "git:2"}}, now_);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->events, 3U);
  EXPECT_EQ(due(queue), 0U);
  const auto projects = stats(queue).projects;
  ASSERT_EQ(projects.size(), 1U) << "it is one project, shown once";
  EXPECT_EQ(projects[0].live, 3U);
}

TEST_F(StoreProject, AProjectInDoubtIsHeldUntilItIsDecided) {
  store queue = open();
  auto unread = of_project("doubt:git:1", "1");
  unread.project_aliases = {"git:1"};
  unread.project_in_doubt = true;
  append(queue, {unread});
  append(queue, {of_project("git:1", "of the same folder, but known")});
  EXPECT_EQ(due(queue), 1U);
  ASSERT_TRUE(queue.decide_project({"uuid", "web", decision::share, {"git:1"}}, now_));
  EXPECT_EQ(due(queue), 2U);
}

} // namespace
} // namespace spec_kitty
