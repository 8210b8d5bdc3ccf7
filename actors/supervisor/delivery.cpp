// How SUPERVISOR has the events delivered: it keeps the connection, and begins a background run
// where the connection does not bring them.
#include "actors/supervisor/supervisor.hpp"

#include <algorithm>
#include <utility>

namespace spec_kitty {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::minutes whole_run{24 * 60}; ///< a run bounds each of its own waits
constexpr auto websocket_wind_down_patience = 10s;
constexpr auto auth_patience = 10min;

std::string account_of(const std::string& username, const std::string& team) {
  return username + "\n" + team;
}

} // namespace

// ── The connection ───────────────────────────────────────────────────────────────────────────────

/// The machine decides what comes next. Batch sync now sends what the connection had leased or
/// was woken for in vain.
void supervisor_state::on_connection_over(const failure& why) {
  remote.forget_bytes();
  const bool carried = connection->status().state == connection_state::connected;
  batch_fallback_pending = in_next_run = false;
  follow(connection->on_end(why, config.now(), steady()));
  if (std::exchange(reconnects, false))
    follow(connection->begin_trying(config.now()));
  if (!carried)
    return;
  schedule->on_wakeup(wakeup_reason::events);
  drain_when_due();
}

void supervisor_state::follow(connection_machine::order what) {
  if (what.end) {
    ++connect_order;
    if (websocket)
      self->request(websocket, websocket_wind_down_patience, wind_down{})
          .then([](wound_down) {}, [](const caf::error&) {});
  }
  if (what.start_in) {
    const std::uint64_t order = ++connect_order;
    if (*what.start_in == 0ms)
      self->send(self, connect_tick{order});
    else
      self->delayed_send(self, *what.start_in, connect_tick{order});
  }
  publish(connection->status());
}

void supervisor_state::start_websocket() {
  if (stopping || websocket || !config.start_websocket)
    return;
  if (connection->status().state == connection_state::offline_batch_mode)
    (void)connection->try_again(config.now(), "five minutes have passed");
  if (connection->status().state != connection_state::reconnecting)
    return;
  publish(connection->status());
  auto& child = table.back();
  if (!batch_sync) { // the transports are being started again: a little later
    return follow({500ms});
  }
  child.address = child.start();
  self->monitor(child.address);
}

/// The present connection, if any, winds down; then there is a first attempt.
void supervisor_state::reconnect() {
  if (!config.start_websocket)
    return;
  if (!websocket)
    return follow(connection->begin_trying(config.now()));
  reconnects = true;
  follow(connection->go_offline(config.now(), "the session changed"));
}

/// A login of another account, or a logout, ends the connection; anything else leaves it alone.
void supervisor_state::check_session() {
  if (connection->status().state != connection_state::connected || !now.auth)
    return reconnect();
  self->request(now.auth, auth_patience, token_request{})
      .then(
          [this](const access_token& token) {
            if (account_of(token.username, token.team_slug) != account)
              reconnect();
          },
          [this](const caf::error& error) {
            const failure why = to_failure(error);
            if (why.code == ec::login_required)
              follow(connection->go_offline(config.now(), "auth required: " + why.message));
          });
}

void supervisor_state::on_link_up(const link_up& up) {
  if (self->current_sender() != websocket ||
      connection->status().state != connection_state::reconnecting)
    return; // it has been asked to end meanwhile
  account = account_of(up.username, up.team_slug);
  follow(connection->on_snapshot(config.now()));
  self->send(websocket, wakeup{wakeup_reason::events});
}

// ── What the connection receives ─────────────────────────────────────────────────────────────────

void supervisor_state::on_acknowledged(std::vector<std::string>& event_ids) {
  if (config.publish)
    for (auto& id : event_ids)
      publish(event_sent{std::move(id)});
}

// ── Runs ─────────────────────────────────────────────────────────────────────────────────────────

void supervisor_state::on_wakeup(wakeup_reason why) {
  if (stopping || !config.background)
    return;
  if (why == wakeup_reason::session)
    check_session();
  if (why == wakeup_reason::drained)
    follow(connection->try_again(config.now(), "another process has reached the server"));
  if (why == wakeup_reason::events && connection->status().state == connection_state::connected &&
      websocket) {
    self->send(websocket, wakeup{why});
    return;
  }
  schedule->on_wakeup(why);
  drain_when_due();
}

void supervisor_state::drain_when_due() {
  if (stopping || !config.background)
    return;
  const auto wait = schedule->wait(steady());
  if (!wait) {
    if (batch_fallback_pending && !schedule->running() && websocket) {
      batch_fallback_pending = false; // no run will come before something changes
      self->send(websocket, batch_run_finished{false});
    }
    return;
  }
  if (*wait > 0ms || !batch_sync) {
    const auto pause = std::max<std::chrono::milliseconds>(*wait, 100ms);
    if (drain_tick_at && *drain_tick_at <= steady() + pause)
      return;
    drain_tick_at = steady() + pause;
    self->delayed_send(self, pause, drain_tick{});
    return;
  }
  schedule->on_begin(steady());
  self->request(batch_sync, whole_run, sync_request{true, clock_seen})
      .then([this](const sync_report& report) { on_run_end(report); },
            [this](const caf::error& error) {
              sync_report broken;
              broken.stopped = failure{ec::transport, to_failure(error).message, {}};
              on_run_end(broken);
            });
}

void supervisor_state::on_run_end(const sync_report& report) {
  schedule->on_end(report, steady(), config.now());
  publish(run_ended{report});
  if (!std::exchange(in_next_run, false) && std::exchange(batch_fallback_pending, false) &&
      websocket)
    self->send(websocket, batch_run_finished{!report.stopped});
  if (report.stopped && report.stopped->code == ec::login_required && config.start_websocket)
    follow(connection->go_offline(config.now(), "auth required: " + report.stopped->message));
  if (!report.stopped && report.batches > 0)
    follow(connection->try_again(config.now(), "a batch has reached the server"));
  drain_when_due();
}

void supervisor_state::on_batch_fallback() {
  batch_fallback_pending = true;
  in_next_run = schedule->running(); // this one began before
  schedule->on_wakeup(wakeup_reason::events);
  drain_when_due();
}

} // namespace spec_kitty
