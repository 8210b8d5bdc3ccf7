// When a background drain begins its next run, exactly.
#include "actors/supervisor/drain_schedule.hpp"

#include <gtest/gtest.h>

namespace spec_kitty {
namespace {

using namespace std::chrono_literals;

struct DrainSchedule : testing::Test {
  drain_schedule schedule{300s, 5s, [] { return 0.5; }};
  epoch_us wall_ = 1'770'000'000'000'000;

  void run(std::chrono::milliseconds end, std::optional<failure> stopped = std::nullopt,
           epoch_us retry_at = 0) {
    schedule.on_begin(end);
    sync_report report;
    report.stopped = std::move(stopped);
    report.retry_at = retry_at;
    schedule.on_end(report, end, wall_);
  }
  /// A run during which an event is recorded.
  void run_while_woken(std::chrono::milliseconds begin, std::chrono::milliseconds end,
                       std::uint64_t batches, std::uint64_t rejected = 0) {
    schedule.on_begin(begin);
    schedule.on_wakeup(wakeup_reason::events);
    sync_report report;
    report.batches = batches;
    report.rejected = rejected;
    schedule.on_end(report, end, wall_);
  }
  static failure of(ec code) { return {code, "why", {}}; }
};

TEST_F(DrainSchedule, FirstRunIsDueAtOnce) {
  EXPECT_EQ(schedule.wait(7s), 0ms);
}

TEST_F(DrainSchedule, NothingIsDueWhileARunIsUnderWay) {
  schedule.on_begin(7s);
  schedule.on_wakeup(wakeup_reason::events);
  EXPECT_EQ(schedule.wait(7s), std::nullopt);
}

TEST_F(DrainSchedule, AfterASuccessTheNextRunIsAnIntervalAway) {
  run(10s);
  EXPECT_EQ(schedule.wait(11s), 299s);
  EXPECT_EQ(schedule.wait(400s), 0ms);
}

TEST_F(DrainSchedule, AWakeupMakesItDueAtOnce) {
  run(10s);
  schedule.on_wakeup(wakeup_reason::events);
  EXPECT_EQ(schedule.wait(11s), 0ms);
}

TEST_F(DrainSchedule, AWakeupDuringARunIsNotForgotten) {
  schedule.on_begin(7s);
  schedule.on_wakeup(wakeup_reason::events);
  schedule.on_end({}, 10s, wall_);
  EXPECT_EQ(schedule.wait(10s), 0ms);
}

TEST_F(DrainSchedule, RunsThatSendBeginAtMostOncePerGap) {
  run_while_woken(10s, 11s, 1);
  EXPECT_EQ(schedule.wait(11s), 4s);
  EXPECT_EQ(schedule.wait(15s), 0ms);
}

TEST_F(DrainSchedule, WhatCameDuringABacklogGoesAtOnce) {
  run_while_woken(10s, 11s, 100);
  EXPECT_EQ(schedule.wait(11s), 0ms);
}

TEST_F(DrainSchedule, ARefusedEventIsNotTriedAgainBeforeTheGap) {
  run_while_woken(10s, 11s, 12, 3); // halved until the refused ones were alone
  EXPECT_EQ(schedule.wait(11s), 4s);
}

TEST_F(DrainSchedule, FailuresOfTheTransportArePausedForLongerAndLongerUpToHalfAMinute) {
  std::chrono::milliseconds at{0};
  for (const auto pause : {250ms, 500ms, 1000ms, 2000ms, 4000ms, 8000ms, 15000ms, 15000ms}) {
    run(at, of(ec::transport));
    EXPECT_EQ(schedule.wait(at), pause) << "half of the ceiling, with this randomness";
    at += pause;
  }
  run(at);
  run(at, of(ec::transport));
  EXPECT_EQ(schedule.wait(at), 250ms) << "a success forgets the failures";
}

TEST_F(DrainSchedule, EventsNeverShortenAPause) {
  for (int i = 0; i < 6; ++i)
    run(0s, of(ec::transport));
  schedule.on_wakeup(wakeup_reason::events);
  EXPECT_EQ(schedule.wait(0s), 8s);
}

TEST_F(DrainSchedule, RetryAfterIsKeptToHoweverShortTheBackoffWouldBe) {
  run(10s, of(ec::transport), wall_ + 90'000'000);
  EXPECT_EQ(schedule.wait(10s), 90s);
}

TEST_F(DrainSchedule, ARetryAfterInThePastAsksForNothing) {
  run(10s, of(ec::transport), wall_ - 1);
  EXPECT_EQ(schedule.wait(10s), 250ms);
}

TEST_F(DrainSchedule, AForbiddenTeamIsTriedAgainHourly) {
  run(10s, of(ec::held));
  schedule.on_wakeup(wakeup_reason::events);
  EXPECT_EQ(schedule.wait(10s), 1h);
}

TEST_F(DrainSchedule, WithoutASessionOrWithAnOldClientOnlyAChangeBeginsARun) {
  for (const ec code : {ec::login_required, ec::upgrade_required}) {
    run(10s, of(code));
    schedule.on_wakeup(wakeup_reason::events);
    EXPECT_EQ(schedule.wait(24h), std::nullopt);
    schedule.on_wakeup(code == ec::login_required ? wakeup_reason::session
                                                  : wakeup_reason::drained);
    EXPECT_EQ(schedule.wait(24h), 0ms);
  }
}

TEST_F(DrainSchedule, ALoginEndsEveryPause) {
  run(10s, of(ec::held));
  schedule.on_wakeup(wakeup_reason::session);
  EXPECT_EQ(schedule.wait(10s), 0ms);
}

} // namespace
} // namespace spec_kitty
