// Pauses, exactly: backoff, Retry-After, the hour of a held team.
#include "actors/batch_sync/pacing.hpp"
#include "actors/batch_sync/retry_after.hpp"

#include <gtest/gtest.h>

namespace spec_kitty {
namespace {

using namespace std::chrono_literals;

constexpr epoch_us second = 1000000;
const epoch_us noon = *parse_date_time("2026-11-06T08:49:37Z");

TEST(Backoff, DoublesItsCeilingFromHalfASecondToThirty) {
  const std::vector<std::chrono::milliseconds> ceilings = {500ms, 1s,  2s,  4s, 8s,
                                                           16s,   30s, 30s, 30s};
  for (unsigned attempt = 1; attempt <= ceilings.size(); ++attempt) {
    EXPECT_EQ(backoff_delay(attempt, 0.5), ceilings[attempt - 1] / 2);
    EXPECT_EQ(backoff_delay(attempt, 0.0), 0ms) << "full jitter begins at nothing";
    EXPECT_LT(backoff_delay(attempt, 0.9999), ceilings[attempt - 1]);
  }
  EXPECT_EQ(backoff_delay(4000000000U, 0.5), 15s) << "and never overflows";
}

TEST(RetryAfter, ReadsSeconds) {
  EXPECT_EQ(read_retry_after("0", noon), 0ms);
  EXPECT_EQ(read_retry_after("12", noon), 12s);
}

TEST(RetryAfter, ReadsEveryFormOfAnHttpDate) {
  EXPECT_EQ(read_retry_after("Fri, 06 Nov 2026 08:49:47 GMT", noon), 10s);
  EXPECT_EQ(read_retry_after("Friday, 06-Nov-26 08:49:47 GMT", noon), 10s);
  EXPECT_EQ(read_retry_after("Fri Nov  6 08:49:47 2026", noon), 10s);
}

TEST(RetryAfter, TakesADateInThePastAsNow) {
  EXPECT_EQ(read_retry_after("Fri, 06 Nov 2020 08:49:47 GMT", noon), 0ms);
  EXPECT_EQ(read_retry_after("-5", noon), 0ms);
}

TEST(RetryAfter, BelievesAtMostFifteenMinutes) {
  EXPECT_EQ(read_retry_after("36000", noon), 15min);
  EXPECT_EQ(read_retry_after("99999999999999999999999", noon), 15min);
  EXPECT_EQ(read_retry_after("Fri, 06 Nov 2099 08:49:47 GMT", noon), 15min);
}

TEST(RetryAfter, IsNothingWhereTheHeaderIsAbsentOrGarbage) {
  for (const char* text : {"", "soon", "12 apples", "1.5", "2026-11-06T08:49:47Z"})
    EXPECT_EQ(read_retry_after(text, noon), std::nullopt) << text;
}

TEST(Hold, IsTriedAgainHourlyInTheBackground) {
  EXPECT_FALSE(may_retry_hold(noon, noon + 3599 * second));
  EXPECT_TRUE(may_retry_hold(noon, noon + 3600 * second));
  EXPECT_TRUE(may_retry_hold(noon, noon - second)) << "a clock that went backwards never blocks it";
}

} // namespace
} // namespace spec_kitty
