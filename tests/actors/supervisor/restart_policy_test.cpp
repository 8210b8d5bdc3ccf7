// When a fallen child starts again, exactly.
#include "actors/supervisor/restart_policy.hpp"

#include <gtest/gtest.h>

namespace spec_kitty {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

TEST(RestartPolicy, DelayDoublesUpToItsLimit) {
  restart_history falls({20, 1h, 50ms, 5000ms});
  const std::vector<milliseconds> expected = {50ms,   100ms,  200ms,  400ms, 800ms,
                                              1600ms, 3200ms, 5000ms, 5000ms};
  for (const auto delay : expected)
    EXPECT_EQ(falls.on_fall(1s), delay);
}

TEST(RestartPolicy, GivesUpAfterTooManyFallsWithinTheWindow) {
  restart_history falls({3, 60s, 50ms, 5000ms});
  EXPECT_EQ(falls.on_fall(0s), 50ms);
  EXPECT_EQ(falls.on_fall(1s), 100ms);
  EXPECT_EQ(falls.on_fall(2s), 200ms);
  EXPECT_EQ(falls.on_fall(3s), std::nullopt);
}

TEST(RestartPolicy, FallsOutsideTheWindowAreForgotten) {
  restart_history falls({3, 60s, 50ms, 5000ms});
  EXPECT_EQ(falls.on_fall(0s), 50ms);
  EXPECT_EQ(falls.on_fall(60s), 100ms); // exactly at the window's end still counts
  EXPECT_EQ(falls.on_fall(61s), 100ms); // the first one is forgotten
  EXPECT_EQ(falls.on_fall(500s), 50ms);
}

TEST(RestartPolicy, AllowsNoRestartWhereNoneIsWanted) {
  restart_history falls({0, 60s, 50ms, 5000ms});
  EXPECT_EQ(falls.on_fall(0s), std::nullopt);
}

TEST(RestartPolicy, DefaultIsFiveInAMinute) {
  restart_history falls{restart_policy{}};
  for (const auto delay : {50ms, 100ms, 200ms, 400ms, 800ms})
    EXPECT_EQ(falls.on_fall(1s), delay);
  EXPECT_EQ(falls.on_fall(1s), std::nullopt);
}

} // namespace
} // namespace spec_kitty
