#include "actors/supervisor/supervisor.hpp"

#include <utility>

namespace spec_kitty {

namespace {

using namespace std::chrono_literals;

constexpr auto transport_wind_down_patience = 10s;

} // namespace

// ── What is asked of the transports ──────────────────────────────────────────────────────────────

caf::result<sync_report> supervisor_state::on_sync_request(const sync_request& request) {
  if (batch_sync)
    return self->delegate(batch_sync, request);
  bool given_up = false;
  for (const auto& child : table)
    given_up = given_up || child.given_up;
  return to_error({ec::transport,
                   std::string("the part that talks to the server has failed ") +
                       (given_up ? "too often and is not started again; all events are kept"
                                 : "and is being started again"),
                   given_up ? "run the command again; if it fails again, please report it"
                            : "try again in a moment"});
}

caf::result<transports> supervisor_state::on_transports_question() const {
  if (now.http && now.auth)
    return now;
  return to_error({ec::transport, "the part that talks to the server is being started again",
                   "try again in a moment"});
}

void supervisor_state::publish(const notice& what) {
  if (config.publish)
    config.publish(what);
}

// ── Beginning and end ────────────────────────────────────────────────────────────────────────────

void supervisor_state::on_start() {
  connection.emplace(config.random);
  schedule.emplace(config.interval, config.gap, config.random);
  table = children();
  start_all();
  if (!config.background)
    return;
  if (config.start_websocket)
    follow(connection->begin_trying(config.now()));
  else
    follow(connection->go_offline(config.now(),
                                  "the WebSocket is switched off; events go in batches"));
  self->send(self, drain_tick{});
}

caf::typed_response_promise<wound_down> supervisor_state::on_wind_down() {
  auto promise = self->make_response_promise<wound_down>();
  stopping = true;
  ending.push_back(promise);
  winding = 1;
  const auto ask = [this](const auto& transport) {
    if (!transport)
      return;
    ++winding;
    self->request(transport, transport_wind_down_patience, wind_down{})
        .then([this](wound_down) { on_transport_wound_down(); },
              [this](const caf::error&) { on_transport_wound_down(); });
  };
  ask(batch_sync);
  ask(websocket);
  (void)connection->go_offline(config.now(), "the daemon is stopping");
  publish(connection->status());
  on_transport_wound_down();
  return promise;
}

void supervisor_state::on_transport_wound_down() {
  if (winding == 0 || --winding > 0)
    return;
  for (auto& promise : std::exchange(ending, {}))
    fulfil(promise, wound_down{});
}

supervisor_state::~supervisor_state() {
  for (auto& child : table)
    if (child.end)
      child.end();
  for (auto& promise : ending)
    promise.deliver(wound_down{});
}

supervisor_actor::behavior_type
supervisor(supervisor_actor::stateful_pointer<supervisor_state> self, supervisor_config config) {
  install_handlers(self);
  auto& state = self->state;
  state.config = std::move(config);
  state.self = self;
  self->set_down_handler([self](caf::down_msg& down) { self->state.on_down(down); });
  state.on_start();
  return {
      // The transports.
      [self](const sync_request& request) { return self->state.on_sync_request(request); },
      [self](const restart_tick& tick) { self->state.on_restart_tick(tick); },
      [self](transports_question) { return self->state.on_transports_question(); },
      // Delivery.
      [self](const wakeup& what) { self->state.on_wakeup(what.why); },
      [self](connection_question) { return self->state.connection->status(); },
      [self](connect_tick tick) {
        if (tick.order == self->state.connect_order)
          self->state.start_websocket();
      },
      [self](drain_tick) {
        self->state.drain_tick_at.reset();
        self->state.drain_when_due();
      },
      // From WEBSOCKET.
      [self](const link_up& up) { self->state.on_link_up(up); },
      [self](batch_fallback_requested) { self->state.on_batch_fallback(); },
      [self](acknowledged& events) { self->state.on_acknowledged(events.event_ids); },
      [self](const notice_message& message) { self->state.publish(message.what); },
      [self](log_joined& where) { self->state.on_log_joined(where); },
      [self](remote_heard& heard) { self->state.on_remote_heard(heard); },
      [self](merge_tick) {
        self->state.merges_later = false;
        self->state.merge_heard();
      },
      // Readers.
      [self](const log_page_request& asked) { self->state.ask_log_page(asked, {}); },
      // The end.
      [self](wind_down) { return self->state.on_wind_down(); },
  };
}

} // namespace spec_kitty
