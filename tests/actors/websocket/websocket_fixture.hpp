// A WEBSOCKET under virtual time, with a SUPERVISOR and links that the test plays.
#pragma once

#include "actors/websocket/websocket.hpp"
#include "tests/actors/batch_sync/sync_fixture.hpp"
#include "tests/actors/link_double.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace spec_kitty::actor_test {

/// What WEBSOCKET has reported to its SUPERVISOR, and how it ended.
struct supervisor_reports {
  std::vector<std::string> accounts;
  int fallbacks = 0;
  std::vector<std::string> sent;
  int acknowledgements = 0; ///< messages of `sent`
  std::vector<std::string> refused;
  std::vector<std::string> received;
  std::vector<std::string> remarks;
  std::vector<log_joined> joined;
  std::vector<remote_heard> heard;
  std::uint64_t clock = 0;
  std::uint64_t clock_at_event = 0; ///< `clock` when the last event came
  std::optional<failure> end;
};

inline supervisor_actor::behavior_type supervisor_double(supervisor_actor::pointer self,
                                                         std::shared_ptr<supervisor_reports> into) {
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
      [into](const acknowledged& events) {
        ++into->acknowledgements;
        into->sent.insert(into->sent.end(), events.event_ids.begin(), events.event_ids.end());
      },
      [into](const notice_message& what) {
        if (const auto* refused = std::get_if<event_refused>(&what.what))
          into->refused.push_back(refused->message);
        if (const auto* comment = std::get_if<remark>(&what.what))
          into->remarks.push_back(comment->words);
      },
      [into](const log_joined& where) { into->joined.push_back(where); },
      [into](const remote_heard& heard) {
        into->clock = std::max(into->clock, heard.clock);
        into->heard.push_back(heard);
        if (heard.event) {
          into->received.push_back(heard.event->json);
          into->clock_at_event = into->clock;
        }
      },
      [](merge_tick) {},
      [](const log_page_request&) {},
      [](wind_down) { return wound_down{}; },
  };
}

class WebSocket : public BatchSync {
protected:
  /// Starts a WEBSOCKET and answers its request for a token.
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
    config.on_progress = [this](const sync_progress& at) { backlog_.push_back(at); };
    socket_ = start(websocket, config);
    watcher_ = system_.spawn(
        [](caf::event_based_actor* self, const websocket_actor& watched,
           const std::shared_ptr<supervisor_reports>& into) -> caf::behavior {
          install_handlers(self);
          self->set_down_handler(
              [into](caf::down_msg& down) { into->end = to_failure(down.reason); });
          self->monitor(watched);
          return {[](int) {}};
        },
        socket_, reports_);
    ends_.push_back(
        [watcher = watcher_] { caf::anon_send_exit(watcher, caf::exit_reason::user_shutdown); });
    run();
  }
  void receive(const std::string& text) {
    links_.last().handlers.texts({text});
    run();
  }
  void connect(const std::string& envelope = "bare") {
    open(envelope);
    links_.last().handlers.opened();
    receive(R"({"type":"snapshot","work_packages":[]})");
    wake();
  }
  void wake() {
    caf::anon_send(socket_, wakeup{wakeup_reason::events});
    run();
  }
  void end_link(link_end how, int status = 0, bool json = true) {
    const auto link = links_.all.back();
    link->handlers.ended({how, status, 0, {}, json});
    run();
  }
  void ack(const std::string& id) { receive(R"({"type":"ack","event_id":")" + id + "\"}"); }
  const std::vector<std::string>& sent() { return links_.last().sent; }

  std::shared_ptr<supervisor_reports> reports_ = std::make_shared<supervisor_reports>();
  played_links links_;
  std::vector<sync_progress> backlog_; ///< as it was reported
  supervisor_actor above_ = start(supervisor_double, reports_);
  websocket_actor socket_;
  caf::actor watcher_; ///< notes its end
};

} // namespace spec_kitty::actor_test
