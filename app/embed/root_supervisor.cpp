#include "app/embed/root_supervisor.hpp"

#include "actors/clock/clock.hpp"
#include "app/home/node_notice.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace spec_kitty::embed {

namespace {

using namespace std::chrono_literals;

constexpr auto child_grace = 10s;
constexpr auto session_tick = 5s;
constexpr auto revive_after = 30s;
constexpr auto min_between_wakeups = 10ms; ///< a burst of commits is one look

template <class Handle>
void end_actor(Handle& handle) {
  if (handle)
    caf::anon_send_exit(handle, caf::exit_reason::user_shutdown);
  handle = nullptr;
}

} // namespace

failure failure_in_time(const caf::error& error) {
  if (error == caf::sec::request_timeout)
    return {ec::timeout, "no answer in time; the request may still be carried out", "try again"};
  return to_failure(error);
}

// ── What is behind it ────────────────────────────────────────────────────────────────────────────

root_supervisor_state::~root_supervisor_state() {
  end_parts();
  for (auto& flush : flushes)
    refuse(flush.promise, {ec::stopping, "the client is being stopped", {}});
  if (stopped)
    stopped->deliver(wound_down{});
}

void root_supervisor_state::start_parts() {
  const home_view& view = core->view();
  auto options = view.store_settings();
  options.on_new_node = [weak = std::weak_ptr(core)](const node_change& change) {
    if (const auto home = weak.lock())
      home->log(log_level::warning, node_change_words(change));
  };
  queue_handle =
      spawn_counted(*self, alive, queue, queue_config{std::move(options), wall_clock_now, leases});
  clock_handle = spawn_counted(*self, alive, clock,
                               clock_config{view.home.path, queue_handle, wall_clock_now});
  self->monitor(queue_handle);
  self->monitor(clock_handle);
  core->actors().set_queue(queue_handle);
  start_supervisor();
}

void root_supervisor_state::start_supervisor() {
  ++set;
  if (!core->server())
    return;
  sync_mode mode;
  mode.background = true;
  mode.guest = alive;
  mode.modules = core->given().modules;
  mode.publish = [weak = std::weak_ptr(core), mine = set](const notice& what) {
    const auto to = weak.lock();
    if (!to)
      return;
    to->on_notice(what);
    if (std::holds_alternative<actors_failed>(what))
      to->actors().report_failed_transports(mine);
  };
  supervisor_handle =
      spawn_counted(*self, alive, supervisor,
                    wire(core->view(), *core->server(), queue_handle, clock_handle, mode));
  self->monitor(supervisor_handle);
}

void root_supervisor_state::end_parts() {
  core->actors().clear_queue({ec::stopping, "the client is being stopped", {}});
  end_actor(supervisor_handle);
  end_actor(queue_handle);
  end_actor(clock_handle);
}

void root_supervisor_state::on_down(const caf::down_msg& down) {
  const auto is = [&](const auto& handle) { return handle && handle.address() == down.source; };
  if (stopping) {
    if (is(queue_handle))
      queue_handle = nullptr;
    if (is(clock_handle))
      clock_handle = nullptr;
    if (!queue_handle && !clock_handle)
      end_stop();
    return;
  }
  if (!is(queue_handle) && !is(clock_handle) && !is(supervisor_handle))
    return; // of a set that has been replaced
  const failure why = to_failure(down.reason);
  end_parts();
  if (!falls->on_fall(steady_ms())) {
    const failure over{ec::internal, "the queue has failed too often: " + why.message,
                       "open the client again; nothing that was acknowledged is lost"};
    core->log(log_level::error, over.message);
    core->note(over);
    return core->actors().clear_queue(over);
  }
  core->log(log_level::warning, "a part has failed and is being started again: " + why.message);
  start_parts();
}

void root_supervisor_state::on_revive(revive_tick tick) {
  if (stopping || !queue_handle || tick.set != set)
    return;
  end_actor(supervisor_handle);
  start_supervisor();
}

// ── Requests ─────────────────────────────────────────────────────────────────────────────────────

caf::typed_response_promise<receipt> root_supervisor_state::on_emit(const emit_message& message) {
  auto promise = self->make_response_promise<receipt>();
  auto draft = core->prepare(message.what);
  if (!draft || !queue_handle || stopping) {
    refuse(promise, draft ? core->drop(core->actors().why_no_queue()) : draft.error());
    return promise;
  }
  // QUEUE answers or dies; a timer each would outlive the answers by far.
  self->request(queue_handle, caf::infinite, append_request{std::move(*draft)})
      .then(
          [this, promise](append_receipt& done) mutable {
            deliver(promise, core->count(std::move(done)));
            core->wake_transports();
          },
          [this, promise](const caf::error& error) mutable {
            deliver(promise, core->count(to_failure(error)));
          });
  return promise;
}

template <class Question>
caf::typed_response_promise<clock_reading> root_supervisor_state::ask_clock(Question question) {
  auto promise = self->make_response_promise<clock_reading>();
  if (!queue_handle) {
    refuse(promise, core->actors().why_no_queue());
    return promise;
  }
  const auto patience = core->view().store_settings().busy_timeout * 4 + child_grace;
  self->request(queue_handle, patience, std::move(question))
      .then([promise](clock_value now) mutable { promise.deliver(clock_reading{now.value}); },
            [promise](const caf::error& error) mutable {
              promise.deliver(to_error(failure_in_time(error)));
            });
  return promise;
}

// ── Wakeups ──────────────────────────────────────────────────────────────────────────────────────

void root_supervisor_state::on_committed() {
  if (steady_ms() - woken_at >= min_between_wakeups)
    pass_wakeup();
  else
    self->delayed_send(self, min_between_wakeups, wakeup_tick{});
}

/// At once, but for a burst: then a little later, for all of it.
void root_supervisor_state::pass_wakeup() {
  core->actors().wakeup_delivered();
  if (stopping || !supervisor_handle)
    return;
  woken_at = steady_ms();
  self->send(supervisor_handle, wakeup{wakeup_reason::events});
}

void root_supervisor_state::pass_page_request(const log_page_request& request) {
  if (supervisor_handle && !stopping)
    self->send(supervisor_handle, request);
  else
    core->on_notice(log_page_read{
        request.reader, failure{ec::transport, "nothing here talks to a server just now", {}}});
}

void root_supervisor_state::on_session_tick() {
  core->read_pages(); // those that failed before
  if (core->take_session_change() && supervisor_handle)
    self->send(supervisor_handle, wakeup{wakeup_reason::session});
  self->delayed_send(self, session_tick, root_supervisor_tick{});
}

// ── The end ──────────────────────────────────────────────────────────────────────────────────────

caf::typed_response_promise<wound_down> root_supervisor_state::on_stop(root_supervisor_stop order) {
  auto promise = self->make_response_promise<wound_down>();
  if (stopping) {
    promise.deliver(wound_down{});
    return promise;
  }
  stopping = true;
  stopped = promise;
  begin_stop(order.patience);
  return promise;
}

void root_supervisor_state::begin_stop(std::chrono::milliseconds patience) {
  const auto next = [this] { // what is committed shows in clock.json, then the end
    end_actor(supervisor_handle);
    if (!queue_handle)
      return end_stop();
    self->request(clock_handle, child_grace, mirror_barrier{})
        .then(
            [this](mirror_done) {
              self->send_exit(queue_handle, caf::exit_reason::user_shutdown);
              self->send_exit(clock_handle, caf::exit_reason::user_shutdown);
            },
            [this](const caf::error&) {
              self->send_exit(queue_handle, caf::exit_reason::user_shutdown);
              self->send_exit(clock_handle, caf::exit_reason::user_shutdown);
            });
  };
  if (!supervisor_handle)
    return next();
  self->request(supervisor_handle, patience, wind_down{})
      .then([next](wound_down) { next(); }, [next](const caf::error&) { next(); });
}

void root_supervisor_state::end_stop() {
  core->actors().clear_queue({ec::stopping, "the client has been stopped", {}});
  self->quit(caf::exit_reason::user_shutdown); // the state answers
}

root_supervisor_actor::behavior_type
root_supervisor(root_supervisor_actor::stateful_pointer<root_supervisor_state> self,
                std::shared_ptr<home_core> core, std::shared_ptr<std::atomic<int>> alive) {
  install_handlers(self);
  auto& state = self->state;
  state.self = self;
  state.core = std::move(core);
  state.alive = std::move(alive);
  state.falls.emplace(restart_policy{});
  self->set_down_handler([self](caf::down_msg& down) { self->state.on_down(down); });
  state.start_parts();
  self->delayed_send(self, session_tick, root_supervisor_tick{});
  return {
      // The host's requests.
      [self](const emit_message& message) { return self->state.on_emit(message); },
      [self](const flush_message& message) { return self->state.on_flush(message); },
      [self](status_message) { return reply(self->state.core->status(0)); },
      [self](clock_message) { return self->state.ask_clock(clock_question{}); },
      [self](heard_clock_message heard) {
        return self->state.ask_clock(clock_received{heard.remote});
      },
      [self](root_supervisor_check) { return self->state.ask_clock(clock_question{}); },
      // What happens to the parts.
      [self](committed) { self->state.on_committed(); },
      [self](transports_failed failed) {
        self->delayed_send(self, revive_after, revive_tick{failed.set});
      },
      [self](const log_page_request& request) { self->state.pass_page_request(request); },
      // Timers.
      [self](root_supervisor_tick) { self->state.on_session_tick(); },
      [self](wakeup_tick) { self->state.pass_wakeup(); },
      [self](revive_tick tick) { self->state.on_revive(tick); },
      [self](flush_tick tick) { self->state.next_run(tick.id); },
      // The end.
      [self](root_supervisor_stop order) { return self->state.on_stop(order); },
  };
}

} // namespace spec_kitty::embed
