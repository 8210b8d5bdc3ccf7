// A daemon at work: events reach the server by themselves, whatever the server's WebSocket does.
#include "tests/support/daemon_test.hpp"

#include <csignal>

namespace spec_kitty::support {
namespace {

using namespace std::chrono_literals;

struct DaemonSync : daemon_test {
  void connected(std::vector<std::string> options = {}) {
    logged_in(std::move(options));
    start_daemon();
    ASSERT_TRUE(is_eventually("Connected"));
  }
  std::string reason() const {
    const auto shown = json_of({"sync", "status"});
    return text_of(*member(shown, "connection"), "reason").value_or("");
  }
  /// How many of the server's lines so far hold this.
  static std::size_t count(const std::vector<std::string>& lines, std::string_view part) {
    return static_cast<std::size_t>(
        std::count_if(lines.begin(), lines.end(),
                      [&](const auto& line) { return line.find(part) != std::string::npos; }));
  }
};

TEST_F(DaemonSync, AnEmittedEventIsOnTheServerWithoutAnotherCommand) {
  connected();
  const auto reply = cli({"emit", "WPStatusChanged", "--payload", good_payload});
  recorded.push_back(reply.out.substr(0, 26));
  EXPECT_EQ(reply.err, "[Connected]\n");
  ASSERT_TRUE(drains());
  expect_all_on_server_in_order();
  stop_daemon();
  const auto lines = server->stop();
  EXPECT_EQ(count(lines, R"({"ws":"event")"), 1U) << "over the WebSocket";
  EXPECT_EQ(count(lines, "/api/v1/events/batch/"), 0U);
}

TEST_F(DaemonSync, WhatWasRecordedBeforeItStartedGoesFirst) {
  logged_in();
  emit_each(5);
  start_daemon();
  emit_each(5);
  ASSERT_TRUE(drains());
  expect_all_on_server_in_order();
  stop_daemon();
}

TEST_F(DaemonSync, EveryEnvelopeIsUnderstoodAndKeptAsTheSameEvent) {
  logged_in();
  for (const char* envelope : {"bare", "flat", "nested"}) {
    ASSERT_EQ(cli({"config", "set", "websocket.envelope", envelope}).status, 0);
    start_daemon();
    ASSERT_TRUE(is_eventually("Connected"));
    emit_each(2);
    ASSERT_TRUE(drains());
    stop_daemon();
  }
  expect_all_on_server_in_order();
  EXPECT_EQ(server->events().front().find("\"type\""), std::string::npos);
}

TEST_F(DaemonSync, AServerThatAcknowledgesByEchoIsUnderstood) {
  connected({"--ws-ack-by-echo"});
  emit_each(3);
  ASSERT_TRUE(drains(4s)) << "no run had to take over";
  expect_all_on_server_in_order();
  stop_daemon();
}

TEST_F(DaemonSync, EventsThatAreKeptButNeverAnsweredAreSettledByARun) {
  connected({"--ws-no-ack"});
  emit_each(3);
  ASSERT_TRUE(drains(30s));
  expect_all_on_server_in_order();
  stop_daemon();
}

TEST_F(DaemonSync, EventsThatAreIgnoredAreTakenOverByARunAndTheOrderHolds) {
  connected({"--ws-ignore"});
  emit_each(2);
  ASSERT_TRUE(eventually([&] { return server->events().size() == 2; }, 30s));
  emit_each(2);
  ASSERT_TRUE(drains(30s));
  expect_all_on_server_in_order();
  stop_daemon();
}

TEST_F(DaemonSync, AServerThatReadsNothingAnyMoreHoldsNothingUp) {
  connected({"--ws-stall"});
  emit_each(5);
  ASSERT_TRUE(drains(40s));
  expect_all_on_server_in_order();
  stop_daemon();
}

TEST_F(DaemonSync, ARefusedUpgradeLeavesEventsToBatches) {
  for (const char* status : {"403", "404", "429", "503"}) {
    logged_in({"--ws-refuse", status});
    start_daemon();
    recorded.clear();
    emit_each(1);
    ASSERT_TRUE(drains(30s)) << status;
    EXPECT_EQ(connection(), "Reconnecting") << status;
    EXPECT_NE(reason().find(status), std::string::npos) << reason();
    expect_all_on_server_in_order();
    stop_daemon();
    server->stop();
    std::filesystem::remove_all(root() / "server");
  }
}

TEST_F(DaemonSync, AnUpgradeThatIsRefusedForTheSessionAsksForALogin) {
  logged_in({"--ws-refuse", "401"});
  start_daemon();
  ASSERT_TRUE(eventually([&] { return reason().starts_with("auth required"); }));
  EXPECT_EQ(connection(), "Offline");
  stop_daemon();
}

TEST_F(DaemonSync, ASnapshotThatNeverComesIsGivenUpAfterTenSeconds) {
  logged_in({"--ws-no-snapshot"});
  start_daemon();
  ASSERT_TRUE(eventually([&] { return reason().find("no snapshot") != std::string::npos; }, 20s));
  EXPECT_EQ(connection(), "Reconnecting");
  stop_daemon();
}

TEST_F(DaemonSync, ASnapshotOfTwoMegabytesIsTaken) {
  connected({"--ws-snapshot-bytes", "2000000"});
  stop_daemon();
}

TEST_F(DaemonSync, AServerThatClosesIsConnectedToAgain) {
  connected({"--ws-close-after-events", "2", "--ws-close-code", "1001"});
  emit_each(6);
  ASSERT_TRUE(drains(30s));
  expect_all_on_server_in_order();
  stop_daemon();
}

TEST_F(DaemonSync, WithoutTheWebSocketItDrainsInBatches) {
  logged_in();
  ASSERT_EQ(cli({"config", "set", "websocket.enabled", "false"}).status, 0);
  ASSERT_EQ(cli({"config", "set", "sync.batch_gap_s", "1"}).status, 0);
  start_daemon();
  emit_each(2);
  ASSERT_TRUE(drains(20s));
  EXPECT_EQ(connection(), "Offline");
  EXPECT_NE(reason().find("switched off"), std::string::npos) << reason();
  expect_all_on_server_in_order();
  stop_daemon();
}

TEST_F(DaemonSync, ABacklogWaitsForNoGap) {
  logged_in();
  ASSERT_EQ(cli({"config", "set", "websocket.enabled", "false"}).status, 0);
  ASSERT_EQ(cli({"config", "set", "sync.batch_gap_s", "3600"}).status, 0);
  ASSERT_EQ(cli({"config", "set", "sync.batch_events", "20"}).status, 0);
  emit_each(60);
  start_daemon();
  ASSERT_TRUE(drains(20s));
  expect_all_on_server_in_order();
  stop_daemon();
}

TEST_F(DaemonSync, AnEventTheServerRefusesIsCountedAndTheOthersGo) {
  connected({"--reject-type", "ErrorLogged"});
  ASSERT_EQ(
      cli({"emit", "ErrorLogged", "--field", "error_type=runtime", "--field", "error_message=no"})
          .status,
      0);
  emit_each(2);
  ASSERT_TRUE(eventually([&] { return server->events().size() == 2; }));
  expect_all_on_server_in_order();
  ASSERT_TRUE(eventually([&] { // their acknowledgements may still be on the way
    const auto listed = json_of({"events", "list"});
    const auto& left = (*member(listed, "events")).GetArray();
    return left.Size() == 1U && number_in(left[0], {"retry_count"}) == 1;
  }));
  stop_daemon();
}

TEST_F(DaemonSync, AnotherHomesEventsAdvanceTheClock) {
  connected();
  emit_each(1);
  ASSERT_TRUE(drains());
  env["SPEC_KITTY_HOME"] = (root() / "other").string();
  ASSERT_EQ(cli({"sync", "server", server->url()}).status, 0);
  ASSERT_EQ(log_in(*server).status, 0);
  for (int i = 0; i < 50; ++i)
    ASSERT_EQ(cli({"emit", "WPStatusChanged", "--payload", good_payload, "--quiet"}).status, 0);
  ASSERT_EQ(cli({"sync", "now"}).status, 0);
  env.erase("SPEC_KITTY_HOME");
  ASSERT_TRUE(eventually([&] { return number_in(json_of({"clock", "show"}), {"value"}) > 50; }));
  stop_daemon();
}

TEST_F(DaemonSync, ItHearsOfLoginsLogoutsAndAServerThatIsSetWhileItRuns) {
  std::filesystem::create_directory(home());
  start_daemon();
  EXPECT_EQ(reason(), "no server is set");
  server_set();
  ASSERT_TRUE(eventually([&] { return reason().starts_with("auth required"); }));
  ASSERT_EQ(log_in(*server).status, 0);
  ASSERT_TRUE(is_eventually("Connected"));
  ASSERT_EQ(cli({"auth", "logout"}).status, 0);
  ASSERT_TRUE(is_eventually("Offline"));
  EXPECT_TRUE(reason().starts_with("auth required")) << reason();
  emit_each(1);
  EXPECT_EQ(log_in(*server).status, 0);
  ASSERT_TRUE(drains());
  stop_daemon();
}

TEST_F(DaemonSync, AServerThatComesBackIsFoundWithinHalfAMinute) {
  connected();
  server->kill();
  ASSERT_TRUE(is_eventually("Reconnecting"));
  emit_each(3);
  EXPECT_EQ(cli({"emit", "WPStatusChanged", "--payload", good_payload, "--quiet"}).status, 0);
  server->restart();
  ASSERT_TRUE(drains(30s));
  stop_daemon();
}

TEST_F(DaemonSync, SigtermDuringABatchLosesNothing) {
  logged_in();
  emit(3000);
  start_daemon();
  daemon_->send(SIGTERM);
  EXPECT_EQ(daemon_->wait(7s).status, 0);
  daemon_.reset();
  const auto before = server->events().size();
  EXPECT_EQ(cli({"sync", "now"}).status, 0);
  EXPECT_EQ(server->events().size(), 3000U) << before << " before it ended";
}

TEST_F(DaemonSync, StatusShowsTheDaemonWithPidVersionAndSince) {
  connected();
  const auto shown = json_of({"sync", "status"});
  EXPECT_TRUE(member(*member(shown, "daemon"), "running")->GetBool());
  EXPECT_EQ(number_in(shown, {"daemon", "pid"}), daemon_pid());
  EXPECT_TRUE(text_of(*member(shown, "daemon"), "version"));
  EXPECT_TRUE(text_of(*member(shown, "daemon"), "since"));
  EXPECT_TRUE(text_of(*member(shown, "connection"), "since"));
  const auto words = cli({"sync", "status"}).out;
  EXPECT_NE(words.find("connection  Connected, since "), std::string::npos) << words;
  EXPECT_NE(words.find("daemon      process " + std::to_string(daemon_pid())), std::string::npos);
  stop_daemon();
}

TEST_F(DaemonSync, WatchTellsWhatHappensAsItHappens) {
  connected();
  child watch(command({"sync", "watch", "--json"}));
  const auto next_of = [&](const std::string& kind) {
    for (auto line = watch.next_line(); line; line = watch.next_line()) {
      auto reply = parsed(*line);
      if (text_of(reply, "kind") == kind)
        return reply;
    }
    return json_document(rapidjson::kNullType);
  };
  EXPECT_EQ(text_of(next_of("connection"), "state"), "Connected");
  const auto ids = emit_each(1);
  EXPECT_EQ(text_of(next_of("sent"), "event_id"), ids[0]);
  server->kill();
  EXPECT_EQ(text_of(next_of("connection"), "state"), "Reconnecting");
  kill_daemon(SIGKILL);
  const auto gone = next_of("daemon");
  ASSERT_TRUE(gone.IsObject());
  EXPECT_FALSE(member(gone, "running")->GetBool());
  watch.send(SIGINT);
  EXPECT_EQ(watch.wait().status, 0);
}

TEST_F(DaemonSync, WatchWithoutADaemonFollowsTheStore) {
  emit(1);
  child watch(command({"sync", "watch"}));
  EXPECT_NE(watch.next_line()->find("no daemon"), std::string::npos);
  EXPECT_NE(watch.next_line()->find("1 held"), std::string::npos);
  emit(2);
  EXPECT_NE(watch.next_line()->find("3 held"), std::string::npos);
  watch.send(SIGTERM);
  EXPECT_EQ(watch.wait().status, 0);
}

} // namespace
} // namespace spec_kitty::support
