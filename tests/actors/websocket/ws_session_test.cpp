// One connection's memory: what is sent, answered, overdue, and given back.
#include "actors/websocket/session.hpp"

#include <gtest/gtest.h>

namespace spec_kitty {
namespace {

using namespace std::chrono_literals;

struct WsSession : testing::Test {
  ws_session session{0ms};

  ws_session::effects hear(std::string_view text) { return session.on_text(text, heard_at_); }
  void connect() { (void)hear(R"({"type":"snapshot","work_packages":[]})"); }
  void lease(std::initializer_list<const char*> ids, std::chrono::milliseconds now = 1s) {
    lease_grant grant;
    grant.token = ++token_;
    for (const char* id : ids)
      grant.events.push_back({++seq_, id, seq_, 0, false, "{}"});
    session.on_lease(grant, now);
  }
  ws_session::effects ack(const std::string& id, const std::string& more = "") {
    return hear(R"({"type":"ack","event_id":")" + id + "\"" + more + "}");
  }
  std::optional<settle_request> settle() {
    return session.next_settlement({5, 15s, extends_}, heard_at_);
  }
  /// Settles with the outcome that the store gives for removals.
  std::vector<std::string> settle_removed() {
    const auto request = settle();
    EXPECT_TRUE(request);
    return session.on_settled(
        {std::vector<settlement_effect>(request ? request->verdicts.size() : 0,
                                        settlement_effect::removed)},
        heard_at_);
  }

  std::chrono::milliseconds heard_at_{1000};
  bool extends_ = false; ///< settlements may
  std::uint64_t token_ = 0;
  std::uint64_t seq_ = 0;
};

TEST_F(WsSession, LeasesNothingBeforeTheSnapshot) {
  EXPECT_FALSE(session.may_lease());
  EXPECT_EQ(session.deadline(), snapshot_patience);
  EXPECT_TRUE(hear(R"({"type":"snapshot"})").connected);
  EXPECT_TRUE(session.may_lease());
  EXPECT_EQ(session.deadline(), std::nullopt);
}

TEST_F(WsSession, ASecondSnapshotChangesNothing) {
  connect();
  EXPECT_FALSE(hear(R"({"type":"snapshot"})").connected);
}

TEST_F(WsSession, AnAckRemovesTheEventAndTheLastOneEndsTheLease) {
  connect();
  lease({"a", "b"});
  EXPECT_FALSE(session.may_lease());
  ack("a");
  auto first = settle();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->token, 1U);
  EXPECT_EQ(first->keep, 15s) << "the other one is still out";
  ASSERT_EQ(first->verdicts.size(), 1U);
  EXPECT_EQ(first->verdicts[0].event_id, "a");
  EXPECT_EQ(first->verdicts[0].what, event_outcome::delivered);
  EXPECT_EQ(session.on_settled({{settlement_effect::removed}}, heard_at_),
            std::vector<std::string>{"a"});
  ack("b", R"(,"status":"duplicate")");
  auto last = settle();
  ASSERT_TRUE(last);
  EXPECT_EQ(last->keep, 0ms);
  EXPECT_EQ(last->verdicts[0].what, event_outcome::duplicate);
  session.on_settled({{settlement_effect::removed}}, heard_at_);
  EXPECT_TRUE(session.may_lease());
}

TEST_F(WsSession, AcksThatComeDuringASettlementShareTheNext) {
  connect();
  lease({"a", "b", "c"});
  ack("a");
  ASSERT_TRUE(settle());
  ack("b");
  ack("c");
  EXPECT_FALSE(settle()) << "one at a time";
  session.on_settled({{settlement_effect::removed}}, heard_at_);
  EXPECT_EQ(settle()->verdicts.size(), 2U);
}

TEST_F(WsSession, TheEchoOfAnOwnEventIsItsAck) {
  connect();
  lease({"a"});
  const auto echo = hear(R"({"type":"event","event":{"event_id":"a","lamport_clock":1}})");
  EXPECT_EQ(echo.received, "") << "it is an event of this home";
  EXPECT_EQ(echo.remote_clock, std::nullopt);
  EXPECT_EQ(settle()->verdicts[0].what, event_outcome::delivered);
}

TEST_F(WsSession, AnotherHomesEventIsReceivedWithItsClock) {
  connect();
  const auto effects = hear(R"({"type":"event","event":{"event_id":"x","lamport_clock":41}})");
  EXPECT_EQ(effects.remote_clock, 41U);
  EXPECT_NE(effects.received.find("\"x\""), std::string::npos);
}

TEST_F(WsSession, AnErrorCountsAsARefusalWithItsMessage) {
  connect();
  lease({"a"});
  const auto effects = hear(R"({"type":"error","event_id":"a","message":"no such team"})");
  EXPECT_EQ(effects.refused->message, "no such team");
  const auto request = settle();
  EXPECT_EQ(request->verdicts[0].what, event_outcome::rejected);
  EXPECT_EQ(request->verdicts[0].message, "no such team");
  EXPECT_EQ(request->max_retries, 5U);
}

TEST_F(WsSession, AClockBehindIsNotCountedAndGoesToBatchSync) {
  connect();
  lease({"a"});
  const auto effects =
      hear(R"({"type":"error","event_id":"a","message":"behind","error_code":"clock_behind"})");
  EXPECT_TRUE(effects.needs_run);
  EXPECT_FALSE(effects.refused);
  EXPECT_EQ(settle()->verdicts[0].what, event_outcome::kept);
}

TEST_F(WsSession, ASlowServerThatGoesOnAnsweringHasUpToAMinute) {
  connect();
  lease({"a", "b", "c"});
  heard_at_ = 5s;
  ack("a");
  EXPECT_EQ(session.deadline(), 10s) << "5 s after the last answer";
  EXPECT_FALSE(session.overdue(9999ms));
  heard_at_ = 9s;
  hear(R"({"type":"ping"})");
  EXPECT_TRUE(session.overdue(10s)) << "a ping does not answer";
  heard_at_ = 58s;
  ack("b");
  EXPECT_TRUE(session.overdue(61s)) << "a minute after the lease";
}

TEST_F(WsSession, UnansweredForFiveSecondsIsOverdueAndGoesBackUncounted) {
  connect();
  lease({"a", "b"}, 1s);
  ack("a");
  settle_removed();
  EXPECT_FALSE(session.overdue(5999ms));
  EXPECT_EQ(session.deadline(), 6s);
  EXPECT_TRUE(session.overdue(6s));
  EXPECT_EQ(session.hand_back(), 1U);
  const auto request = settle();
  EXPECT_EQ(request->keep, 0ms) << "the lease goes back";
  EXPECT_EQ(request->verdicts[0].what, event_outcome::kept);
}

TEST_F(WsSession, ALateAckIsStillTrueAndALateRefusalIsNot) {
  connect();
  lease({"a", "b"}, 1s);
  session.hand_back();
  settle_removed();
  ack("a");
  (void)hear(R"({"type":"error","event_id":"b","message":"late"})");
  const auto request = settle();
  ASSERT_TRUE(request);
  ASSERT_EQ(request->verdicts.size(), 1U);
  EXPECT_EQ(request->verdicts[0].event_id, "a");
  EXPECT_EQ(request->verdicts[0].what, event_outcome::delivered);
}

TEST_F(WsSession, AnAckOfWhatWasNotSentIsAWarning) {
  connect();
  lease({"a"});
  EXPECT_NE(ack("z").warning, "");
  ack("a");
  EXPECT_NE(ack("a").warning, "") << "a second answer for one event";
  EXPECT_EQ(settle()->verdicts.size(), 1U);
}

TEST_F(WsSession, AnAckOfAnUnknownStatusDoesNotCount) {
  connect();
  lease({"a"});
  EXPECT_NE(ack("a", R"(,"status":"maybe")").warning, "");
  EXPECT_FALSE(settle());
}

TEST_F(WsSession, TextThatIsNotAMessageEndsTheConnection) {
  connect();
  EXPECT_EQ(hear("{\"type\":").end->code, ec::transport);
}

TEST_F(WsSession, AFailedSettlementIsRepeated) {
  connect();
  lease({"a", "b"});
  ack("a");
  (void)settle();
  ack("b");
  session.on_settle_failed();
  const auto again = settle();
  ASSERT_EQ(again->verdicts.size(), 2U);
  EXPECT_EQ(again->verdicts[0].event_id, "a");
}

TEST_F(WsSession, TheFinalSettlementGivesEverythingBack) {
  connect();
  EXPECT_FALSE(session.final_settlement(5)) << "nothing is out";
  lease({"a", "b"});
  ack("a");
  const auto last = session.final_settlement(5);
  ASSERT_TRUE(last);
  EXPECT_EQ(last->keep, 0ms);
  ASSERT_EQ(last->verdicts.size(), 2U);
  EXPECT_EQ(last->verdicts[0].what, event_outcome::delivered);
  EXPECT_EQ(last->verdicts[1].what, event_outcome::kept);
}

TEST_F(WsSession, AnEventThatIsSentAgainIsSettledByLaterAnswers) {
  connect();
  lease({"a"});
  session.hand_back();
  const auto request = settle();
  ASSERT_TRUE(request);
  session.on_settled({{settlement_effect::unchanged}}, heard_at_);
  lease_grant again;
  again.token = 9;
  again.events.push_back({1, "a", 1, 0, false, "{}"});
  session.on_lease(again, 2s);
  const auto effects = hear(R"({"type":"error","event_id":"a","message":"no"})");
  ASSERT_TRUE(effects.refused) << "it was taken for a late answer";
  EXPECT_EQ(settle()->verdicts[0].what, event_outcome::rejected);
}

TEST_F(WsSession, TheEchoOfAnEventOfThisHomeIsNotPassedOn) {
  connect();
  session.own_node("0123456789ab");
  const auto own = hear(
      R"({"type":"event","event":{"event_id":"x","node_id":"0123456789ab","lamport_clock":7}})");
  EXPECT_EQ(own.received, "");
  EXPECT_FALSE(own.remote_clock);
  const auto other = hear(
      R"({"type":"event","event":{"event_id":"y","node_id":"ba9876543210","lamport_clock":7}})");
  EXPECT_NE(other.received, "");
  EXPECT_EQ(other.remote_clock, 7U);
}

// ── Leases that are extended ─────────────────────────────────────────────────────────────────────

struct ExtendedLease : WsSession {
  ExtendedLease() {
    session = ws_session(0ms, {4, 1000});
    extends_ = true;
    connect();
  }
  /// A settlement is done, with further events.
  void settled_with(std::size_t verdicts, std::initializer_list<const char*> more,
                    bool lease_ended = false) {
    settle_outcome outcome;
    outcome.events.assign(verdicts, settlement_effect::removed);
    for (const char* id : more)
      outcome.more.push_back({++seq_, id, seq_, 0, false, "{}"});
    outcome.lease_ended = lease_ended;
    session.on_settled(outcome, heard_at_);
  }
};

TEST_F(ExtendedLease, WhatIsAnsweredMakesWayForTheNextEvents) {
  lease({"a", "b", "c", "d"});
  ack("a");
  ack("b");
  const auto request = settle();
  ASSERT_TRUE(request && request->more);
  EXPECT_EQ(request->verdicts.size(), 2U);
  EXPECT_EQ(request->keep, 15s);
  EXPECT_EQ(request->more->after, 4U);
  EXPECT_EQ(request->more->max_events, 2U) << "the window holds four";
  EXPECT_EQ(request->more->max_bytes, 1000U - 4);
  settled_with(2, {"e", "f"});
  EXPECT_TRUE(session.sends_more());
  for (const char* id : {"c", "d", "e", "f"})
    EXPECT_EQ(ack(id).warning, "") << id;
  EXPECT_EQ(settle()->verdicts.size(), 4U);
}

TEST_F(ExtendedLease, TheWindowBeginsWithTheOldestUnansweredEvent) {
  lease({"a", "b", "c", "d"});
  for (const char* id : {"b", "c", "d"})
    ack(id);
  const auto request = settle();
  ASSERT_TRUE(request);
  EXPECT_FALSE(request->more) << "else one event that stays unanswered would let it grow on and on";
}

TEST_F(ExtendedLease, EndsInTheSettlementThatFindsNothingMore) {
  lease({"a"});
  ack("a");
  const auto request = settle();
  ASSERT_TRUE(request && request->more);
  settled_with(1, {}, true);
  EXPECT_FALSE(session.sends_more());
  EXPECT_TRUE(session.may_lease());
}

TEST_F(ExtendedLease, IsNotAskedForAgainBeforeEventsWereRecorded) {
  lease({"a", "b"});
  ack("a");
  ASSERT_TRUE(settle()->more);
  settled_with(1, {});
  EXPECT_FALSE(settle()) << "b is out, and nothing else waits";
  session.on_wakeup();
  const auto request = settle();
  ASSERT_TRUE(request && request->more) << "without waiting for the answer";
  EXPECT_TRUE(request->verdicts.empty());
  settled_with(0, {"c"});
  EXPECT_TRUE(session.sends_more());
}

TEST_F(ExtendedLease, WhatItWouldGetGoesBackWhenBatchSyncIsToSend) {
  lease({"a", "b"});
  ack("a");
  ASSERT_TRUE(settle()->more);
  session.hand_back();
  settled_with(1, {"c", "d"});
  EXPECT_FALSE(session.sends_more());
  extends_ = false;
  const auto request = settle();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->keep, 0ms) << "the lease goes back with all that is in it";
}

TEST_F(ExtendedLease, EachEventHasAMinuteOfItsOwn) {
  lease({"a", "b"});
  heard_at_ = 50s;
  ack("a");
  ASSERT_TRUE(settle()->more);
  settled_with(1, {"c"});
  ack("b");
  heard_at_ = 54s;
  EXPECT_FALSE(session.overdue(54s));
  EXPECT_TRUE(session.overdue(55s)) << "5 s after the last answer";
}

TEST_F(ExtendedLease, EndsAfterAMinuteSoThatOlderPlacesHaveTheirTurn) {
  lease({"a", "b"});
  heard_at_ = 61s;
  ack("a");
  const auto request = settle();
  ASSERT_TRUE(request);
  EXPECT_FALSE(request->more);
}

TEST_F(ExtendedLease, AnswersInAnyOrderCount) {
  lease({"a", "b", "c", "d"});
  for (const char* id : {"d", "b", "a", "c"})
    EXPECT_EQ(ack(id).warning, "") << id;
  EXPECT_EQ(settle()->verdicts.size(), 4U);
}

} // namespace
} // namespace spec_kitty
