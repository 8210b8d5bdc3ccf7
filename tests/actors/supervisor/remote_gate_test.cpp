#include "actors/supervisor/remote_gate.hpp"

#include <gtest/gtest.h>

#include <string>

namespace spec_kitty {
namespace {

using namespace std::chrono_literals;

class RemoteGate : public testing::Test {
protected:
  void receive(std::uint64_t clock, const std::string& json) {
    remote_heard heard;
    heard.clock = clock;
    heard.event = event_received{json};
    gate_.hear(std::move(heard));
  }
  void receive_at(std::uint64_t seq, const std::string& json) {
    remote_heard heard;
    heard.log = log_;
    heard.clock = seq;
    heard.place = {seq, ulid{}};
    heard.bytes = 10;
    heard.event = event_received{json, seq, "ann", log_->log};
    gate_.hear(std::move(heard));
  }
  void join(std::uint64_t from, std::optional<lost_range> lost = std::nullopt) {
    gate_.join({*log_, from, {}, lost});
  }
  std::optional<std::uint64_t> begin() {
    const auto burst = gate_.begin(now_);
    return burst ? std::optional(burst->clock) : std::nullopt;
  }
  std::string ready() {
    std::string out;
    for (const notice& what : gate_.take_ready())
      out += std::holds_alternative<log_joined>(what) ? "|" : std::get<event_received>(what).json;
    return out;
  }
  std::string released() {
    gate_.merged();
    return ready();
  }

  remote_gate gate_;
  std::chrono::milliseconds now_ = 1h;
  std::shared_ptr<const log_name> log_ =
      std::make_shared<const log_name>(log_name{"https://a", "tea", "01J00000000000000000000001"});
};

TEST_F(RemoteGate, AnEventWaitsForItsClock) {
  receive(5, "a");
  EXPECT_EQ(ready(), "");
  EXPECT_EQ(begin(), 5U);
  EXPECT_EQ(released(), "a");
}

TEST_F(RemoteGate, AnEventWithoutAClockIsReleasedAtOnceAndInOrder) {
  receive(0, "a");
  EXPECT_EQ(ready(), "a");
  receive(5, "b");
  receive(0, "c");
  EXPECT_EQ(ready(), "");
  EXPECT_EQ(begin(), 5U);
  EXPECT_EQ(released(), "bc");
}

TEST_F(RemoteGate, WhatCameDuringAMergeWaitsForTheNextWithItsHighestClock) {
  receive(5, "a");
  EXPECT_EQ(begin(), 5U);
  receive(9, "b");
  receive(7, "c");
  EXPECT_FALSE(begin()) << "a merge is under way";
  EXPECT_EQ(released(), "a");
  EXPECT_EQ(begin(), 9U);
  EXPECT_EQ(released(), "bc");
}

TEST_F(RemoteGate, ThePlaceInALogMovesAtMostTenTimesASecond) {
  join(0);
  EXPECT_EQ(ready(), "|");
  receive_at(1, "a");
  EXPECT_TRUE(begin());
  EXPECT_EQ(released(), "a");
  receive_at(2, "b");
  receive_at(3, "c");
  EXPECT_FALSE(begin());
  EXPECT_EQ(gate_.next_at(), now_ + 100ms);
  now_ += 100ms;
  const auto burst = gate_.begin(now_);
  ASSERT_TRUE(burst);
  EXPECT_EQ(burst->places.size(), 2U);
  EXPECT_EQ(burst->through, 3U);
  EXPECT_EQ(gate_.merged(), 20U) << "bytes";
  EXPECT_EQ(ready(), "bc");
}

TEST_F(RemoteGate, WhatAnotherConnectionBringsAgainIsPublishedOnce) {
  join(0);
  receive_at(1, "a");
  receive_at(2, "b");
  join(0);
  receive_at(1, "a");
  receive_at(2, "b");
  receive_at(3, "c");
  std::string published = ready();
  for (int round = 0; round < 4; ++round, now_ += 1s)
    if (begin())
      published += released();
    else
      published += ready();
  EXPECT_EQ(published, "|ab|c");
}

TEST_F(RemoteGate, ALogThatWasTakenBackIsHeardAnewFromThere) {
  join(0);
  receive_at(1, "a");
  receive_at(2, "b");
  EXPECT_TRUE((ready(), begin()));
  EXPECT_EQ(released(), "ab");
  join(1, lost_range{2, 2});
  receive_at(2, "B");
  EXPECT_EQ(ready(), "|");
  now_ += 1s;
  EXPECT_TRUE(begin());
  EXPECT_EQ(released(), "B");
}

TEST_F(RemoteGate, EventsBeforeThePlaceAreMergedAndNotPublished) {
  join(7); // a home that hears the log for the first time
  receive_at(6, "old");
  receive_at(8, "new");
  EXPECT_EQ(ready(), "|");
  const auto burst = gate_.begin(now_);
  ASSERT_TRUE(burst);
  EXPECT_EQ(burst->places.size(), 2U);
  EXPECT_EQ(released(), "new");
}

} // namespace
} // namespace spec_kitty
