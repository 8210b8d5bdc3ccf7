// Appending: order, clocks and ids that only rise, capacity, the receive rule.
#include "tests/actors/queue/store_fixture.hpp"

#include "actors/clock/causality.hpp"
#include "actors/queue/store_rows.hpp"
#include "messages/validate.hpp"

#include <algorithm>
#include <limits>

namespace spec_kitty {
namespace {

class StoreAppend : public StoreTest {};

/// Ids and clocks of receipts rise strictly.
void expect_rising(const std::vector<append_receipt>& receipts) {
  for (std::size_t i = 1; i < receipts.size(); ++i) {
    EXPECT_LT(receipts[i - 1].event_id, receipts[i].event_id) << i;
    EXPECT_LT(receipts[i - 1].lamport_clock, receipts[i].lamport_clock) << i;
  }
}

TEST_F(StoreAppend, TheFirstEventHasClockOneAndIsListedAsItWasAnswered) {
  store queue = open();
  const auto receipts = append(queue, 1);
  ASSERT_EQ(receipts.size(), 1U);
  EXPECT_EQ(receipts[0].lamport_clock, 1U);
  EXPECT_EQ(receipts[0].queued, 1U);
  EXPECT_TRUE(is_ulid(receipts[0].event_id));
  const auto listed = list(queue);
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].json, receipts[0].json);
}

TEST_F(StoreAppend, AStoredEventIsValidByTheContract) {
  store queue = open();
  for (const auto& receipt : append(queue, 3)) {
    const auto event = parse_json(receipt.json);
    ASSERT_TRUE(event);
    const auto wrong = validate_event(*event);
    EXPECT_FALSE(wrong) << wrong->message();
    EXPECT_EQ(text_of(*event, "event_id"), receipt.event_id);
    EXPECT_EQ(whole_number_of(*event, "lamport_clock"), receipt.lamport_clock);
    EXPECT_EQ(text_of(*event, "node_id"), queue.node_id());
  }
}

TEST_F(StoreAppend, AnEventWhoseTextIsNotJsonIsRefusedAndTheOthersAreKept) {
  store queue = open();
  auto drafts = drafts_of(3);
  drafts[1].payload = R"({"wp_id":"WP01","x":)"; // as a writer leaves it that stops at an infinity
  const auto answers = queue.append(drafts, now_);
  ASSERT_TRUE(answers);
  EXPECT_TRUE(answers->at(0));
  EXPECT_FALSE(answers->at(1));
  EXPECT_TRUE(answers->at(2));
  EXPECT_EQ(list(queue).size(), 2U);
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreAppend, ABurstKeepsTheOrderInWhichItWasGiven) {
  store queue = open();
  const auto drafts = drafts_of(300);
  const auto receipts = append(queue, drafts);
  expect_rising(receipts);
  const auto listed = list(queue);
  ASSERT_EQ(listed.size(), drafts.size());
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    EXPECT_EQ(listed[i].json, receipts[i].json);
    EXPECT_NE(listed[i].json.find(drafts[i].payload), std::string::npos);
  }
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreAppend, AnEmptyBurstChangesNothing) {
  store queue = open();
  append(queue, 0);
  EXPECT_EQ(stats(queue).accepted, 0U);
  EXPECT_EQ(*queue.clock(), 0U);
}

TEST_F(StoreAppend, ClocksAndIdsRiseThoughTheWallClockRunsBackwards) {
  store queue = open();
  std::vector<append_receipt> all;
  const epoch_us second = 1'000'000;
  for (const epoch_us now : {now_, now_ - 3600 * second, now_ + second, epoch_us{0}, now_ + second,
                             -5 * second, std::numeric_limits<epoch_us>::max() / 2, now_}) {
    const auto answers = queue.append(drafts_of(2), now);
    ASSERT_TRUE(answers);
    for (const auto& answer : *answers)
      all.push_back(*answer);
  }
  expect_rising(all);
}

TEST_F(StoreAppend, TheIdCarriesTheMomentOfTheAppend) {
  store queue = open();
  const auto receipts = append(queue, 1);
  EXPECT_EQ(parse_ulid(receipts[0].event_id)->milliseconds(),
            static_cast<std::uint64_t>(now_ / 1000));
}

TEST_F(StoreAppend, TheCapByCountRefusesTheRestAndCountsIt) {
  max_events_ = 5;
  store queue = open();
  const auto answers = queue.append(drafts_of(8), now_);
  ASSERT_TRUE(answers);
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ((*answers)[i].ok(), i < 5) << i;
    if (i >= 5) {
      EXPECT_EQ((*answers)[i].error().code, ec::queue_full);
      EXPECT_NE((*answers)[i].error().message.find("NOT recorded"), std::string::npos);
      EXPECT_NE((*answers)[i].error().hint.find("sync now"), std::string::npos);
    }
  }
  const auto found = stats(queue);
  EXPECT_EQ(found.live, 5U);
  EXPECT_EQ(found.dropped, 3U);
  EXPECT_EQ(found.clock, 5U) << "a refused event must not tick the clock";
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreAppend, TheCapByBytesIsNeverExceeded) {
  max_bytes_ = 4096;
  store queue = open();
  std::size_t taken = 0;
  for (int i = 0; i < 40; ++i) {
    const auto answers = queue.append(drafts_of(1), now_);
    ASSERT_TRUE(answers);
    taken += answers->front() ? 1 : 0;
  }
  const auto found = stats(queue);
  EXPECT_GT(taken, 5U);
  EXPECT_LT(taken, 40U);
  EXPECT_LE(found.bytes, max_bytes_);
  EXPECT_EQ(found.live, taken);
  EXPECT_EQ(found.dropped, 40 - taken);
}

TEST_F(StoreAppend, RoomThatAnAcknowledgementMadeIsUsedAgain) {
  max_events_ = 3;
  store queue = open();
  append(queue, 3);
  EXPECT_FALSE(queue.append(drafts_of(1), now_)->front());
  settle(queue, lease(queue, "team-a", 1), event_outcome::delivered);
  EXPECT_TRUE(queue.append(drafts_of(1), now_)->front());
  EXPECT_EQ(recount(queue, home_), "");
}

TEST_F(StoreAppend, AReceivedClockFollowsTheReceiveRule) {
  store queue = open();
  EXPECT_EQ(*queue.merge_clock(41), 42U);
  EXPECT_EQ(*queue.merge_clock(7), 43U) << "max(42, 7) + 1";
  EXPECT_EQ(append(queue, 1).front().lamport_clock, 44U);
  EXPECT_EQ(*queue.clock(), 44U);
}

TEST_F(StoreAppend, AClockBeyondTheBoundIsRefusedAndChangesNothing) {
  store queue = open();
  append(queue, 1);
  for (const std::uint64_t hostile : {max_received + 1, max_lamport, max_lamport + 1,
                                      std::numeric_limits<std::uint64_t>::max()}) {
    const auto merged = queue.merge_clock(hostile);
    ASSERT_FALSE(merged);
    EXPECT_EQ(merged.error().code, ec::bad_input);
  }
  EXPECT_EQ(*queue.clock(), 1U);
}

TEST_F(StoreAppend, AnExhaustedClockRefusesEventsInsteadOfUsingAValueTwice) {
  store queue = open();
  set_clock(max_lamport - 1);
  EXPECT_EQ(append(queue, 1).front().lamport_clock, max_lamport);
  const auto answers = queue.append(drafts_of(1), now_);
  ASSERT_TRUE(answers);
  ASSERT_FALSE(answers->front());
  EXPECT_EQ(answers->front().error().code, ec::store_unusable);
  const auto merged = queue.merge_clock(5);
  EXPECT_TRUE(!merged || *merged <= max_lamport);
  EXPECT_LE(*queue.clock(), max_lamport);
}

TEST_F(StoreAppend, AnEventIdThatIsThereAlreadyIsNeverUsedAgain) {
  store queue = open();
  append(queue, 1);
  const auto again = tables_of(home_)->write([&](lmdb_txn& txn, const store_tables& tables) {
    store_detail::queue_rows rows(txn, tables);
    EXPECT_TRUE(rows.add(*store_detail::read_event(txn, tables, 1), "team-a", ""));
    rows.write_back();
    return true;
  });
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ec::store_corrupt);
  EXPECT_EQ(stats(queue).live, 1U);
}

TEST_F(StoreAppend, TwoWhoHaveSeenTheSameStoreGiveOutDifferentIdsInOneMillisecond) {
  store queue = open();
  append(queue, 1);
  const std::string bytes = support::read_text(home_ / "queue" / "env" / "data.mdb");
  const auto answered = append(queue, 1).front();
  { store closing = std::move(queue); }
  // The disk never had it, as after a commit that failed: the next one knows nothing of it.
  support::write_text(home_ / "queue" / "env" / "data.mdb", bytes);
  store next = open();
  const auto other = append(next, 1).front();
  EXPECT_EQ(other.lamport_clock, answered.lamport_clock);
  EXPECT_NE(other.event_id, answered.event_id);
}

} // namespace
} // namespace spec_kitty
