// Adoption: which login takes over `local` events, and what becomes of their bytes.
#include "tests/actors/queue/store_fixture.hpp"

#include "messages/validate.hpp"

namespace spec_kitty {
namespace {

class StoreAdopt : public StoreTest {
protected:
  adoption login(store& queue, const std::string& user, bool adopt_local = false,
                 const std::string& team = "team-a") {
    auto done = queue.adopt({"https://sync.example", user, team, adopt_local});
    EXPECT_TRUE(done) << done.error().message;
    return done ? *std::move(done) : adoption{};
  }

  std::uint64_t live_of(store& queue, std::string_view team) {
    for (const auto& share : stats(queue).teams)
      if (share.slug == team)
        return share.live;
    return 0;
  }
};

TEST_F(StoreAdopt, TheFirstLoginEverAdopts) {
  store queue = open();
  append(queue, 3, local_team);
  append(queue, 1, "team-a");
  const auto done = login(queue, "ana");
  EXPECT_EQ(done.adopted, 3U);
  EXPECT_EQ(done.left, 0U);
  EXPECT_EQ(live_of(queue, "team-a"), 4U);
  EXPECT_EQ(live_of(queue, local_team), 0U);
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreAdopt, TheSameAccountAdoptsEachTime) {
  store queue = open();
  login(queue, "ana");
  append(queue, 2, local_team);
  EXPECT_EQ(login(queue, "ana").adopted, 2U);
  EXPECT_EQ(login(queue, "ana").adopted, 0U);
}

TEST_F(StoreAdopt, AnotherAccountLeavesThemUnlessTold) {
  store queue = open();
  login(queue, "ana");
  append(queue, 2, local_team);
  const auto left = login(queue, "bob", false, "team-b");
  EXPECT_EQ(left.adopted, 0U);
  EXPECT_EQ(left.left, 2U);
  EXPECT_EQ(live_of(queue, local_team), 2U);
  const auto taken = login(queue, "bob", true, "team-b");
  EXPECT_EQ(taken.adopted, 2U);
  EXPECT_EQ(live_of(queue, "team-b"), 2U);
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreAdopt, TheSameNameAtAnotherServerIsAnotherAccount) {
  store queue = open();
  login(queue, "ana");
  append(queue, 1, local_team);
  const auto done = queue.adopt({"https://other.example", "ana", "team-a", false});
  ASSERT_TRUE(done);
  EXPECT_EQ(done->adopted, 0U);
  EXPECT_EQ(done->left, 1U);
}

TEST_F(StoreAdopt, AnAdoptedEventKeepsEverythingButItsTeam) {
  store queue = open();
  auto draft = draft_of(local_team);
  draft.project_slug = "a \"quoted\" \\ project";
  const auto before = append(queue, {draft}).front();
  login(queue, "ana", false, "a-longer-team-slug");
  const auto listed = list(queue, "a-longer-team-slug");
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].state, event_state::queued);
  std::string expected = before.json;
  const std::string old_team = R"("team_slug":"local")";
  expected.replace(expected.find(old_team), old_team.size(), R"("team_slug":"a-longer-team-slug")");
  EXPECT_EQ(listed[0].json, expected);
  const auto event = parse_json(listed[0].json);
  ASSERT_TRUE(event);
  const auto wrong = validate_event(*event);
  EXPECT_FALSE(wrong) << wrong->message();
}

TEST_F(StoreAdopt, AdoptedEventsKeepTheirPlaceAmongTheTeamsOwn) {
  store queue = open();
  append(queue, 1, local_team);
  append(queue, 1, "team-a");
  append(queue, 1, local_team);
  login(queue, "ana");
  const auto grant = lease(queue, "team-a");
  ASSERT_EQ(grant.events.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(grant.events[i].lamport_clock, i + 1);
}

TEST_F(StoreAdopt, ItTellsHowManyOfWhichProjects) {
  store queue = open();
  std::vector<event_draft> drafts = drafts_of(4, local_team);
  drafts[0].project_key = drafts[1].project_key = "git:0123";
  drafts[0].project_name = drafts[1].project_name = "web";
  drafts[2].project_key = "11111111-2222-3333-4444-555555555555";
  drafts[2].project_name = "api";
  append(queue, drafts);
  const std::vector<std::pair<std::string, std::uint64_t>> expected = {
      {"no project", 1}, {"api", 1}, {"web", 2}};
  EXPECT_EQ(login(queue, "ana").projects, expected);
}

TEST_F(StoreAdopt, RetriesOfAHeldEventSurviveAdoption) {
  store queue = open();
  append(queue, 1, local_team);
  settle(queue, lease(queue, local_team), event_outcome::rejected, "before");
  login(queue, "ana");
  const auto grant = lease(queue, "team-a");
  ASSERT_EQ(grant.events.size(), 1U);
  EXPECT_EQ(grant.events[0].tries, 1U);
}

TEST_F(StoreAdopt, AskingTwiceDoesNotGiveAnotherAccountWhatWasNotItsOwn) {
  store queue = open();
  ASSERT_TRUE(queue.adopt({"https://a:443", "ann", "team-a", false}));
  append(queue, 2, local_team);
  for (int time = 0; time < 2; ++time) {
    const auto other = queue.adopt({"https://a:443", "bob", "team-b", false});
    ASSERT_TRUE(other);
    EXPECT_EQ(other->adopted, 0U);
    EXPECT_EQ(other->left, 2U);
  }
  EXPECT_EQ(queue.adopt({"https://a:443", "ann", "team-a", false})->adopted, 2U);
}

} // namespace
} // namespace spec_kitty
