// The two rules of waiting, exactly: between tries, and before a fallen child starts again.
#include "actors/batch_sync/backoff.hpp"
#include "actors/supervisor/restart_policy.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace spec_kitty {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

TEST(Backoff, DoublesFromHalfASecondToThirty) {
  const std::vector<milliseconds> ceilings = {500ms,   1000ms,  2000ms,  4000ms, 8000ms,
                                              16000ms, 30000ms, 30000ms, 30000ms};
  for (unsigned attempt = 1; attempt <= ceilings.size(); ++attempt) {
    const auto half = ceilings[attempt - 1] / 2;
    EXPECT_EQ(backoff_delay(attempt, 0.5), half) << attempt;
    EXPECT_EQ(backoff_delay(attempt, 0.0), 0ms) << attempt;
    EXPECT_LT(backoff_delay(attempt, 0.999999), ceilings[attempt - 1]) << attempt;
  }
}

TEST(Backoff, NeverOverflows) {
  EXPECT_EQ(backoff_delay(4'000'000'000U, 0.5), 15000ms);
  EXPECT_EQ(backoff_delay(0, 0.5), 250ms);
}

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
