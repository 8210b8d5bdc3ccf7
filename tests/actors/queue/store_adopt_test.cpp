// Adoption: which login takes over `local` events, and what becomes of their bytes.
#include "tests/actors/queue/store_fixture.hpp"

#include "actors/queue/overflow.hpp"
#include "actors/queue/process_mark.hpp"
#include "messages/validate.hpp"
#include "util/gzip.hpp"

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

  /// The rows of the events, byte for byte.
  std::vector<std::string> event_rows() {
    std::vector<std::string> rows;
    EXPECT_TRUE(tables_of(home_)->read([&](lmdb_txn& txn, const store_tables& tables) {
      lmdb_cursor events(txn, tables.events);
      for (bool more = events.first(); more; more = events.next())
        rows.emplace_back(events.value());
      return true;
    }));
    return rows;
  }

  /// The keys of the partitions.
  std::vector<std::string> partitions() {
    std::vector<std::string> keys;
    EXPECT_TRUE(tables_of(home_)->read([&](lmdb_txn& txn, const store_tables& tables) {
      lmdb_cursor rows(txn, tables.teams);
      for (bool more = rows.first(); more; more = rows.next())
        keys.emplace_back(rows.key());
      return true;
    }));
    return keys;
  }

  /// Records some events before a login, and logs in: `times` over.
  void work_offline(store& queue, int times, const std::vector<event_draft>& drafts) {
    for (int time = 0; time < times; ++time) {
      append(queue, drafts);
      EXPECT_EQ(login(queue, "ana").adopted, drafts.size());
      EXPECT_EQ(recount(queue, home_), "");
    }
  }

  /// One event of a project, one of none.
  static std::vector<event_draft> mixed_drafts() {
    auto drafts = drafts_of(2, local_team);
    drafts[0].project_key = a_project;
    drafts[0].project_uuid = std::string(a_project);
    drafts[0].project_name = "web";
    return drafts;
  }

  static constexpr std::string_view a_project = "11111111-2222-3333-4444-555555555555";

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

TEST_F(StoreAdopt, NoEventIsWrittenAgain) {
  store queue = open();
  append(queue, 1, "team-a");
  append(queue, mixed_drafts());
  const auto before = event_rows();
  EXPECT_EQ(login(queue, "ana").adopted, 2U);
  EXPECT_EQ(event_rows(), before);
}

TEST_F(StoreAdopt, PartitionsOfSeveralLoginsAreDeliveredAsOneQueue) {
  store queue = open();
  work_offline(queue, 3, mixed_drafts());
  append(queue, 1, "team-a");
  EXPECT_EQ(queue.due({"team-a"})->due, 7U);
  const auto grant = lease(queue, "team-a");
  ASSERT_EQ(grant.events.size(), 7U);
  for (std::size_t i = 0; i < grant.events.size(); ++i) {
    EXPECT_EQ(grant.events[i].lamport_clock, i + 1);
    EXPECT_NE(grant.events[i].json.view().find(R"("team_slug":"team-a")"), std::string::npos);
  }
  EXPECT_EQ(stats(queue).leased, 7U);
  settle(queue, grant, event_outcome::delivered);
  EXPECT_EQ(stats(queue).live, 0U);
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreAdopt, ADecisionAboutAProjectCoversAllItsPartitions) {
  store queue = open();
  work_offline(queue, 2, mixed_drafts());
  const project_request keep{std::string(a_project), "web", project_request::decision::keep};
  EXPECT_EQ(queue.decide_project(keep, now_)->events, 2U);
  EXPECT_EQ(lease(queue, "team-a").events.size(), 2U) << "those of no project";
  std::size_t held = 0;
  for (const auto& event : list(queue))
    held += event.state == event_state::held ? 1U : 0U;
  EXPECT_EQ(held, 2U);
}

TEST_F(StoreAdopt, ADeadLetterOfAGivenPartitionComesBackToTheTeam) {
  store queue = open();
  work_offline(queue, 2, drafts_of(1, local_team));
  settle(queue, lease(queue, "team-a"), event_outcome::rejected, "no", 1);
  EXPECT_EQ(stats(queue).dead, 2U);
  append(queue, 1, local_team);
  EXPECT_EQ(login(queue, "ana").adopted, 1U);
  append(queue, 1, local_team);
  ASSERT_TRUE(queue.decide_dead({dead_request::decision::retry, {}}));
  EXPECT_EQ(live_of(queue, "team-a"), 3U);
  EXPECT_EQ(live_of(queue, local_team), 1U);
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreAdopt, PartitionsDoNotGrowInNumberWithEveryLogin) {
  store queue = open();
  std::size_t after_three = 0;
  for (int time = 0; time < 6; ++time) {
    work_offline(queue, 2, mixed_drafts());
    settle(queue, lease(queue, "team-a"), event_outcome::delivered);
    after_three = time == 2 ? partitions().size() : after_three;
  }
  EXPECT_EQ(partitions().size(), after_three);
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreAdopt, AnEvictedEventNamesTheTeamThatItWasGivenTo) {
  max_events_ = 4;
  evict_oldest_ = true;
  store queue = open();
  work_offline(queue, 1, drafts_of(2, local_team));
  append(queue, 3, "team-a");
  EXPECT_EQ(recount(queue, home_), "");
  const auto files = overflow_files(home_);
  ASSERT_EQ(files.size(), 1U);
  const auto text = gunzip(support::read_text(files.front().path), std::size_t{1} << 20);
  ASSERT_TRUE(text);
  EXPECT_NE(text->find(R"("team_slug":"team-a")"), std::string::npos) << *text;
}

TEST_F(StoreAdopt, ABatchIsMeasuredByWhatIsSent) {
  store queue = open();
  const std::string team(200, 't');
  append(queue, 20, local_team);
  login(queue, "ana", false, team);
  lease_request request;
  request.team_slug = team;
  request.max_bytes = 6000;
  request.ttl = std::chrono::minutes(1);
  const auto grant = queue.lease(request, this_process(), now_);
  ASSERT_TRUE(grant);
  std::size_t bytes = 0;
  for (const auto& event : grant->events)
    bytes += event.json.size() + 1;
  EXPECT_LE(bytes, request.max_bytes);
}

} // namespace
} // namespace spec_kitty
