#include "actors/supervisor/supervisor.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace spec_kitty {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::minutes whole_run{24 * 60}; ///< a run bounds each of its own waits
constexpr auto wind_down_patience = 10s;
constexpr auto auth_patience = 10min;
constexpr auto merge_patience = 10min; ///< QUEUE's own wait for the store is shorter by far

/// Ends an actor and drops the handle: one to a dead actor would keep the system from ending.
template <class Handle>
void end_child(Handle& handle) {
  if (handle)
    caf::anon_send_exit(handle, caf::exit_reason::user_shutdown);
  handle = nullptr;
}

std::string account_of(const std::string& username, const std::string& team) {
  return username + "\n" + team;
}

} // namespace

supervisor_state::~supervisor_state() {
  for (auto& child : table)
    if (child.end)
      child.end();
  for (auto& promise : ending)
    promise.deliver(wound_down{});
}

std::vector<child_spec> supervisor_state::children() {
  const restart_history often(config.policy);
  // name, kind, start, end
  return {
      {"queue", child_kind::vital, [this] { return config.queue.address(); }, {}, often},
      {"clock", child_kind::vital, [this] { return config.clock.address(); }, {}, often},
      {"http", child_kind::transport,
       [this] { return (now.http = config.start_http(*self)).address(); },
       [this] { end_child(now.http); }, often},
      {"auth", child_kind::transport,
       [this] { return (now.auth = config.start_auth(*self, now.http)).address(); },
       [this] { end_child(now.auth); }, often},
      {"batch_sync", child_kind::transport,
       [this] { return (batch_sync = config.start_batch_sync(*self, now)).address(); },
       [this] { end_child(batch_sync); }, often},
      {"websocket", child_kind::connection,
       [this] {
         return (websocket = config.start_websocket(*self, now, supervisor_actor(self))).address();
       },
       [this] { end_child(websocket); }, often},
  };
}

// ── Children ─────────────────────────────────────────────────────────────────────────────────────

/// Starts, in the table's order, whatever is down and not waiting for its delay; what stands below
/// a child that is down waits with it.
void supervisor_state::start_all() {
  for (auto& child : table) {
    if (child.kind == child_kind::connection || child.address)
      continue;
    if (child.waits || child.given_up)
      return;
    child.address = child.start();
    self->monitor(child.address);
  }
}

void supervisor_state::on_down(const caf::down_msg& down) {
  for (auto& child : table) {
    if (!child.address || child.address != down.source)
      continue;
    child.address = nullptr;
    const failure why = to_failure(down.reason);
    switch (child.kind) {
    case child_kind::vital:
      publish(actors_failed{{ec::internal, std::string(child.name) + " has failed: " + why.message,
                             "nothing that was acknowledged is lost; run the command again"}});
      return self->quit(down.reason);
    case child_kind::transport:
      return on_fall(child);
    case child_kind::connection:
      websocket = nullptr;
      if (!stopping)
        on_connection_over(why);
      return;
    }
  }
}

/// The machine decides what comes next. What the connection had in hand, or was roused for in vain,
/// is batch sync's now.
void supervisor_state::on_connection_over(const failure& why) {
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

/// The child is started again after its delay, and everything below it that may hold its handle.
void supervisor_state::on_fall(child_spec& child) {
  bool below = false;
  for (auto& other : table) {
    if (below && other.address) {
      other.address = nullptr; // its end is expected
      other.end();
      if (other.kind == child_kind::connection)
        on_connection_over(
            {ec::transport, "a part of the program has failed and is started again", {}});
    }
    below = below || &other == &child;
  }
  child.end(); // drops the handle
  const auto delay = child.history.on_fall(steady());
  child.given_up = !delay;
  child.waits = delay.has_value();
  if (delay)
    self->delayed_send(self, *delay, restart_tick{std::string(child.name)});
  else if (config.background)
    publish(actors_failed{{ec::internal, std::string(child.name) + " has failed too often",
                           "see the log; all events are kept"}});
}

// ── The connection ───────────────────────────────────────────────────────────────────────────────

void supervisor_state::follow(connection_machine::order what) {
  if (what.end) {
    ++connect_order;
    if (websocket)
      self->request(websocket, wind_down_patience, wind_down{})
          .then([](wound_down) {}, [](const caf::error&) {});
  }
  if (what.start_in) {
    const std::uint64_t order = ++connect_order;
    if (*what.start_in == 0ms)
      self->send(self, connect_tick{order});
    else
      self->delayed_send(self, *what.start_in, connect_tick{order});
  }
  tell_connection();
}

void supervisor_state::start_websocket() {
  if (stopping || websocket || !config.start_websocket)
    return;
  if (connection->status().state == connection_state::offline_batch_mode)
    (void)connection->try_again(config.now(), "five minutes have passed");
  if (connection->status().state != connection_state::reconnecting)
    return;
  tell_connection();
  auto& child = table.back();
  if (!batch_sync) { // the transports are being started again: a little later
    return follow({500ms});
  }
  child.address = child.start();
  self->monitor(child.address);
}

/// The connection there is, if any, ends kindly; then there is a first attempt.
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
  schedule->on_begin();
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

// ── Telling, ending ──────────────────────────────────────────────────────────────────────────────

void supervisor_state::publish(const notice& what) {
  if (config.publish)
    config.publish(what);
}

void supervisor_state::merge_clock() {
  const auto value = heard.begin();
  if (!value)
    return;
  const auto over = [this] {
    for (auto& event : heard.merged())
      publish(std::move(event));
    merge_clock();
  };
  self->request(config.clock, merge_patience, clock_received{*value})
      .then([over](clock_value) { over(); },
            [this, over](const caf::error& error) {
              publish(remark{to_failure(error).message});
              over();
            });
}

void supervisor_state::tell_connection() {
  publish(connection->status());
}

void supervisor_state::wound_down_one() {
  if (winding == 0 || --winding > 0)
    return;
  for (auto& promise : std::exchange(ending, {}))
    fulfil(promise, wound_down{});
}

supervisor_actor::behavior_type
supervisor(supervisor_actor::stateful_pointer<supervisor_state> self, supervisor_config config) {
  install_handlers(self);
  auto& state = self->state;
  state.config = std::move(config);
  state.self = self;
  state.connection.emplace(state.config.random);
  state.schedule.emplace(state.config.interval, state.config.random);
  state.table = state.children();
  self->set_down_handler([self](caf::down_msg& down) { self->state.on_down(down); });
  state.start_all();
  if (state.config.background) {
    if (state.config.start_websocket)
      state.follow(state.connection->begin_trying(state.config.now()));
    else
      state.follow(state.connection->go_offline(state.config.now(),
                                                "the WebSocket is switched off; events go in "
                                                "batches"));
    self->send(self, drain_tick{});
  }
  return {
      [self](const sync_request& request) -> caf::result<sync_report> {
        auto& st = self->state;
        if (st.batch_sync)
          return self->delegate(st.batch_sync, request);
        bool given_up = false;
        for (const auto& child : st.table)
          given_up = given_up || child.given_up;
        return to_error({ec::transport,
                         std::string("the part that talks to the server has failed ") +
                             (given_up ? "too often and is not started again; all events are kept"
                                       : "and is being started again"),
                         given_up ? "run the command again; please report it if it stays"
                                  : "try again in a moment"});
      },
      [self](const restart_tick& tick) {
        for (auto& child : self->state.table)
          if (child.name == tick.child)
            child.waits = false;
        self->state.start_all();
        self->state.drain_when_due();
      },
      [self](transports_question) -> caf::result<transports> {
        const auto& now = self->state.now;
        if (now.http && now.auth)
          return now;
        return to_error({ec::transport, "the part that talks to the server is being started again",
                         "try again in a moment"});
      },
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
      [self](const link_up& up) {
        auto& st = self->state;
        if (self->current_sender() != st.websocket ||
            st.connection->status().state != connection_state::reconnecting)
          return; // it was told to end meanwhile
        st.account = account_of(up.username, up.team_slug);
        st.follow(st.connection->on_snapshot(st.config.now()));
        self->send(st.websocket, wakeup{wakeup_reason::events});
      },
      [self](batch_fallback_requested) {
        self->state.batch_fallback_pending = true;
        self->state.in_next_run = self->state.schedule->running(); // this one began before
        self->state.schedule->on_wakeup(wakeup_reason::events);
        self->state.drain_when_due();
      },
      [self](notice_message& what) {
        auto* event = std::get_if<event_received>(&what.what);
        if (event == nullptr || !self->state.heard.keeps(*event))
          self->state.publish(what.what);
      },
      [self](clock_heard heard) {
        auto& st = self->state;
        st.clock_seen = std::max(st.clock_seen, heard.value);
        st.heard.clock(heard.value);
        st.merge_clock();
      },
      [self](wind_down) {
        auto& st = self->state;
        auto promise = self->make_response_promise<wound_down>();
        st.stopping = true;
        st.ending.push_back(promise);
        st.winding = 1;
        const auto ask = [&](const auto& whom) {
          if (!whom)
            return;
          ++st.winding;
          self->request(whom, wind_down_patience, wind_down{})
              .then([self](wound_down) { self->state.wound_down_one(); },
                    [self](const caf::error&) { self->state.wound_down_one(); });
        };
        ask(st.batch_sync);
        ask(st.websocket);
        (void)st.connection->go_offline(st.config.now(), "the daemon is stopping");
        st.tell_connection();
        st.wound_down_one();
        return promise;
      },
  };
}

} // namespace spec_kitty
