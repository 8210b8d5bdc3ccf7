// SUPERVISOR: what is started again, what is not, and which transport works when.
#include "actors/supervisor/supervisor.hpp"
#include "actors/websocket/websocket.hpp"
#include "messages/json.hpp"
#include "tests/actors/link_double.hpp"
#include "tests/actors/sync_fixture.hpp"

namespace spec_kitty {
namespace {

using namespace actor_test;

class Supervisor : public BatchSync {
protected:
  supervisor_actor start_supervisor(restart_policy policy = {}) {
    supervisor_config config;
    config.queue = queue_;
    config.clock = clock_;
    config.start_http = [this](caf::local_actor&) { return http_; };
    config.start_auth = [this](caf::local_actor&, const http_actor&) { return auth_; };
    config.start_batch_sync = [this](caf::local_actor& parent, const transports&) {
      child_ = parent.spawn(batch_sync, sync_config());
      ++starts_;
      return child_;
    };
    config.policy = policy;
    config.now = clock_now();
    config.steady = steady_now();
    auto started = start(supervisor, std::move(config));
    run();
    return started;
  }
  void let_it_fall() {
    const auto falling = child_;
    child_ = nullptr;
    kill(falling);
  }

  batch_sync_actor child_;
  int starts_ = 0;
};

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

/// A daemon's SUPERVISOR: the WEBSOCKET is real, its link is played, HTTP is answered by the test.
class Daemon : public Supervisor {
protected:
  supervisor_actor start_daemon(bool with_websocket = true) {
    supervisor_config config;
    config.queue = queue_;
    config.clock = clock_;
    config.start_http = [this](caf::local_actor&) { return http_; };
    config.start_auth = [this](caf::local_actor&, const http_actor&) { return auth_; };
    config.start_batch_sync = [this](caf::local_actor& parent, const transports&) {
      child_ = parent.spawn(batch_sync, sync_config());
      return child_;
    };
    if (with_websocket)
      config.start_websocket = [this](caf::local_actor& parent, const transports& now,
                                      const supervisor_actor& above) {
        websocket_config connection;
        connection.server = *parse_server_url("https://a");
        connection.timeout = 2s;
        connection.queue = queue_;
        connection.clock = clock_;
        connection.auth = now.auth;
        connection.http = now.http;
        connection.supervisor = above;
        connection.open = links_.factory();
        connection.steady = steady_now();
        socket_ = parent.spawn(websocket, connection);
        ++connections_;
        return socket_;
      };
    config.background = true;
    config.tell = [this](const notice& what) {
      if (const auto* now = std::get_if<connection_status>(&what))
        if (states_.empty() || states_.back() != to_string(now->state))
          states_.emplace_back(to_string(now->state));
      if (const auto* run = std::get_if<run_ended>(&what))
        runs_.push_back(run->report);
      if (const auto* failed = std::get_if<actors_failed>(&what))
        failed_.push_back(failed->why.message);
    };
    config.now = clock_now();
    config.steady = steady_now();
    config.random = [] { return 0.5; };
    top_ = start(supervisor, std::move(config));
    run();
    return top_;
  }
  /// Answers everything that is asked of the server: tokens for WebSockets, batches.
  void answer_all(int batch_status = 200) {
    while (!network_->open.empty()) {
      const auto& asked = network_->open.front().request;
      if (asked.url.ends_with("/ws-token/"))
        answer(answered(200, R"({"ws_token":"ws"})"));
      else if (batch_status == 200)
        answer(results_for(asked, "success"));
      else
        answer(answered(batch_status));
    }
  }
  void open_link() {
    links_.last().handlers.opened();
    links_.last().handlers.text(R"({"type":"snapshot","work_packages":[]})");
    run();
  }
  void connect() {
    answer_all();
    open_link();
  }
  void lose() {
    const auto link = links_.all.back();
    link->handlers.ended({link_end::lost, 0, 0, {}});
    run();
  }
  void refuse() {
    answer_all();
    const auto link = links_.all.back();
    link->handlers.ended({link_end::refused, 503, 0, {}});
    run();
  }
  void stir(rouse why) {
    caf::anon_send(top_, roused{why});
    run();
  }
  connection_status status() { return *ask_now<connection_status>(top_, connection_question{}); }
  std::size_t batches() const {
    std::size_t count = 0;
    for (const auto& request : network_->requests)
      count += request.url.ends_with("/batch/") ? 1 : 0;
    return count;
  }
  void TearDown() override {
    top_ = nullptr;
    socket_ = nullptr;
    child_ = nullptr;
  }

  played_links links_;
  supervisor_actor top_;
  websocket_actor socket_;
  int connections_ = 0;
  std::vector<std::string> states_;
  std::vector<sync_report> runs_;
  std::vector<std::string> failed_;
};

TEST_F(Daemon, ConnectsAtOnceAndIsConnectedWithTheSnapshot) {
  start_daemon();
  EXPECT_EQ(status().state, connection_state::reconnecting);
  connect();
  EXPECT_EQ(status().state, connection_state::connected);
}

TEST_F(Daemon, ConnectedItSendsEventsOverTheWebSocketAndNoBatch) {
  start_daemon();
  connect();
  const auto before = batches();
  append(queue_, 3);
  stir(rouse::events);
  EXPECT_EQ(links_.last().sent.size(), 3U);
  EXPECT_EQ(batches(), before);
}

TEST_F(Daemon, NotConnectedItDrainsInBatchesAtMostOneInFiveSeconds) {
  start_daemon(false);
  append(queue_, 1);
  stir(rouse::events);
  EXPECT_EQ(batches(), 1U);
  answer_all();
  append(queue_, 1);
  stir(rouse::events);
  EXPECT_EQ(batches(), 1U);
  pass(4900ms, 100ms);
  EXPECT_EQ(batches(), 1U);
  pass(200ms, 100ms);
  EXPECT_EQ(batches(), 2U);
  answer_all();
  EXPECT_EQ(stats().live, 0U);
}

TEST_F(Daemon, WithoutARouseItLooksEveryInterval) {
  start_daemon(false);
  append(queue_, 1); // nobody rings
  pass(299s, 1s);
  EXPECT_EQ(batches(), 0U);
  pass(2s, 1s);
  EXPECT_EQ(batches(), 1U);
}

TEST_F(Daemon, AfterAnOutageItDrainsWithinHalfAMinute) {
  start_daemon(false);
  append(queue_, 1);
  stir(rouse::events);
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

TEST_F(Daemon, ALostConnectionIsMadeAnewAndNothingIsLost) {
  start_daemon();
  connect();
  const auto receipts = append(queue_, 1);
  stir(rouse::events);
  lose();
  EXPECT_EQ(status().state, connection_state::reconnecting);
  EXPECT_EQ(status().reason, "the connection was lost");
  pass(600ms);
  connect();
  EXPECT_EQ(connections_, 2);
  ASSERT_EQ(links_.last().sent.size(), 1U) << "it is sent again";
  EXPECT_EQ(links_.last().sent[0], receipts[0].json);
}

TEST_F(Daemon, TenRefusalsInARowMeanBatchesOnlyAndASuccessfulOneEndsThat) {
  start_daemon();
  for (int i = 0; i < 10; ++i) {
    refuse();
    pass(31s, 100ms);
  }
  EXPECT_EQ(status().state, connection_state::offline_batch_mode);
  EXPECT_EQ(connections_, 10);
  append(queue_, 1);
  stir(rouse::events);
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
  stir(rouse::drained);
  EXPECT_EQ(connections_, 12);
}

TEST_F(Daemon, UnansweredEventsAreTakenOverByBatchSync) {
  start_daemon();
  connect();
  append(queue_, 2);
  stir(rouse::events);
  const auto before = batches();
  pass(5100ms, 100ms);
  EXPECT_EQ(batches(), before + 1);
  answer_all();
  EXPECT_EQ(stats().live, 0U);
  append(queue_, 1);
  stir(rouse::events);
  EXPECT_EQ(links_.last().sent.size(), 3U) << "and the WebSocket goes on";
}

TEST_F(Daemon, WithoutASessionItIsOfflineUntilSomebodyLogsIn) {
  fs::remove(home_ / "credentials");
  start_daemon();
  EXPECT_EQ(status().state, connection_state::offline);
  EXPECT_TRUE(status().reason.starts_with("auth required"));
  append(queue_, 1);
  stir(rouse::events);
  pass(600s, 1s);
  EXPECT_TRUE(network_->requests.empty());
  log_in_as("access-1");
  stir(rouse::session);
  connect();
  EXPECT_EQ(status().state, connection_state::connected);
}

TEST_F(Daemon, ALogoutEndsTheConnection) {
  start_daemon();
  connect();
  fs::remove(home_ / "credentials");
  stir(rouse::session);
  EXPECT_EQ(status().state, connection_state::offline);
  EXPECT_TRUE(links_.last().gone);
}

TEST_F(Daemon, ASessionOfAnotherAccountIsConnectedAnewTheSameIsLeftAlone) {
  start_daemon();
  connect();
  log_in_as("access-2"); // the same account
  stir(rouse::session);
  EXPECT_EQ(connections_, 1);
  EXPECT_EQ(status().state, connection_state::connected);
  credentials other = *session();
  other.username = "bob";
  EXPECT_TRUE(update_credentials(home_, [&](const auto&) { return std::optional(other); }));
  stir(rouse::session);
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

TEST_F(Daemon, WindsDownWithTheBatchInFlightFinished) {
  start_daemon(false);
  append(queue_, 1);
  stir(rouse::events);
  const auto done = ask_now<wound_down>(top_, wind_down{});
  EXPECT_FALSE(done.there());
  answer_all();
  EXPECT_TRUE(done.ok());
  EXPECT_EQ(stats().live, 0U);
  append(queue_, 1);
  stir(rouse::events);
  pass(10s, 100ms);
  EXPECT_EQ(stats().live, 1U) << "nothing new is begun";
}

TEST_F(Daemon, WindsDownAtOnceWhereNothingIsInFlight) {
  start_daemon();
  connect();
  EXPECT_TRUE(ask_now<wound_down>(top_, wind_down{}).ok());
  EXPECT_EQ(status().state, connection_state::offline);
}

TEST_F(Daemon, WindsDownDuringThePauseBetweenTwoBatches) {
  limits_.batch_events = 1;
  start_daemon(false);
  append(queue_, 3);
  stir(rouse::events);
  answer(results_for(network_->open.front().request, "success"));
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
    stir(rouse::events);
    if (links_.last().sent.empty()) // a token that is over now is refreshed for the next connection
      connect();
    EXPECT_EQ(status().state, connection_state::connected);
    const auto sent = links_.last().sent.back();
    const auto event = parse_json(sent);
    links_.last().handlers.text(R"({"type":"ack","event_id":")" + *text_of(*event, "event_id") +
                                "\"}");
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
  stir(rouse::events);
  answer_all(503);
  now_ -= 24LL * 3600 * 1'000'000;
  pass(31s, 100ms);
  EXPECT_GE(batches(), 2U);
}

} // namespace
} // namespace spec_kitty
