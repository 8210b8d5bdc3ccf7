#include "actors/supervisor/remote_clock_gate.hpp"

#include <gtest/gtest.h>

#include <string>

namespace spec_kitty {
namespace {

class RemoteClockGate : public testing::Test {
protected:
  /// True when it has to wait.
  bool receive(std::uint64_t clock, const std::string& json) {
    heard_.clock(clock);
    return keep(json);
  }
  bool keep(const std::string& json) {
    event_received event{json};
    return heard_.keeps(event);
  }
  std::string released() {
    std::string out;
    for (const auto& event : heard_.merged())
      out += event.json;
    return out;
  }

  remote_clock_gate heard_;
};

TEST_F(RemoteClockGate, AnEventWaitsForItsClock) {
  heard_.clock(5);
  EXPECT_EQ(heard_.begin(), 5U);
  EXPECT_TRUE(keep("a"));
  EXPECT_EQ(released(), "a");
}

TEST_F(RemoteClockGate, AnEventWithoutAClockIsReleasedAtOnce) {
  EXPECT_FALSE(keep("a"));
}

TEST_F(RemoteClockGate, OneMergeIsUnderWayAtATime) {
  heard_.clock(5);
  EXPECT_TRUE(heard_.begin());
  heard_.clock(6);
  EXPECT_FALSE(heard_.begin());
  released();
  EXPECT_EQ(heard_.begin(), 6U);
}

TEST_F(RemoteClockGate, TheHighestOfWhatCameMeanwhileIsMergedNext) {
  heard_.clock(5);
  heard_.begin();
  heard_.clock(9);
  heard_.clock(7);
  released();
  EXPECT_EQ(heard_.begin(), 9U);
}

TEST_F(RemoteClockGate, WhatCameDuringAMergeWaitsForTheNext) {
  EXPECT_TRUE(receive(5, "a"));
  EXPECT_EQ(heard_.begin(), 5U);
  EXPECT_TRUE(receive(6, "b"));
  EXPECT_EQ(released(), "a");
  EXPECT_EQ(heard_.begin(), 6U);
  EXPECT_TRUE(receive(7, "c"));
  EXPECT_EQ(released(), "b");
  EXPECT_EQ(heard_.begin(), 7U);
  EXPECT_EQ(released(), "c");
}

TEST_F(RemoteClockGate, OrderIsKept) {
  receive(5, "a");
  heard_.begin();
  keep("b");
  keep("c");
  EXPECT_EQ(released(), "abc");
  EXPECT_FALSE(keep("d"));
}

} // namespace
} // namespace spec_kitty
