// WEBSOCKET under virtual time: what ends a connection, and winding down.
#include "tests/actors/websocket/websocket_fixture.hpp"

namespace spec_kitty {
namespace {

using namespace actor_test;

TEST_F(WebSocket, ASnapshotThatNeverComesEndsItAfterTenSeconds) {
  open();
  links_.last().handlers.opened();
  pass(9900ms, 100ms);
  EXPECT_FALSE(reports_->end);
  pass(200ms, 100ms);
  ASSERT_TRUE(reports_->end);
  EXPECT_EQ(reports_->end->code, ec::transport);
  EXPECT_TRUE(links_.last().gone);
}

TEST_F(WebSocket, ALostConnectionEndsItAndTheLeaseGoesBack) {
  append(queue_, 1);
  connect();
  EXPECT_TRUE(is_leased());
  end_link(link_end::lost);
  ASSERT_TRUE(reports_->end);
  EXPECT_EQ(reports_->end->code, ec::transport);
  EXPECT_FALSE(is_leased());
  EXPECT_EQ(stats().live, 1U);
}

TEST_F(WebSocket, TextThatIsNotJsonEndsIt) {
  connect();
  receive("not json");
  ASSERT_TRUE(reports_->end);
  EXPECT_NE(reports_->end->message.find("JSON"), std::string::npos);
}

TEST_F(WebSocket, A401OfTheTokensCallIsAnsweredByOneRefresh) {
  begin_opening();
  answer(answered(401));
  EXPECT_TRUE(network_->requests.back().url.ends_with("/token/refresh/"));
  answer(tokens("access-2", "refresh-2", "team-a"));
  EXPECT_EQ(header_of(network_->requests.back(), "Authorization"), "Bearer access-2");
  answer(answered(401));
  ASSERT_TRUE(reports_->end);
  EXPECT_EQ(reports_->end->code, ec::login_required);
}

TEST_F(WebSocket, A401OfAProxyIsAFailedAttemptAndEndsNoSession) {
  open();
  end_link(link_end::refused, 401, false);
  ASSERT_TRUE(reports_->end);
  EXPECT_EQ(reports_->end->code, ec::transport);
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
  ASSERT_TRUE(reports_->end);
  EXPECT_EQ(reports_->end->code, ec::login_required);
}

TEST_F(WebSocket, AnyOtherRefusalOfTheUpgradeIsATransportFailure) {
  for (const int status : {403, 404, 429, 500, 503}) {
    reports_->end.reset();
    links_.all.clear();
    open();
    end_link(link_end::refused, status);
    ASSERT_TRUE(reports_->end) << status;
    EXPECT_EQ(reports_->end->code, ec::transport) << status;
  }
}

TEST_F(WebSocket, WithoutASessionItEndsWithoutARequest) {
  fs::remove(home_ / "credentials");
  begin_opening();
  ASSERT_TRUE(reports_->end);
  EXPECT_EQ(reports_->end->code, ec::login_required);
  EXPECT_TRUE(network_->requests.empty());
}

TEST_F(WebSocket, WindingDownWaitsForTheAnswersThatAreOnTheirWay) {
  const auto receipts = append(queue_, 2);
  connect();
  append(queue_, 1);
  const auto done = ask_now<wound_down>(socket_, wind_down{});
  EXPECT_FALSE(reports_->end);
  ack(receipts[0].event_id);
  EXPECT_FALSE(reports_->end);
  ack(receipts[1].event_id);
  ASSERT_TRUE(reports_->end);
  EXPECT_EQ(reports_->end->code, ec::stopping);
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
  EXPECT_FALSE(reports_->end);
  pass(200ms, 100ms);
  EXPECT_TRUE(reports_->end);
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
  EXPECT_TRUE(reports_->end);
  EXPECT_TRUE(done.ok());
}

TEST_F(WebSocket, AServerThatPingsAndReadsNothingEndsIt) {
  connect();
  links_.last().unsent = std::size_t{17} << 20;
  receive(R"({"type":"ping","timestamp":1})");
  ASSERT_TRUE(reports_->end);
  EXPECT_NE(reports_->end->message.find("does not read"), std::string::npos);
}

TEST_F(WebSocket, AServerThatLeavesBytesUnreadForFiveSecondsEndsIt) {
  connect();
  links_.last().unsent = 1;
  append(queue_, 1);
  wake();
  pass(4900ms, 100ms);
  EXPECT_FALSE(reports_->end);
  pass(200ms, 100ms);
  ASSERT_TRUE(reports_->end);
  EXPECT_NE(reports_->end->message.find("does not read"), std::string::npos);
}

} // namespace
} // namespace spec_kitty
