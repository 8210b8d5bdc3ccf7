#include "app/home/log_reader.hpp"

#include <gtest/gtest.h>

namespace spec_kitty {
namespace {

constexpr const char* old_log = "01J00000000000000000000001";
constexpr const char* new_log = "01J00000000000000000000002";
constexpr epoch_us second = 1'000'000;

event_received event(std::uint64_t seq, const char* log = old_log) {
  return {"{}", seq, "ann", log};
}

log_joined joined(std::uint64_t from, const char* log = old_log, const char* former = "",
                  std::optional<lost_range> lost = std::nullopt) {
  return {{"https://a", "tea", log}, from, former, lost};
}

log_page page(std::uint64_t first, std::uint64_t last, std::uint64_t head,
              const char* log = old_log) {
  log_page read;
  read.log = log;
  read.head = head;
  read.through = last;
  for (std::uint64_t seq = first; seq <= last; ++seq)
    read.events.push_back({seq, "ann", "", "{}"});
  return read;
}

std::vector<std::uint64_t> numbers(const log_reader::page_events& read) {
  std::vector<std::uint64_t> found;
  for (const auto& entry : read.events)
    found.push_back(entry.seq);
  return found;
}

TEST(LogReader, HearsWhatComesOnceAndInOrder) {
  log_reader reader({old_log, 4});
  EXPECT_FALSE(reader.takes(event(4)));
  EXPECT_TRUE(reader.takes(event(5)));
  EXPECT_FALSE(reader.takes(event(5)));
  EXPECT_TRUE(reader.takes(event(9))) << "6 to 8 are this home's own";
  EXPECT_FALSE(reader.next_request(0));
}

TEST(LogReader, WithoutNumbersHearsEverything) {
  log_reader reader({"", 0});
  EXPECT_TRUE(reader.takes({"{}"}));
  EXPECT_TRUE(reader.takes({"{}"}));
}

TEST(LogReader, BehindANumberReadsPagesUntilItHasCaughtUp) {
  auto reader = log_reader::behind({"", 2});
  const auto first = reader.next_request(0);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->after, 2U);
  EXPECT_FALSE(reader.next_request(0)) << "a page is on its way";
  EXPECT_FALSE(reader.takes(event(7))) << "it comes with a page";
  EXPECT_EQ(numbers(reader.take_page(page(3, 5, 6), 0)), (std::vector<std::uint64_t>{3, 4, 5}));
  EXPECT_EQ(reader.next_request(0)->after, 5U);
  EXPECT_EQ(numbers(reader.take_page(page(6, 6, 6), 0)), (std::vector<std::uint64_t>{6}));
  EXPECT_EQ(reader.next_request(0)->after, 6U) << "the connection has brought 7 meanwhile";
  EXPECT_EQ(numbers(reader.take_page(page(7, 7, 7), 0)), (std::vector<std::uint64_t>{7}));
  EXPECT_FALSE(reader.is_catching_up());
  EXPECT_TRUE(reader.takes(event(8)));
}

TEST(LogReader, AHomeThatIsFurtherAheadIsCaughtUpWith) {
  log_reader reader({old_log, 4});
  EXPECT_FALSE(reader.joined(joined(4)));
  EXPECT_FALSE(reader.is_catching_up());
  EXPECT_FALSE(reader.joined(joined(9)));
  EXPECT_FALSE(reader.takes(event(10)));
  EXPECT_EQ(reader.next_request(0)->after, 4U);
}

TEST(LogReader, OneThatFellBehindReadsTheSameEventsLater) {
  log_reader reader({old_log, 4});
  EXPECT_TRUE(reader.takes(event(5)));
  reader.fall_behind(4);
  EXPECT_EQ(reader.next_request(0)->after, 4U);
  EXPECT_EQ(numbers(reader.take_page(page(5, 6, 6), 0)), (std::vector<std::uint64_t>{5, 6}));
}

TEST(LogReader, AFailureIsReportedOnceAndTriedAgainASecondLater) {
  auto reader = log_reader::behind({old_log, 2});
  ASSERT_TRUE(reader.next_request(0));
  const failure down{ec::transport, "not reached", {}};
  EXPECT_TRUE(reader.take_page(down, 0).warning);
  EXPECT_FALSE(reader.next_request(second / 2));
  ASSERT_TRUE(reader.next_request(second));
  EXPECT_FALSE(reader.take_page(down, second).warning);
}

TEST(LogReader, ALogThatWasTakenBackIsHeardAnewFromThere) {
  log_reader reader({old_log, 9});
  const auto words = reader.joined(joined(6, new_log, old_log, lost_range{7, 9}));
  ASSERT_TRUE(words);
  EXPECT_NE(words->find("7 to 9"), std::string::npos);
  EXPECT_EQ(reader.place(), (log_place{new_log, 6}));
  EXPECT_TRUE(reader.takes(event(7, new_log)));
  EXPECT_FALSE(reader.takes(event(20, old_log)));
}

TEST(LogReader, ANumberBeyondTheLogIsReported) {
  auto reader = log_reader::behind({"", 900});
  ASSERT_TRUE(reader.next_request(0));
  auto empty = page(1, 0, 500);
  empty.through = 900;
  const auto read = reader.take_page(empty, 0);
  ASSERT_TRUE(read.warning);
  EXPECT_NE(read.warning->find("501 to 900"), std::string::npos);
}

} // namespace
} // namespace spec_kitty
