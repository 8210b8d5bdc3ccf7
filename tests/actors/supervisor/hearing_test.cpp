#include "actors/supervisor/hearing.hpp"

#include <gtest/gtest.h>

#include <string>

namespace spec_kitty {
namespace {

class Hearing : public testing::Test {
protected:
  /// True when it has to wait.
  bool hear(std::uint64_t clock, const std::string& json) {
    heard_.clock(clock);
    return keep(json);
  }
  bool keep(const std::string& json) {
    event_received event{json};
    return heard_.keeps(event);
  }
  std::string told() {
    std::string out;
    for (const auto& event : heard_.merged())
      out += event.json;
    return out;
  }

  hearing heard_;
};

TEST_F(Hearing, AnEventWaitsForItsClock) {
  heard_.clock(5);
  EXPECT_EQ(heard_.begin(), 5U);
  EXPECT_TRUE(keep("a"));
  EXPECT_EQ(told(), "a");
}

TEST_F(Hearing, AnEventWithoutAClockIsToldAtOnce) {
  EXPECT_FALSE(keep("a"));
}

TEST_F(Hearing, OneMergeIsUnderWayAtATime) {
  heard_.clock(5);
  EXPECT_TRUE(heard_.begin());
  heard_.clock(6);
  EXPECT_FALSE(heard_.begin());
  told();
  EXPECT_EQ(heard_.begin(), 6U);
}

TEST_F(Hearing, TheHighestOfWhatCameMeanwhileIsMergedNext) {
  heard_.clock(5);
  heard_.begin();
  heard_.clock(9);
  heard_.clock(7);
  told();
  EXPECT_EQ(heard_.begin(), 9U);
}

TEST_F(Hearing, WhatCameDuringAMergeWaitsForTheNext) {
  EXPECT_TRUE(hear(5, "a"));
  EXPECT_EQ(heard_.begin(), 5U);
  EXPECT_TRUE(hear(6, "b"));
  EXPECT_EQ(told(), "a");
  EXPECT_EQ(heard_.begin(), 6U);
  EXPECT_TRUE(hear(7, "c"));
  EXPECT_EQ(told(), "b");
  EXPECT_EQ(heard_.begin(), 7U);
  EXPECT_EQ(told(), "c");
}

TEST_F(Hearing, OrderIsKept) {
  hear(5, "a");
  heard_.begin();
  keep("b");
  keep("c");
  EXPECT_EQ(told(), "abc");
  EXPECT_FALSE(keep("d"));
}

} // namespace
} // namespace spec_kitty
