// SUPERVISOR: what is started again, what is not, and when a daemon is connected.
#include "tests/actors/supervisor/supervisor_fixture.hpp"

namespace spec_kitty::actor_test {
namespace {

TEST_F(Supervisor, PassesARunToBatchSync) {
  append(queue_, 1);
  const auto report = begin(start_supervisor());
  accept();
  EXPECT_EQ(report->synced, 1U);
}

TEST_F(Supervisor, RunWhoseBatchSyncFallsEndsInAReport) {
  append(queue_, 2);
  const auto report = begin(start_supervisor());
  let_it_fall();
  ASSERT_TRUE(report.ok());
  expect_sums(*report);
  EXPECT_EQ(report->transient, 2U);
  EXPECT_EQ(report->stopped->code, ec::transport);
}

TEST_F(Supervisor, FallenChildStartsAgainAfterItsDelayAndIsRefusedPolitelyUntilThen) {
  const auto top = start_supervisor();
  let_it_fall();
  const auto meanwhile = begin(top);
  EXPECT_EQ(meanwhile.code(), ec::transport);
  EXPECT_NE(meanwhile.message().find("started again"), std::string::npos);
  pass(40ms);
  EXPECT_EQ(starts_, 1);
  pass(20ms);
  EXPECT_EQ(starts_, 2);
  append(queue_, 1);
  const auto report = begin(top);
  accept();
  EXPECT_EQ(report->synced, 1U);
}

TEST_F(Supervisor, ChildThatFallsTooOftenIsGivenUp) {
  const auto top = start_supervisor({2, 60s, 50ms, 5000ms});
  let_it_fall();
  pass(60ms);
  let_it_fall();
  pass(110ms);
  EXPECT_EQ(starts_, 3);
  let_it_fall();
  pass(120s, 1s);
  EXPECT_EQ(starts_, 3);
  const auto refused = begin(top);
  EXPECT_EQ(refused.code(), ec::transport);
  EXPECT_NE(refused.message().find("not started again"), std::string::npos) << refused.message();
}

TEST_F(Supervisor, FallsFarApartAreForgiven) {
  start_supervisor({2, 60s, 50ms, 5000ms});
  for (int i = 0; i < 10; ++i) {
    let_it_fall();
    pass(61s, 1s);
    EXPECT_EQ(starts_, i + 2);
  }
}

TEST_F(Supervisor, ChildrenEndWithTheirSupervisor) {
  const auto top = start_supervisor();
  const auto child = child_;
  child_ = nullptr;
  kill(top);
  EXPECT_TRUE(ask_now<sync_report>(child, sync_request{}).there());
  EXPECT_EQ(ask_now<sync_report>(child, sync_request{}).code(), ec::stopping);
}

TEST_F(Daemon, ConnectsAtOnceAndIsConnectedWithTheSnapshot) {
  start_daemon();
  EXPECT_EQ(status().state, connection_state::reconnecting);
  connect();
  EXPECT_EQ(status().state, connection_state::connected);
}

TEST_F(Daemon, ALostConnectionIsReplacedAndNothingIsLost) {
  start_daemon();
  connect();
  append(queue_, 1);
  notify(wakeup_reason::events);
  lose();
  EXPECT_EQ(status().state, connection_state::reconnecting);
  EXPECT_EQ(status().reason, "the connection was lost");
  pass(600ms);
  connect();
  EXPECT_EQ(connections_, 2);
  EXPECT_EQ(stats().live, 0U) << "a batch took over what was unanswered";
  append(queue_, 1);
  notify(wakeup_reason::events);
  EXPECT_EQ(links_.last().sent.size(), 1U);
}

TEST_F(Daemon, TenRefusalsInARowMeanBatchesOnlyUntilABatchSucceeds) {
  start_daemon();
  for (int i = 0; i < 10; ++i) {
    refuse();
    pass(31s, 100ms);
  }
  EXPECT_EQ(status().state, connection_state::offline_batch_mode);
  EXPECT_EQ(connections_, 10);
  append(queue_, 1);
  notify(wakeup_reason::events);
  answer_all();
  EXPECT_EQ(status().state, connection_state::reconnecting);
  EXPECT_EQ(connections_, 11);
  EXPECT_EQ(stats().live, 0U);
}

TEST_F(Daemon, InOfflineBatchModeItTriesAgainEveryFiveMinutesAndAfterASyncElsewhere) {
  start_daemon();
  for (int i = 0; i < 10; ++i) {
    refuse();
    pass(31s, 100ms);
  }
  pass(5min, 1s);
  EXPECT_EQ(connections_, 11);
  refuse();
  EXPECT_EQ(status().state, connection_state::offline_batch_mode);
  notify(wakeup_reason::drained);
  EXPECT_EQ(connections_, 12);
}

TEST_F(Daemon, WithoutASessionItIsOfflineUntilALogin) {
  fs::remove(home_ / "credentials");
  start_daemon();
  EXPECT_EQ(status().state, connection_state::offline);
  EXPECT_TRUE(status().reason.starts_with("auth required"));
  append(queue_, 1);
  notify(wakeup_reason::events);
  pass(600s, 1s);
  EXPECT_TRUE(network_->requests.empty());
  log_in_as("access-1");
  notify(wakeup_reason::session);
  connect();
  EXPECT_EQ(status().state, connection_state::connected);
}

TEST_F(Daemon, ALogoutEndsTheConnection) {
  start_daemon();
  connect();
  fs::remove(home_ / "credentials");
  notify(wakeup_reason::session);
  EXPECT_EQ(status().state, connection_state::offline);
  EXPECT_TRUE(links_.last().gone);
}

TEST_F(Daemon, ASessionOfAnotherAccountReconnectsTheSameIsLeftAlone) {
  start_daemon();
  connect();
  log_in_as("access-2"); // the same account
  notify(wakeup_reason::session);
  EXPECT_EQ(connections_, 1);
  EXPECT_EQ(status().state, connection_state::connected);
  credentials other = *session();
  other.username = "bob";
  EXPECT_TRUE(update_credentials(home_, [&](const auto&) { return std::optional(other); }));
  notify(wakeup_reason::session);
  connect();
  EXPECT_EQ(connections_, 2);
  EXPECT_EQ(status().state, connection_state::connected);
}

TEST_F(Daemon, AWebSocketThatFallsByADefectIsStartedAgain) {
  start_daemon();
  connect();
  kill(socket_);
  EXPECT_EQ(status().state, connection_state::reconnecting);
  pass(600ms);
  connect();
  EXPECT_EQ(status().state, connection_state::connected);
}

TEST_F(Daemon, ABatchSyncThatFallsIsStartedAgainAndTheConnectionWithIt) {
  start_daemon();
  connect();
  let_it_fall();
  EXPECT_EQ(status().state, connection_state::reconnecting);
  pass(2s, 10ms);
  connect();
  EXPECT_EQ(status().state, connection_state::connected);
  EXPECT_TRUE(failed_.empty());
}

TEST_F(Daemon, TheDeathOfTheQueueIsPassedOn) {
  start_daemon();
  connect();
  kill(queue_);
  ASSERT_EQ(failed_.size(), 1U);
  EXPECT_NE(failed_[0].find("queue"), std::string::npos) << failed_[0];
}

TEST_F(Daemon, ASnapshotThatComesAfterALogoutConnectsNothing) {
  start_daemon();
  answer_all();
  links_.last().handlers.opened();
  run();
  std::filesystem::remove(home_ / "credentials");
  links_.last().handlers.texts({R"({"type":"snapshot","work_packages":[]})"});
  const auto stopped = ask<wound_down>(top_, wind_down{});
  run();
  EXPECT_NE(status().state, connection_state::connected);
  EXPECT_TRUE(stopped.ok());
}

TEST_F(Daemon, AReconnectThatWasOrderedSurvivesTheFallOfATransport) {
  start_daemon();
  connect();
  append(queue_, 1);
  notify(wakeup_reason::events); // an answer is awaited, so the connection takes its time to end
  credentials other = *session();
  other.username = "bob";
  EXPECT_TRUE(update_credentials(home_, [&](const auto&) { return std::optional(other); }));
  notify(wakeup_reason::session);
  EXPECT_EQ(status().state, connection_state::offline);
  kill(child_); // BATCH_SYNC, and with it the connection that is on its way out
  pass(3s, 100ms);
  EXPECT_EQ(status().state, connection_state::reconnecting) << status().reason;
}

} // namespace
} // namespace spec_kitty::actor_test
