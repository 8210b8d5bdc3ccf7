// SUPERVISOR with played neighbours: HTTP is answered by the test, the WebSocket's link is played.
#pragma once

#include "actors/supervisor/supervisor.hpp"
#include "actors/websocket/websocket.hpp"
#include "tests/actors/batch_sync/sync_fixture.hpp"
#include "tests/actors/link_double.hpp"

namespace spec_kitty::actor_test {

class Supervisor : public BatchSync {
protected:
  /// What every supervisor of these tests has: played neighbours, a real BATCH_SYNC.
  supervisor_config config_of_all() {
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
    config.now = clock_now();
    config.steady = steady_now();
    return config;
  }
  supervisor_actor start_supervisor(restart_policy policy = {}) {
    auto config = config_of_all();
    config.policy = policy;
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

/// A daemon's SUPERVISOR: the WEBSOCKET is real, its link is played, HTTP is answered by the test.
class Daemon : public Supervisor {
protected:
  supervisor_actor start_daemon(bool with_websocket = true) {
    auto config = config_of_all();
    if (with_websocket)
      config.start_websocket = [this](caf::local_actor& parent, const transports& now,
                                      const supervisor_actor& above) {
        websocket_config connection;
        connection.server = *parse_server_url("https://a");
        connection.timeout = 2s;
        connection.queue = queue_;
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
    config.publish = [this](const notice& what) {
      if (const auto* now = std::get_if<connection_status>(&what))
        if (states_.empty() || states_.back() != to_string(now->state))
          states_.emplace_back(to_string(now->state));
      if (std::holds_alternative<event_received>(what))
        clocks_at_events_.push_back(clock_of_store());
      if (const auto* run = std::get_if<run_ended>(&what))
        runs_.push_back(run->report);
      if (const auto* failed = std::get_if<actors_failed>(&what))
        failed_.push_back(failed->why.message);
    };
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
  std::uint64_t clock_of_store() const {
    auto opened = store::open(store_settings(), open_mode::read);
    const auto clock = opened ? opened->clock() : result<std::uint64_t>(opened.error());
    return clock ? *clock : 0;
  }
  void open_link() {
    links_.last().handlers.opened();
    links_.last().handlers.texts({R"({"type":"snapshot","work_packages":[]})"});
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
  void notify(wakeup_reason why) {
    caf::anon_send(top_, wakeup{why});
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
  std::vector<std::uint64_t> clocks_at_events_; ///< of the store, when an event was published
  std::vector<std::string> failed_;
};

} // namespace spec_kitty::actor_test
