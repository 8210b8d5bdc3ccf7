// Statistics and listings, reopening, and reading without touching anything.
#include "tests/actors/queue/store_fixture.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>

namespace spec_kitty {
namespace {

namespace fs = std::filesystem;

class StoreRead : public StoreTest {
protected:
  /// Name, size, times and inode of everything in the home, LMDB's own lock file apart.
  std::map<std::string, std::string> picture() {
    std::map<std::string, std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(home_)) {
      struct stat found {};
      ::lstat(entry.path().c_str(), &found);
      const std::string name = entry.path().lexically_relative(home_).string();
      all[name] = name == "queue/env/lock.mdb"
                      ? "there"
                      : std::to_string(found.st_ino) + " " + std::to_string(found.st_size) + " " +
                            std::to_string(found.st_mtim.tv_sec) + "." +
                            std::to_string(found.st_mtim.tv_nsec);
    }
    return all;
  }
};

TEST_F(StoreRead, AnEmptyStoreShowsZeros) {
  store queue = open();
  const auto found = stats(queue);
  EXPECT_EQ(found.live + found.leased + found.dead + found.bytes + found.accepted + found.acked +
                found.dropped + found.clock,
            0U);
  EXPECT_EQ(found.oldest_at, 0);
  EXPECT_EQ(found.last_ack_at, 0);
  EXPECT_EQ(found.node_id.size(), 12U);
  EXPECT_TRUE(list(queue).empty());
}

TEST_F(StoreRead, StatisticsShowTeamsTypesAndTheOldest) {
  store queue = open();
  now_ -= 5'000'000; // the statistics ask the wall clock
  append(queue, 2, "team-a");
  auto created = draft_of("team-b");
  created.event_type = "WPCreated";
  now_ += 5'000'000;
  append(queue, {created});
  lease(queue, "team-a", 1);
  const auto found = stats(queue);
  EXPECT_EQ(found.oldest_at, now_ - 5'000'000);
  EXPECT_EQ(found.leased, 1U);
  ASSERT_EQ(found.teams.size(), 2U);
  EXPECT_EQ(found.teams[0].slug, "team-a");
  EXPECT_EQ(found.teams[0].live, 2U);
  EXPECT_EQ(found.teams[0].leased, 1U);
  EXPECT_EQ(found.teams[1].live, 1U);
  const std::map<std::string, std::uint64_t> types(found.types.begin(), found.types.end());
  EXPECT_EQ(types, (std::map<std::string, std::uint64_t>{{"HistoryAdded", 2}, {"WPCreated", 1}}));
}

TEST_F(StoreRead, ListingNamesEveryStateAndItsReason) {
  store queue = open();
  append(queue, 4, "team-a");
  append(queue, 1, "team-b");
  append(queue, 1, local_team);
  settle(queue, lease(queue, "team-a", 1), event_outcome::too_large, "413");
  const auto grant = lease(queue, "team-a", 1);
  settle(queue, grant, event_outcome::rejected, "bad payload");
  lease(queue, "team-a", 1);
  const auto all = list(queue, "team-a");
  ASSERT_EQ(all.size(), 6U);
  const auto expect = [&](std::size_t i, event_state state, std::string_view reason) {
    EXPECT_EQ(to_string(all[i].state), to_string(state)) << i;
    EXPECT_NE(all[i].reason.find(reason), std::string::npos) << i << ": " << all[i].reason;
  };
  expect(0, event_state::dead, "too_large");
  expect(1, event_state::leased, "");
  EXPECT_EQ(all[1].retry_count, 1U);
  EXPECT_EQ(all[1].last_error, "bad payload");
  expect(2, event_state::queued, "");
  expect(3, event_state::queued, "");
  expect(4, event_state::held, "team-b");
  expect(5, event_state::held, "auth login");
}

TEST_F(StoreRead, WithoutASessionOnlyLocalEventsAreHeld) {
  store queue = open();
  append(queue, 1, "team-a");
  append(queue, 1, local_team);
  const auto all = list(queue, "");
  EXPECT_EQ(all[0].state, event_state::queued);
  EXPECT_EQ(all[1].state, event_state::held);
}

TEST_F(StoreRead, AListingOfManyPagesIsWholeInOrderAndStopsWhenTold) {
  store queue = open();
  append(queue, 2500);
  settle(queue, lease(queue, "team-a", 1200),
         event_outcome::too_large); // dead letters keep their place
  const auto all = list(queue);
  ASSERT_EQ(all.size(), 2500U);
  for (std::size_t i = 0; i < all.size(); ++i)
    ASSERT_EQ(all[i].seq, i + 1);
  std::size_t seen = 0;
  ASSERT_TRUE(queue.list(
      "team-a", [&](const listed_event&) { return ++seen < 1001; }, now_));
  EXPECT_EQ(seen, 1001U);
}

TEST_F(StoreRead, ReopeningKeepsEverything) {
  std::vector<append_receipt> receipts;
  std::string node;
  queue_stats before;
  {
    store queue = open();
    receipts = append(queue, 20);
    settle(queue, lease(queue, "team-a", 5), event_outcome::rejected, "later");
    ASSERT_TRUE(queue.note_error(R"({"code":"transport"})"));
    ASSERT_TRUE(queue.merge_clock(100));
    node = queue.node_id();
    before = stats(queue);
  }
  store queue = open();
  EXPECT_EQ(queue.node_id(), node);
  const auto after = stats(queue);
  EXPECT_EQ(after.clock, 101U);
  EXPECT_EQ(after.live, before.live);
  EXPECT_EQ(after.bytes, before.bytes);
  EXPECT_EQ(after.accepted, before.accepted);
  EXPECT_EQ(after.last_error, before.last_error);
  const auto all = list(queue);
  ASSERT_EQ(all.size(), 20U);
  for (std::size_t i = 0; i < 20; ++i) {
    EXPECT_EQ(all[i].json, receipts[i].json);
    EXPECT_EQ(all[i].retry_count, i < 5 ? 1U : 0U);
  }
  EXPECT_EQ(append(queue, 1).front().lamport_clock, 102U);
}

TEST_F(StoreRead, ANewHostnameDoesNotChangeTheNodeNorIsItAskedFor) {
  const std::string node = open().node_id();
  auto moved = options();
  bool asked = false;
  moved.seed = [&] {
    asked = true;
    return node_seed{"another-host", "somebody", false};
  };
  EXPECT_EQ(store::open(moved, open_mode::write)->node_id(), node);
  EXPECT_FALSE(asked);
}

TEST_F(StoreRead, TwoOtherHomesOfOneUserAreTwoNodes) {
  auto here = options();
  here.seed = [] { return node_seed{"host", "ann", false}; };
  auto there = here;
  there.home = folder_.path() / "second";
  EXPECT_NE(store::open(here, open_mode::write)->node_id(),
            store::open(there, open_mode::write)->node_id());
}

TEST_F(StoreRead, AReaderFindsNoStoreAndMakesNone) {
  const auto found = store::open(options(), open_mode::read);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ec::not_found);
  EXPECT_FALSE(fs::exists(home_));
  fs::create_directories(home_ / "queue"); // a folder alone is not a store either
  EXPECT_EQ(store::open(options(), open_mode::read).error().code, ec::not_found);
  EXPECT_TRUE(fs::is_empty(home_ / "queue"));
}

TEST_F(StoreRead, AReaderChangesNothing) {
  {
    store queue = open();
    append(queue, 10);
  }
  const auto before = picture();
  {
    store queue = open(open_mode::read);
    EXPECT_EQ(stats(queue).live, 10U);
    EXPECT_EQ(list(queue).size(), 10U);
    EXPECT_EQ(*queue.clock(), 10U);
    EXPECT_EQ(queue.due({"team-a", 0, ~0ULL})->due, 10U);
  }
  EXPECT_EQ(picture(), before);
}

TEST_F(StoreRead, AReaderOfACopyWithoutLockFilesMakesNone) {
  {
    store queue = open();
    append(queue, 3);
  }
  fs::remove(home_ / "queue" / "env" / "lock.mdb");
  const auto before = picture();
  {
    store queue = open(open_mode::read);
    EXPECT_EQ(list(queue).size(), 3U);
  }
  EXPECT_EQ(picture(), before);
  EXPECT_EQ(append(*std::make_unique<store>(open()), 1).front().lamport_clock, 4U);
}

TEST_F(StoreRead, AReaderDoesNotWaitForAWriterInItsTransaction) {
  waiting_child reader([&] {
    busy_timeout_ = std::chrono::milliseconds(1);
    store queue = open(open_mode::read);
    return static_cast<int>(list(queue).size());
  });
  store queue = open();
  append(queue, 2);
  const auto seen =
      tables_of(home_)->write([&](lmdb_txn&, const store_tables&) { return reader.run(); });
  ASSERT_TRUE(seen);
  EXPECT_EQ(*seen, 2) << "the last commit";
}

} // namespace
} // namespace spec_kitty
