// At the cap, `evict_oldest`: the oldest go to a file, are counted, and nothing in a
// drainer's hands is taken.
#include "tests/actors/queue/store_fixture.hpp"

#include "actors/queue/overflow.hpp"
#include "util/gzip.hpp"

namespace spec_kitty {
namespace {

namespace fs = std::filesystem;

class StoreEvict : public StoreTest {
protected:
  StoreEvict() {
    max_events_ = 5;
    evict_oldest_ = true;
  }

  /// Every line of the overflow folder, oldest file first.
  std::vector<std::string> overflowed() const {
    std::vector<std::string> lines;
    for (const auto& file : overflow_files(home_)) {
      const auto text = gunzip(support::read_text(file.path), std::size_t{1} << 20);
      EXPECT_TRUE(text);
      const auto some = support::lines_of(*text);
      EXPECT_EQ(some.size(), file.events);
      lines.insert(lines.end(), some.begin(), some.end());
    }
    return lines;
  }
};

TEST_F(StoreEvict, TheOldestMakeRoomAndAreCountedAndKeptInAFile) {
  store queue = open();
  const auto first = append(queue, 5);
  const auto more = append(queue, 2);
  EXPECT_EQ(stats(queue).live, 5U);
  EXPECT_EQ(stats(queue).dropped, 2U);
  const auto lines = overflowed();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], first[0].json);
  EXPECT_EQ(lines[1], first[1].json);
  EXPECT_EQ(list(queue).front().json, first[2].json);
  EXPECT_EQ(list(queue).back().json, more.back().json);
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreEvict, WhatADrainerHasInHandStays) {
  store queue = open();
  append(queue, 5);
  const auto grant = lease(queue, "team-a", 3);
  append(queue, 1);
  EXPECT_EQ(overflowed().size(), 1U);
  const auto outcome = settle(queue, grant, event_outcome::delivered);
  for (const auto& each : outcome.events)
    EXPECT_EQ(each, settlement_effect::removed);
}

TEST_F(StoreEvict, WhenEverythingIsInHandTheNewEventIsRefusedAndCounted) {
  store queue = open();
  append(queue, 5);
  lease(queue);
  const auto answers = queue.append(drafts_of(1), now_);
  ASSERT_TRUE(answers);
  ASSERT_FALSE(answers->front());
  EXPECT_EQ(answers->front().error().code, ec::queue_full);
  EXPECT_EQ(stats(queue).dropped, 1U);
}

TEST_F(StoreEvict, WithoutAFolderToGoToNothingIsEvicted) {
  store queue = open();
  append(queue, 5);
  support::write_text(home_ / "overflow", "a file where the folder should be");
  const auto answers = queue.append(drafts_of(1), now_);
  ASSERT_TRUE(answers);
  EXPECT_FALSE(answers->front());
  EXPECT_EQ(stats(queue).live, 5U);
}

TEST_F(StoreEvict, ALargeQueueMakesRoomForAHundredthAtATime) {
  max_events_ = 1000;
  store queue = open();
  append(queue, 1000);
  append(queue, 1);
  EXPECT_EQ(stats(queue).live, 991U);
  EXPECT_EQ(stats(queue).dropped, 10U);
  EXPECT_EQ(overflow_files(home_).size(), 1U);
}

TEST_F(StoreEvict, ABurstLargerThanTheQueueKeepsItsNewest) {
  store queue = open();
  const auto receipts = append(queue, drafts_of(12));
  EXPECT_EQ(stats(queue).live, 5U);
  EXPECT_EQ(stats(queue).dropped, 7U);
  EXPECT_EQ(list(queue).back().json, receipts.back().json);
  EXPECT_EQ(overflowed().size(), 7U);
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreEvict, BytesAreACapAsWell) {
  max_events_ = 1000;
  max_bytes_ = 4000;
  store queue = open();
  for (int i = 0; i < 40; ++i)
    append(queue, 1);
  EXPECT_LE(stats(queue).bytes, 4000U);
  EXPECT_GT(stats(queue).dropped, 0U);
  EXPECT_EQ(overflowed().size(), stats(queue).dropped);
}

TEST_F(StoreEvict, AnImportedFileIsMovedAsideAndOthersAreNot) {
  ASSERT_TRUE(write_overflow(home_, "01ARZ3NDEKTSV4RRFFQ69G5FAV", 1, "{}\n"));
  const auto file = overflow_files(home_).front().path;
  ASSERT_TRUE(note_imported(home_, file));
  EXPECT_TRUE(overflow_files(home_).empty());
  EXPECT_TRUE(fs::exists(home_ / "overflow" / "imported" / file.filename()));
  support::write_text(folder_.path() / "elsewhere.jsonl", "{}\n");
  ASSERT_TRUE(note_imported(home_, folder_.path() / "elsewhere.jsonl"));
  EXPECT_TRUE(fs::exists(folder_.path() / "elsewhere.jsonl"));
}

} // namespace
} // namespace spec_kitty
