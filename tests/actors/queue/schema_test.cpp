// A store of an earlier version: read as it is, made version 3 by the next write, and never used by
// two versions at a time.
#include "actors/queue/schema.hpp"

#include "tests/actors/queue/older_store.hpp"
#include "tests/actors/queue/store_fixture.hpp"

#include <unistd.h>

#include <thread>

namespace spec_kitty {
namespace {

constexpr const char* a_project = "11111111-2222-3333-4444-555555555555";

/// One direction of a talk between a test and its child.
class signal_pipe {
public:
  signal_pipe() {
    if (::pipe(ends_.data()) != 0)
      throw std::runtime_error("pipe");
  }
  ~signal_pipe() {
    for (const int fd : ends_)
      ::close(fd);
  }
  signal_pipe(const signal_pipe&) = delete;
  signal_pipe& operator=(const signal_pipe&) = delete;

  void give() const {
    if (::write(ends_[1], "x", 1) != 1)
      throw std::runtime_error("write to a pipe");
  }
  void take() const {
    char byte = 0;
    if (::read(ends_[0], &byte, 1) != 1)
      throw std::runtime_error("read from a pipe");
  }

private:
  std::array<int, 2> ends_{};
};

struct Schema : StoreTest {
  /// Events of a team, of a project that is opted out, a dead letter, and a counted try.
  void fill() {
    auto queue = open();
    append(queue, 3);
    auto of_project = draft_of("team-a", "kept here");
    of_project.project_key = of_project.project_uuid.emplace(a_project);
    append(queue, {of_project});
    EXPECT_TRUE(queue.decide_project({a_project, "web", project_request::decision::keep}, now_));
    settle(queue, lease(queue, "team-a", 1), event_outcome::rejected, "no", 1);
    settle(queue, lease(queue, "team-a", 1), event_outcome::rejected);
    append(queue, 2, local_team);
    EXPECT_EQ(stats(queue).dead, 1U);
  }

  static std::string as_text(const queue_stats& stats) {
    std::string text = std::to_string(stats.clock) + " " + stats.node_id + " " +
                       std::to_string(stats.live) + " " + std::to_string(stats.dead) + " " +
                       std::to_string(stats.bytes) + " " + std::to_string(stats.accepted);
    for (const auto& team : stats.teams)
      text +=
          " " + team.slug + ":" + std::to_string(team.live) + "-" + std::to_string(team.opted_out);
    for (const auto& project : stats.projects)
      text += " " + project.name + ":" + std::to_string(project.live);
    return text;
  }
  static std::vector<std::string> jsons(const std::vector<listed_event>& events) {
    std::vector<std::string> all;
    for (const auto& event : events)
      all.push_back(event.json + " " + std::string(to_string(event.state)));
    return all;
  }
};

TEST_F(Schema, VersionsOneAndTwoAreReadAndTheNextWriteMakesThemVersionThree) {
  for (const std::uint32_t version : {1U, 2U}) {
    std::filesystem::remove_all(home_);
    fill();
    const auto before = [&] {
      auto queue = open(open_mode::read);
      return std::pair(as_text(stats(queue)), jsons(list(queue)));
    }();
    make_older(home_, version);
    {
      auto queue = open(open_mode::read);
      EXPECT_EQ(as_text(stats(queue)), before.first);
      EXPECT_EQ(jsons(list(queue)), before.second);
      EXPECT_EQ(queue.due({"team-a"})->due, 2U);
    }
    EXPECT_EQ(version_of(home_), version) << "a reader changes nothing";
    std::string id;
    {
      auto queue = open();
      EXPECT_EQ(as_text(stats(queue)), before.first);
      ASSERT_TRUE(queue.note_error("")) << "whatever is written";
      EXPECT_EQ(as_text(stats(queue)), before.first);
      EXPECT_EQ(jsons(list(queue)), before.second);
      id = append(queue, 1).front().event_id;
      EXPECT_EQ(lease(queue).events.size(), 3U);
      EXPECT_EQ(recount(queue, home_), "");
    }
    EXPECT_EQ(version_of(home_), schema_version);
    auto again = open();
    EXPECT_GT(append(again, 1).front().event_id, id);
    EXPECT_EQ(recount(again, home_), "");
    const auto place = tables_of(home_)->read([](lmdb_txn& txn, const store_tables& tables) {
      return place_record::decode(txn.get(tables.main, place_key).value());
    });
    EXPECT_EQ(*place, place_of(home_ / "queue"));
    EXPECT_NE(place->inode, 0U);
  }
}

TEST_F(Schema, AProcessThatHasTheOlderStoreOpenFollows) {
  fill();
  make_older(home_, 2);
  for (const open_mode mode : {open_mode::read, open_mode::write}) {
    const signal_pipe is_open;
    const signal_pipe go;
    waiting_child other([&] {
      auto queue = open(mode);
      const auto live = stats(queue).live;
      is_open.give();
      go.take();
      if (stats(queue).live != live + 1)
        return 1;
      if (mode == open_mode::write && append(queue, 1).front().lamport_clock == 0)
        return 2;
      return list(queue).empty() ? 3 : 0;
    });
    int ended = 0;
    std::thread child([&] { ended = other.run(); });
    is_open.take();
    EXPECT_EQ(in_child([&] {
                auto queue = open();
                append(queue, 1);
                return recount(queue, home_).empty() ? 0 : 1;
              }),
              0);
    go.give();
    child.join();
    EXPECT_EQ(ended, 0) << (mode == open_mode::read ? "a reader" : "a writer");
    EXPECT_EQ(version_of(home_), schema_version);
    make_older(home_, 2);
  }
  auto queue = open();
  append(queue, 1);
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(Schema, AnOlderProgramThatHasItOpenCanChangeNothingThatCounts) {
  fill();
  make_older(home_, 2);
  const signal_pipe is_open;
  const signal_pipe go;
  waiting_child older([&] { // as version 2 did: it looks at the version only when it opens a store
    const bare_store bare(home_);
    MDB_dbi main = 0;
    MDB_dbi partitions = 0;
    {
      lmdb_txn txn(bare.env(), MDB_RDONLY);
      main = table_in(txn, nullptr);
      partitions = table_in(txn, "tm");
      txn.commit();
    }
    is_open.give();
    go.take();
    {
      const lmdb_txn txn(bare.env(), 0);
      try {
        (void)txn.get(partitions, "team-a"); // what each of its changes begins with
        return 1;
      } catch (const lmdb_error& error) {
        if (error.rc() != MDB_INCOMPATIBLE)
          return 2;
      }
    }
    lmdb_txn txn(bare.env(), 0); // a merge of clocks: a summary of zeros, with the number it found
    txn.put(main, schema_key, encode_schema(schema_version) + std::string(100, '\0'));
    txn.commit();
    return 0;
  });
  int ended = 0;
  std::thread child([&] { ended = older.run(); });
  is_open.take();
  auto queue = open();
  append(queue, 1);
  const auto before = as_text(stats(queue));
  go.give();
  child.join();
  EXPECT_EQ(ended, 0);
  EXPECT_EQ(as_text(stats(queue)), before);
  EXPECT_EQ(append(queue, 1).size(), 1U);
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(Schema, ANewerProgramsUpgradeIsNoticedByTheOneThatHasTheStoreOpen) {
  auto queue = open();
  append(queue, 1);
  ASSERT_TRUE(tables_of(home_)->write([](lmdb_txn& txn, const store_tables& tables) {
    txn.put(tables.main, schema_key, encode_schema(schema_version + 1) + "and more");
    return true;
  }));
  const auto written = queue.append(drafts_of(1), now_);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ec::store_version) << written.error().message;
  EXPECT_EQ(queue.stats().error().code, ec::store_version);
}

TEST_F(Schema, ATeamMayHaveSeveralPartitionsOfAProject) {
  std::vector<std::string> ids;
  const auto record = [&](store& queue, std::string_view team, bool in_project) {
    auto draft = draft_of(team);
    if (in_project)
      draft.project_key = draft.project_uuid.emplace(a_project);
    ids.push_back(append(queue, {draft}).front().event_id);
  };
  {
    auto queue = open();
    for (const std::string_view team : {local_team, std::string_view("team-a")})
      for (const bool in_project : {true, false})
        record(queue, team, in_project);
  }
  // As a login may do it: the partitions of `local` become further ones of the team.
  ASSERT_TRUE(tables_of(home_)->write([](lmdb_txn& txn, const store_tables& tables) {
    for (const std::string& project : {std::string(a_project), std::string()}) {
      const auto from = partition_key(local_team, project);
      const std::string row(txn.get(tables.teams, from).value());
      txn.erase(tables.teams, from);
      const auto id = partition_record::decode(row).id;
      const auto to = further_partition_key("team-a", project, id);
      txn.put(tables.teams, to, sealed(to, partition_record::decode(row).encode()));
    }
    return true;
  }));
  auto queue = open();
  record(queue, "team-a", true);
  const auto all = stats(queue);
  ASSERT_EQ(all.teams.size(), 1U);
  EXPECT_EQ(all.teams.front().live, 5U);
  EXPECT_EQ(queue.due({"team-a"})->due, 5U);
  std::vector<std::string> leased;
  for (const auto& event : lease(queue).events) {
    leased.push_back(event.event_id.str());
    EXPECT_NE(event.json.view().find(R"("team_slug":"team-a","event_type")"), std::string::npos)
        << event.json.view();
  }
  EXPECT_EQ(leased, ids);
  for (const auto& event : list(queue))
    EXPECT_EQ(event.json.find("local"), std::string::npos) << event.json;
  EXPECT_TRUE(queue.hold({"team-a", "no"}, now_));
  for (const auto& event : list(queue))
    EXPECT_EQ(event.state, event_state::held);
  EXPECT_EQ(queue.decide_project({a_project, "web", project_request::decision::keep}, now_)->events,
            3U);
  EXPECT_EQ(queue.restamp({100, 0, {}})->restamped, 0U) << "all were sent";
  EXPECT_EQ(recount(queue, home_), "");
}

} // namespace
} // namespace spec_kitty
