// WEBSOCKET under virtual time: the handshake, leases and answers, deadlines, its end.
#include "actors/websocket/websocket.hpp"
#include "tests/actors/batch_sync/sync_fixture.hpp"
#include "tests/actors/link_double.hpp"
#include "util/json.hpp"

namespace spec_kitty {
namespace {

using namespace actor_test;

/// What WEBSOCKET told its SUPERVISOR, and how it ended.
struct told {
  std::vector<std::string> accounts;
  int fallbacks = 0;
  std::vector<std::string> sent;
  std::vector<std::string> refused;
  std::vector<std::string> received;
  std::vector<std::string> remarks;
  std::uint64_t clock = 0;
  std::uint64_t clock_at_event = 0; ///< heard when the last event came
  std::optional<failure> end;
};

supervisor_actor::behavior_type listener(supervisor_actor::pointer self,
                                         std::shared_ptr<told> into) {
  install_handlers(self);
  return {
      [](const sync_request&) { return sync_report{}; },
      [](const restart_tick&) {},
      [](transports_question) { return transports{}; },
      [](const wakeup&) {},
      [](connection_question) { return connection_status{}; },
      [](connect_tick) {},
      [](drain_tick) {},
      [into](const link_up& up) { into->accounts.push_back(up.username + "@" + up.team_slug); },
      [into](batch_fallback_requested) { ++into->fallbacks; },
      [into](const notice_message& what) {
        if (const auto* sent = std::get_if<event_sent>(&what.what))
          into->sent.push_back(sent->event_id);
        if (const auto* refused = std::get_if<event_refused>(&what.what))
          into->refused.push_back(refused->message);
        if (const auto* received = std::get_if<event_received>(&what.what)) {
          into->received.push_back(received->json);
          into->clock_at_event = into->clock;
        }
        if (const auto* said = std::get_if<remark>(&what.what))
          into->remarks.push_back(said->words);
      },
      [into](clock_heard heard) { into->clock = std::max(into->clock, heard.value); },
      [](wind_down) { return wound_down{}; },
  };
}

class WebSocket : public BatchSync {
protected:
  /// Starts one and answers its request for a token.
  void open(const std::string& envelope = "bare") {
    begin_opening(envelope);
    answer(answered(200, R"({"ws_token":"ws-1"})"));
    ASSERT_EQ(links_.all.size(), 1U);
  }
  void begin_opening(const std::string& envelope = "bare") {
    websocket_config config;
    config.server = *parse_server_url("https://a");
    config.envelope = envelope;
    config.timeout = 2s;
    config.queue = queue_;
    config.auth = auth_;
    config.http = http_;
    config.supervisor = above_;
    config.open = links_.factory();
    config.steady = steady_now();
    socket_ = start(websocket, config);
    watcher_ = system_.spawn(
        [](caf::event_based_actor* self, const websocket_actor& whom,
           const std::shared_ptr<told>& into) -> caf::behavior {
          install_handlers(self);
          self->set_down_handler(
              [into](caf::down_msg& down) { into->end = to_failure(down.reason); });
          self->monitor(whom);
          return {[](int) {}};
        },
        socket_, told_);
    ends_.push_back(
        [watcher = watcher_] { caf::anon_send_exit(watcher, caf::exit_reason::user_shutdown); });
    run();
  }
  void say(const std::string& text) {
    links_.last().handlers.text(text);
    run();
  }
  void connect(const std::string& envelope = "bare") {
    open(envelope);
    links_.last().handlers.opened();
    say(R"({"type":"snapshot","work_packages":[]})");
    wake_it();
  }
  void wake_it() {
    caf::anon_send(socket_, wakeup{wakeup_reason::events});
    run();
  }
  void end_link(link_end how, int status = 0) {
    const auto link = links_.all.back();
    link->handlers.ended({how, status, 0, {}});
    run();
  }
  void ack(const std::string& id) { say(R"({"type":"ack","event_id":")" + id + "\"}"); }
  const std::vector<std::string>& sent() { return links_.last().sent; }

  std::shared_ptr<told> told_ = std::make_shared<told>();
  played_links links_;
  supervisor_actor above_ = start(listener, told_);
  websocket_actor socket_;
  caf::actor watcher_; ///< hears of its end
};

TEST_F(WebSocket, AsksForItsTokenWithTheSessionsAndOpensTheLinkWithIt) {
  open();
  EXPECT_EQ(network_->requests[0].url, "https://a:443/api/v1/ws-token/");
  EXPECT_EQ(header_of(network_->requests[0], "Authorization"), "Bearer access-1");
  EXPECT_EQ(links_.last().request.bearer, "ws-1");
  EXPECT_EQ(links_.last().request.path, "/ws/v1/events/");
  EXPECT_TRUE(links_.last().request.tls);
}

TEST_F(WebSocket, TellsThatItIsConnectedWithTheSnapshotAndNotBefore) {
  open();
  links_.last().handlers.opened();
  run();
  EXPECT_TRUE(told_->accounts.empty());
  say(R"({"type":"snapshot","work_packages":[]})");
  EXPECT_EQ(told_->accounts, std::vector<std::string>{"ann@team-a"});
}

TEST_F(WebSocket, SendsNothingBeforeTheSnapshot) {
  append(queue_, 1);
  open();
  links_.last().handlers.opened();
  wake_it();
  EXPECT_TRUE(sent().empty());
}

TEST_F(WebSocket, SendsTheStoredTextAndTheAckTakesItOutOfTheQueue) {
  const auto receipts = append(queue_, 2);
  connect();
  ASSERT_EQ(sent().size(), 2U);
  EXPECT_EQ(sent()[0], receipts[0].json);
  EXPECT_EQ(sent()[1], receipts[1].json);
  EXPECT_EQ(stats().live, 2U) << "sent is not delivered";
  ack(receipts[0].event_id);
  EXPECT_EQ(stats().live, 1U);
  ack(receipts[1].event_id);
  EXPECT_EQ(stats().live, 0U);
  EXPECT_EQ(told_->sent, (std::vector{receipts[0].event_id, receipts[1].event_id}));
}

TEST_F(WebSocket, UsesTheConfiguredEnvelope) {
  const auto receipts = append(queue_, 1);
  connect("nested");
  EXPECT_EQ(sent()[0], R"({"type":"event","event":)" + receipts[0].json + "}");
}

TEST_F(WebSocket, LeasesTheNextEventsWhenAllBeforeAreAnswered) {
  const auto first = append(queue_, 1);
  connect();
  const auto second = append(queue_, 1);
  wake_it();
  EXPECT_EQ(sent().size(), 1U) << "one lease at a time";
  ack(first[0].event_id);
  EXPECT_EQ(sent().size(), 2U);
}

TEST_F(WebSocket, WaitsForAnotherDrainersLease) {
  append(queue_, 2);
  const auto theirs =
      ask_now<lease_grant>(queue_, lease_request{"team-a", 0, ~0ULL, 10, 100000, 60s, false});
  connect();
  EXPECT_TRUE(sent().empty());
  ASSERT_TRUE(theirs.ok());
  ask_now<settle_outcome>(queue_, settle_request{theirs->token, {}, 5, 0ms});
  pass(200ms);
  EXPECT_EQ(sent().size(), 2U);
}

TEST_F(WebSocket, UnansweredForFiveSecondsItHandsOverAndWaitsForTheRun) {
  append(queue_, 1);
  connect();
  pass(4900ms, 100ms);
  EXPECT_EQ(told_->fallbacks, 0);
  pass(200ms, 100ms);
  EXPECT_EQ(told_->fallbacks, 1);
  EXPECT_EQ(stats().live, 1U);
  EXPECT_FALSE(is_leased()) << "the lease went back";
  append(queue_, 1);
  wake_it();
  EXPECT_EQ(sent().size(), 1U) << "nothing newer before batch sync had its turn";
  caf::anon_send(socket_, batch_run_finished{true});
  run();
  EXPECT_EQ(sent().size(), 2U);
}

TEST_F(WebSocket, AfterARunThatFailedTheOlderEventGoesFirstAgain) {
  const auto receipts = append(queue_, 1);
  connect();
  pass(5100ms, 100ms);
  append(queue_, 1);
  caf::anon_send(socket_, batch_run_finished{false});
  run();
  ASSERT_EQ(sent().size(), 3U);
  EXPECT_EQ(sent()[1], receipts[0].json);
}

TEST_F(WebSocket, ARefusedEventIsCountedOnceAndNotSentAgain) {
  const auto receipts = append(queue_, 1);
  connect();
  say(R"({"type":"error","event_id":")" + receipts[0].event_id + R"(","message":"no"})");
  wake_it();
  EXPECT_EQ(sent().size(), 1U);
  EXPECT_EQ(told_->refused, std::vector<std::string>{"no"});
  EXPECT_EQ(stats().live, 1U);
}

TEST_F(WebSocket, SomebodyElsesEventIsPassedOnBehindItsClock) {
  connect();
  say(R"({"type":"event","event":{"event_id":"x","lamport_clock":500}})");
  EXPECT_EQ(told_->received.size(), 1U);
  EXPECT_EQ(told_->clock, 500U);
  EXPECT_EQ(told_->clock_at_event, 500U) << "the event came before its clock";
}

TEST_F(WebSocket, AnAbsurdClockIsARemarkAndTheConnectionGoesOn) {
  connect();
  say(R"({"type":"event","event":{"event_id":"x","lamport_clock":9007199254740991}})");
  EXPECT_EQ(told_->remarks.size(), 1U);
  EXPECT_FALSE(told_->end);
  EXPECT_LT(ask_now<clock_value>(clock_, clock_question{})->value, 10U);
}

TEST_F(WebSocket, APingIsAnsweredAndEveryMessagesBytesAreTakenBack) {
  connect();
  const auto before = links_.last().taken;
  say(R"({"type":"ping","timestamp":5})");
  EXPECT_EQ(sent().back(), R"({"type":"pong","timestamp":5})");
  EXPECT_EQ(links_.last().taken - before, 29U);
}

TEST_F(WebSocket, APeerThatDoesNotReadGetsNothingMore) {
  connect();
  links_.last().unsent = 5000;
  append(queue_, 1);
  wake_it();
  EXPECT_TRUE(sent().empty());
  links_.last().unsent = 0;
  links_.last().handlers.drained();
  run();
  EXPECT_EQ(sent().size(), 1U);
}

TEST_F(WebSocket, ASnapshotThatNeverComesEndsItAfterTenSeconds) {
  open();
  links_.last().handlers.opened();
  pass(9900ms, 100ms);
  EXPECT_FALSE(told_->end);
  pass(200ms, 100ms);
  ASSERT_TRUE(told_->end);
  EXPECT_EQ(told_->end->code, ec::transport);
  EXPECT_TRUE(links_.last().gone);
}

TEST_F(WebSocket, ALostConnectionEndsItAndTheLeaseGoesBack) {
  append(queue_, 1);
  connect();
  EXPECT_TRUE(is_leased());
  end_link(link_end::lost);
  ASSERT_TRUE(told_->end);
  EXPECT_EQ(told_->end->code, ec::transport);
  EXPECT_FALSE(is_leased());
  EXPECT_EQ(stats().live, 1U);
}

TEST_F(WebSocket, WhatIsNoJsonEndsIt) {
  connect();
  say("not json");
  ASSERT_TRUE(told_->end);
  EXPECT_NE(told_->end->message.find("JSON"), std::string::npos);
}

TEST_F(WebSocket, A401OfTheTokensCallIsAnsweredByOneRefresh) {
  begin_opening();
  answer(answered(401));
  EXPECT_TRUE(network_->requests.back().url.ends_with("/token/refresh/"));
  answer(tokens("access-2", "refresh-2", "team-a"));
  EXPECT_EQ(header_of(network_->requests.back(), "Authorization"), "Bearer access-2");
  answer(answered(401));
  ASSERT_TRUE(told_->end);
  EXPECT_EQ(told_->end->code, ec::login_required);
}

TEST_F(WebSocket, A401OfTheUpgradeIsAnsweredByOneRefresh) {
  open();
  end_link(link_end::refused, 401);
  EXPECT_TRUE(network_->requests.back().url.ends_with("/token/refresh/"));
  answer(tokens("access-2", "refresh-2", "team-a"));
  answer(answered(200, R"({"ws_token":"ws-2"})"));
  ASSERT_EQ(links_.all.size(), 2U);
  EXPECT_EQ(links_.last().request.bearer, "ws-2");
  end_link(link_end::refused, 401);
  ASSERT_TRUE(told_->end);
  EXPECT_EQ(told_->end->code, ec::login_required);
}

TEST_F(WebSocket, AnyOtherRefusalOfTheUpgradeIsTheTransports) {
  for (const int status : {403, 404, 429, 500, 503}) {
    told_->end.reset();
    links_.all.clear();
    open();
    end_link(link_end::refused, status);
    ASSERT_TRUE(told_->end) << status;
    EXPECT_EQ(told_->end->code, ec::transport) << status;
  }
}

TEST_F(WebSocket, WithoutASessionItEndsWithoutARequest) {
  fs::remove(home_ / "credentials");
  begin_opening();
  ASSERT_TRUE(told_->end);
  EXPECT_EQ(told_->end->code, ec::login_required);
  EXPECT_TRUE(network_->requests.empty());
}

TEST_F(WebSocket, WindingDownWaitsForTheAnswersThatAreOnTheirWay) {
  const auto receipts = append(queue_, 2);
  connect();
  append(queue_, 1);
  const auto done = ask_now<wound_down>(socket_, wind_down{});
  EXPECT_FALSE(told_->end);
  ack(receipts[0].event_id);
  EXPECT_FALSE(told_->end);
  ack(receipts[1].event_id);
  ASSERT_TRUE(told_->end);
  EXPECT_EQ(told_->end->code, ec::stopping);
  EXPECT_TRUE(done.ok());
  EXPECT_TRUE(links_.last().closed);
  EXPECT_EQ(sent().size(), 2U) << "nothing new is begun";
  EXPECT_EQ(stats().live, 1U);
}

TEST_F(WebSocket, WindingDownGivesUpOnAnswersAfterTwoSeconds) {
  append(queue_, 1);
  connect();
  const auto done = ask_now<wound_down>(socket_, wind_down{});
  pass(1900ms, 100ms);
  EXPECT_FALSE(told_->end);
  pass(200ms, 100ms);
  EXPECT_TRUE(told_->end);
  EXPECT_TRUE(done.ok());
  EXPECT_FALSE(is_leased());
}

TEST_F(WebSocket, WindingDownLeavesWhenTheCloseFrameIsOut) {
  connect();
  links_.last().slow_close = true;
  const auto done = ask_now<wound_down>(socket_, wind_down{});
  EXPECT_TRUE(links_.last().closed);
  EXPECT_FALSE(links_.last().gone);
  end_link(link_end::closed);
  EXPECT_TRUE(told_->end);
  EXPECT_TRUE(done.ok());
}

TEST_F(WebSocket, AnEventThatIsSentAgainAfterAFailedRunIsSettledByItsAck) {
  const auto receipts = append(queue_, 1);
  connect();
  pass(5100ms, 100ms);
  caf::anon_send(socket_, batch_run_finished{false});
  run();
  ack(receipts[0].event_id);
  EXPECT_EQ(stats().live, 0U);
  append(queue_, 1);
  wake_it();
  EXPECT_EQ(sent().size(), 3U) << "the next one waits for nothing";
}

TEST_F(WebSocket, AskingForABusyLeaseIsOneAtATimeHoweverOftenItIsRoused) {
  append(queue_, 1);
  const auto other =
      ask_now<lease_grant>(queue_, lease_request{"team-a", 0, ~0ULL, 1, 100000, 60s, false});
  ASSERT_NE(other->token, 0U);
  connect();
  const auto timers = scheduler_.clock().schedule().size();
  for (int i = 0; i < 20; ++i)
    wake_it();
  EXPECT_EQ(scheduler_.clock().schedule().size(), timers) << "each rouse began a chain of its own";
}

TEST_F(WebSocket, AClockBeyondAllIsNotPassedOn) {
  connect();
  say(R"({"type":"event","event":{"event_id":"x","lamport_clock":1152921504606846976}})");
  EXPECT_EQ(told_->clock, 0U);
  EXPECT_EQ(told_->remarks.size(), 1U);
}

TEST_F(WebSocket, AServerThatGivesReasonForTooManyRemarksIsNotFollowedIntoEach) {
  connect();
  for (int i = 0; i < 100; ++i)
    say(R"({"type":"dance"})");
  EXPECT_EQ(told_->remarks.size(), 20U);
  EXPECT_FALSE(told_->end);
}

TEST_F(WebSocket, AServerThatPingsAndReadsNothingIsLeft) {
  connect();
  links_.last().unsent = std::size_t{2} << 20;
  say(R"({"type":"ping","timestamp":1})");
  ASSERT_TRUE(told_->end);
  EXPECT_NE(told_->end->message.find("does not read"), std::string::npos);
}

TEST_F(WebSocket, AServerThatLeavesSomethingUnreadForFiveSecondsIsLeft) {
  connect();
  links_.last().unsent = 1;
  append(queue_, 1);
  wake_it();
  pass(4900ms, 100ms);
  EXPECT_FALSE(told_->end);
  pass(200ms, 100ms);
  ASSERT_TRUE(told_->end);
  EXPECT_NE(told_->end->message.find("does not read"), std::string::npos);
}

TEST_F(WebSocket, AnEventThatComesBackToAnOldPlaceIsSentToo) {
  const auto receipts = append(queue_, 2);
  connect();
  pass(5100ms, 100ms); // both are handed over, and the run has its turn
  caf::anon_send(socket_, batch_run_finished{true});
  run();
  EXPECT_EQ(sent().size(), 2U);
  wake_it();
  EXPECT_EQ(sent().size(), 4U) << "they are still there, at their old places";
  EXPECT_EQ(sent()[2], receipts[0].json);
}

} // namespace
} // namespace spec_kitty
