// SUPERVISOR of a daemon: which transport carries the events, when, and how it winds down.
#include "tests/actors/supervisor/supervisor_fixture.hpp"

namespace spec_kitty::actor_test {
namespace {

TEST_F(Daemon, ConnectedItSendsEventsOverTheWebSocketAndNoBatch) {
  start_daemon();
  connect();
  const auto before = batches();
  append(queue_, 3);
  notify(wakeup_reason::events);
  EXPECT_EQ(links_.last().sent.size(), 3U);
  EXPECT_EQ(batches(), before);
}

TEST_F(Daemon, NotConnectedItDrainsInBatchesAtMostOneInFiveSeconds) {
  start_daemon(false);
  append(queue_, 1);
  notify(wakeup_reason::events);
  EXPECT_EQ(batches(), 1U);
  answer_all();
  append(queue_, 1);
  notify(wakeup_reason::events);
  EXPECT_EQ(batches(), 1U);
  pass(4900ms, 100ms);
  EXPECT_EQ(batches(), 1U);
  pass(200ms, 100ms);
  EXPECT_EQ(batches(), 2U);
  answer_all();
  EXPECT_EQ(stats().live, 0U);
}

TEST_F(Daemon, WithoutAWakeupItLooksEveryInterval) {
  start_daemon(false);
  append(queue_, 1); // without a wakeup
  pass(299s, 1s);
  EXPECT_EQ(batches(), 0U);
  pass(2s, 1s);
  EXPECT_EQ(batches(), 1U);
}

TEST_F(Daemon, AfterAnOutageItDrainsWithinHalfAMinute) {
  start_daemon(false);
  append(queue_, 1);
  notify(wakeup_reason::events);
  for (int i = 0; i < 20; ++i) { // away for minutes
    answer_all(503);
    pass(16s, 100ms);
  }
  const auto before = batches();
  answer_all(200); // back
  pass(30s, 100ms);
  answer_all(200);
  EXPECT_GE(batches(), before);
  EXPECT_EQ(stats().live, 0U);
}

TEST_F(Daemon, UnansweredEventsAreTakenOverByBatchSync) {
  start_daemon();
  connect();
  append(queue_, 2);
  notify(wakeup_reason::events);
  const auto before = batches();
  pass(5100ms, 100ms);
  EXPECT_EQ(batches(), before + 1);
  answer_all();
  EXPECT_EQ(stats().live, 0U);
  append(queue_, 1);
  notify(wakeup_reason::events);
  EXPECT_EQ(links_.last().sent.size(), 3U) << "and the WebSocket resumes";
}

TEST_F(Daemon, WindsDownWithTheBatchInFlightFinished) {
  start_daemon(false);
  append(queue_, 1);
  notify(wakeup_reason::events);
  const auto done = ask_now<wound_down>(top_, wind_down{});
  EXPECT_FALSE(done.there());
  answer_all();
  EXPECT_TRUE(done.ok());
  EXPECT_EQ(stats().live, 0U);
  append(queue_, 1);
  notify(wakeup_reason::events);
  pass(10s, 100ms);
  EXPECT_EQ(stats().live, 1U) << "nothing new is begun";
}

TEST_F(Daemon, WindsDownAtOnceWhereNothingIsInFlight) {
  start_daemon();
  connect();
  EXPECT_TRUE(ask_now<wound_down>(top_, wind_down{}).ok());
  EXPECT_EQ(status().state, connection_state::offline);
}

TEST_F(Daemon, WindsDownDuringThePauseBetweenTwoRuns) {
  start_daemon(false);
  append(queue_, 1);
  notify(wakeup_reason::events);
  answer_all();
  append(queue_, 1);
  notify(wakeup_reason::events);
  pass(1s, 100ms);
  EXPECT_EQ(batches(), 1U);
  EXPECT_TRUE(ask_now<wound_down>(top_, wind_down{}).ok());
  EXPECT_FALSE(is_leased());
}

TEST_F(Daemon, AClockThatIsSetForwardOrBackChangesNoPaceAndLosesNothing) {
  const std::int64_t day = 24LL * 3600 * 1'000'000;
  start_daemon();
  connect();
  for (const std::int64_t jump : {day, -2 * day, day}) {
    append(queue_, 1);
    now_ += jump;
    notify(wakeup_reason::events);
    if (links_.last().sent.empty()) // a token that is over now is refreshed for the next connection
      connect();
    EXPECT_EQ(status().state, connection_state::connected);
    const auto sent = links_.last().sent.back();
    const auto event = parse_json(sent);
    links_.last().handlers.texts(
        {R"({"type":"ack","event_id":")" + *text_of(*event, "event_id") + "\"}"});
    run();
    EXPECT_EQ(stats().live, 0U);
  }
  const auto before = batches();
  pass(290s, 1s);
  EXPECT_EQ(batches(), before) << "the interval is not over sooner";
}

TEST_F(Daemon, AClockThatIsSetBackDoesNotProlongThePauseAfterAFailure) {
  start_daemon(false);
  append(queue_, 1);
  notify(wakeup_reason::events);
  answer_all(503);
  now_ -= 24LL * 3600 * 1'000'000;
  pass(31s, 100ms);
  EXPECT_GE(batches(), 2U);
}

TEST_F(Daemon, WhatALostConnectionHadInHandGoesInABatchAtOnce) {
  start_daemon();
  connect();
  append(queue_, 2);
  notify(wakeup_reason::events);
  const auto before = batches();
  lose();
  pass(5100ms, 100ms); // the gap between two runs, no interval
  EXPECT_EQ(batches(), before + 1);
}

TEST_F(Daemon, ABacklogIsDrainedInOneRunWithoutAPause) {
  start_daemon(false);
  append(queue_, 2500);
  notify(wakeup_reason::events);
  answer_all();
  EXPECT_EQ(stats().live, 0U);
  EXPECT_GE(batches(), 3U);
}

TEST_F(Daemon, ARequestForARunDoesNotWaitForTheGapBetweenRuns) {
  const auto daemon = start_daemon(false);
  append(queue_, 1);
  notify(wakeup_reason::events);
  answer_all();
  append(queue_, 1);
  notify(wakeup_reason::events);
  ASSERT_EQ(batches(), 1U) << "the next run waits for the gap";
  const auto asked = ask_now<sync_report>(daemon, sync_request{});
  answer_all();
  EXPECT_TRUE(asked.ok());
  EXPECT_EQ(stats().live, 0U);
  EXPECT_EQ(batches(), 2U);
}

TEST_F(Daemon, ARunThatBeganBeforeTheHandOverDoesNotCountAsItsTurn) {
  start_daemon();
  connect();
  append(queue_, 1);
  notify(wakeup_reason::events);
  notify(wakeup_reason::drained); // a run begins, and waits for the lease
  pass(5100ms, 100ms);            // unanswered: handed over while that run is under way
  ASSERT_EQ(batches(), 1U);
  append(queue_, 1);
  notify(wakeup_reason::events);
  answer_all();
  EXPECT_EQ(links_.last().sent.size(), 1U)
      << "the newer one went before the run after the hand-over";
  pass(5100ms, 100ms);
  answer_all();
  EXPECT_EQ(stats().live, 0U);
}

TEST_F(Daemon, ASessionThatABatchFindsOverEndsTheConnection) {
  start_daemon();
  connect();
  append(queue_, 1);
  notify(wakeup_reason::events);
  pass(5100ms, 100ms); // unanswered: a batch takes over
  ASSERT_EQ(network_->open.size(), 1U);
  answer(answered(401));
  answer(answered(401)); // and no refresh either
  EXPECT_EQ(status().state, connection_state::offline);
  EXPECT_TRUE(status().reason.starts_with("auth required")) << status().reason;
}

TEST_F(Daemon, AnotherHomesEventIsPublishedWhenItsClockIsMerged) {
  start_daemon();
  connect();
  links_.last().handlers.texts(
      {R"({"type":"event","event":{"event_id":"x","lamport_clock":500}})"});
  links_.last().handlers.texts(
      {R"({"type":"event","event":{"event_id":"y","lamport_clock":900}})"});
  run();
  // What is recorded after its publication has a greater clock.
  EXPECT_EQ(clocks_at_events_, (std::vector<std::uint64_t>{501, 901}));
  links_.last().handlers.texts({R"({"type":"event","event":{"event_id":"z","lamport_clock":3}})"});
  run();
  ASSERT_EQ(clocks_at_events_.size(), 3U) << "an event with a small clock is published as well";
}

} // namespace
} // namespace spec_kitty::actor_test
