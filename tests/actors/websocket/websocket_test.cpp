// WEBSOCKET under virtual time: the handshake, leases and answers.
#include "tests/actors/websocket/websocket_fixture.hpp"

namespace spec_kitty {
namespace {

using namespace actor_test;

TEST_F(WebSocket, AsksForItsTokenWithTheSessionsAndOpensTheLinkWithIt) {
  open();
  EXPECT_EQ(network_->requests[0].url, "https://a:443/api/v1/ws-token/");
  EXPECT_EQ(header_of(network_->requests[0], "Authorization"), "Bearer access-1");
  EXPECT_EQ(links_.last().request.bearer, "ws-1");
  EXPECT_EQ(links_.last().request.path, "/ws/v1/events/");
  EXPECT_TRUE(links_.last().request.tls);
}

TEST_F(WebSocket, ReportsTheConnectionWithTheSnapshotAndNotBefore) {
  open();
  links_.last().handlers.opened();
  run();
  EXPECT_TRUE(reports_->accounts.empty());
  receive(R"({"type":"snapshot","work_packages":[]})");
  EXPECT_EQ(reports_->accounts, std::vector<std::string>{"ann@team-a"});
}

TEST_F(WebSocket, SendsNothingBeforeTheSnapshot) {
  append(queue_, 1);
  open();
  links_.last().handlers.opened();
  wake();
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
  EXPECT_EQ(reports_->sent, (std::vector{receipts[0].event_id, receipts[1].event_id}));
}

TEST_F(WebSocket, UsesTheConfiguredEnvelope) {
  const auto receipts = append(queue_, 1);
  connect("nested");
  EXPECT_EQ(sent()[0], R"({"type":"event","event":)" + receipts[0].json + "}");
}

TEST_F(WebSocket, SendsWhatIsRecordedWhileAnswersAreOnTheirWay) {
  const auto first = append(queue_, 1);
  connect();
  const auto second = append(queue_, 2);
  wake();
  ASSERT_EQ(sent().size(), 3U) << "nothing waits for the first answer";
  EXPECT_EQ(sent()[1], second[0].json);
  EXPECT_EQ(sent()[2], second[1].json);
  ack(first[0].event_id);
  EXPECT_EQ(stats().live, 2U);
  EXPECT_TRUE(is_leased());
  ack(second[0].event_id);
  ack(second[1].event_id);
  EXPECT_EQ(stats().live, 0U);
  EXPECT_FALSE(is_leased());
}

TEST_F(WebSocket, AnswersOfOneReadAreSettledTogether) {
  const auto receipts = append(queue_, 3);
  connect();
  std::vector<std::string> acks;
  for (const auto& receipt : receipts)
    acks.push_back(R"({"type":"ack","event_id":")" + receipt.event_id + "\"}");
  links_.last().handlers.texts(acks);
  run();
  EXPECT_EQ(stats().live, 0U);
  EXPECT_EQ(reports_->acknowledgements, 1) << "each had a settlement of its own";
  EXPECT_EQ(reports_->sent.size(), 3U);
}

TEST_F(WebSocket, ABacklogIsSentWindowByWindowInOrder) {
  const auto receipts = append(queue_, 9000);
  connect();
  EXPECT_EQ(sent().size(), 4096U);
  for (std::size_t i = 0; i < receipts.size(); i += 1000) {
    std::vector<std::string> acks;
    for (std::size_t k = i; k < i + 1000; ++k)
      acks.push_back(R"({"type":"ack","event_id":")" + receipts[k].event_id + "\"}");
    ASSERT_GE(sent().size(), i + 1000) << "the window is empty before it is topped up";
    links_.last().handlers.texts(acks);
    run();
  }
  ASSERT_EQ(sent().size(), receipts.size());
  for (std::size_t i = 0; i < receipts.size(); ++i)
    ASSERT_EQ(sent()[i], receipts[i].json);
  EXPECT_EQ(stats().live, 0U);
  EXPECT_FALSE(is_leased());
  ASSERT_GE(backlog_.size(), 2U);
  EXPECT_EQ(backlog_.front().selected, 9000U) << "a status says how far it has to go";
  EXPECT_EQ(backlog_.front().settled, 2000U);
  EXPECT_EQ(backlog_.back().settled, backlog_.back().selected) << "and that it is over";
}

TEST_F(WebSocket, AFewEventsAreNotABacklog) {
  const auto receipts = append(queue_, 3);
  connect();
  for (const auto& receipt : receipts)
    ack(receipt.event_id);
  EXPECT_TRUE(backlog_.empty());
}

TEST_F(WebSocket, TheEndOfTheConnectionEndsTheBacklog) {
  const auto receipts = append(queue_, 5000);
  connect();
  for (std::size_t i = 0; i < 900; i += 300) {
    std::vector<std::string> acks;
    for (std::size_t k = i; k < i + 300; ++k)
      acks.push_back(R"({"type":"ack","event_id":")" + receipts[k].event_id + "\"}");
    links_.last().handlers.texts(acks);
    run();
  }
  ASSERT_FALSE(backlog_.empty());
  EXPECT_LT(backlog_.back().settled, backlog_.back().selected);
  end_link(link_end::lost);
  EXPECT_EQ(backlog_.back().settled, backlog_.back().selected);
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
  EXPECT_EQ(reports_->fallbacks, 0);
  pass(200ms, 100ms);
  EXPECT_EQ(reports_->fallbacks, 1);
  EXPECT_EQ(stats().live, 1U);
  EXPECT_FALSE(is_leased()) << "the lease went back";
  append(queue_, 1);
  wake();
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
  receive(R"({"type":"error","event_id":")" + receipts[0].event_id + R"(","message":"no"})");
  wake();
  EXPECT_EQ(sent().size(), 1U);
  EXPECT_EQ(reports_->refused, std::vector<std::string>{"no"});
  EXPECT_EQ(stats().live, 1U);
}

TEST_F(WebSocket, AnotherHomesEventIsPassedOnAfterItsClock) {
  connect();
  receive(R"({"type":"event","event":{"event_id":"x","lamport_clock":500}})");
  EXPECT_EQ(reports_->received.size(), 1U);
  EXPECT_EQ(reports_->clock, 500U);
  EXPECT_EQ(reports_->clock_at_event, 500U) << "the event came before its clock";
}

TEST_F(WebSocket, AnEventOfThisHomeIsItsOwnFromTheFirstMessageOn) {
  append(queue_, 1, "team-b"); // so that there is a store, and nothing to lease for this team
  const std::string own = R"({"type":"event","event":{"event_id":"x","lamport_clock":500,)"
                          R"("node_id":")" +
                          ask_now<due_count>(queue_, due_request{})->node_id + R"("}})";
  open();
  links_.last().handlers.opened();
  receive(own);
  receive(R"({"type":"snapshot","work_packages":[]})");
  receive(own);
  EXPECT_TRUE(reports_->received.empty()) << "sent by a batch, before anything was leased here";
  EXPECT_EQ(reports_->clock, 0U);
  wake();
  receive(own);
  EXPECT_TRUE(reports_->received.empty());
}

TEST_F(WebSocket, AnOutOfRangeClockIsARemarkAndTheConnectionStays) {
  connect();
  receive(R"({"type":"event","event":{"event_id":"x","lamport_clock":9007199254740991}})");
  EXPECT_EQ(reports_->remarks.size(), 1U);
  EXPECT_FALSE(reports_->end);
  EXPECT_LT(ask_now<clock_value>(clock_, clock_question{})->value, 10U);
}

TEST_F(WebSocket, APingIsAnsweredAndEveryMessagesBytesAreTakenBack) {
  connect();
  const auto before = links_.last().taken;
  receive(R"({"type":"ping","timestamp":5})");
  EXPECT_EQ(sent().back(), R"({"type":"pong","timestamp":5})");
  EXPECT_EQ(links_.last().taken - before, 29U);
}

TEST_F(WebSocket, APeerThatDoesNotReadGetsNothingMore) {
  connect();
  links_.last().unsent = 5000;
  append(queue_, 1);
  wake();
  EXPECT_TRUE(sent().empty());
  links_.last().unsent = 0;
  links_.last().handlers.drained();
  run();
  EXPECT_EQ(sent().size(), 1U);
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
  wake();
  EXPECT_EQ(sent().size(), 3U) << "the next one waits for nothing";
}

TEST_F(WebSocket, AskingForABusyLeaseIsOneAtATimeHoweverOftenItIsWoken) {
  append(queue_, 1);
  const auto other =
      ask_now<lease_grant>(queue_, lease_request{"team-a", 0, ~0ULL, 1, 100000, 60s, false});
  ASSERT_NE(other->token, 0U);
  connect();
  const auto timers = scheduler_.clock().schedule().size();
  for (int i = 0; i < 20; ++i)
    wake();
  EXPECT_EQ(scheduler_.clock().schedule().size(), timers) << "each wakeup began a chain of its own";
}

TEST_F(WebSocket, AClockBeyondTheBoundIsNotPassedOn) {
  connect();
  receive(R"({"type":"event","event":{"event_id":"x","lamport_clock":1152921504606846976}})");
  EXPECT_EQ(reports_->clock, 0U);
  EXPECT_EQ(reports_->remarks.size(), 1U);
}

TEST_F(WebSocket, TheRemarksOfOneConnectionAreBounded) {
  connect();
  for (int i = 0; i < 100; ++i)
    receive(R"({"type":"dance"})");
  EXPECT_EQ(reports_->remarks.size(), 20U);
  EXPECT_FALSE(reports_->end);
}

TEST_F(WebSocket, AnEventThatComesBackToAnOldPlaceIsSentToo) {
  const auto receipts = append(queue_, 2);
  connect();
  pass(5100ms, 100ms); // both are handed over, and the run has its turn
  caf::anon_send(socket_, batch_run_finished{true});
  run();
  EXPECT_EQ(sent().size(), 2U);
  wake();
  EXPECT_EQ(sent().size(), 4U) << "they are still there, at their old places";
  EXPECT_EQ(sent()[2], receipts[0].json);
}

} // namespace
} // namespace spec_kitty
