#include "app/embed/root_supervisor.hpp"

#include "actors/clock/clock.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace spec_kitty::embed {

namespace {

using namespace std::chrono_literals;

constexpr auto child_grace = 10s;
constexpr auto session_tick = 5s;
constexpr auto revive_after = 30s;
constexpr auto min_between_wakeups = 10ms; ///< a burst of commits is one look
constexpr auto flush_pause = 100ms;        ///< others have the events in hand
constexpr auto transport_pause = 500ms;    ///< the server was not reached

std::chrono::milliseconds steady() {
  return std::chrono::milliseconds(steady_now() / 1000);
}

failure time_is_over(const home_core& core) {
  const std::string link = core.why_not_connected();
  return {ec::timeout,
          "the time given was over before all was on the server" +
              (link.empty() ? "" : "; " + link),
          {}};
}

/// Worth another try before a flush's deadline.
bool may_pass(ec code) {
  return code == ec::transport || code == ec::timeout || code == ec::stopping;
}

template <class Handle>
void end_actor(Handle& handle) {
  if (handle)
    caf::anon_send_exit(handle, caf::exit_reason::user_shutdown);
  handle = nullptr;
}

} // namespace

failure failure_in_time(const caf::error& error) {
  if (error == caf::sec::request_timeout)
    return {ec::timeout, "no answer in time; what was asked may still happen", "try again"};
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
  queue_handle = spawn_counted(*self, alive, queue,
                               queue_config{view.store_settings(), wall_clock_now, leases});
  clock_handle = spawn_counted(*self, alive, clock,
                               clock_config{view.home.path, queue_handle, wall_clock_now});
  self->monitor(queue_handle);
  self->monitor(clock_handle);
  core->set_queue(queue_handle);
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
    to->hear(what);
    if (std::holds_alternative<actors_failed>(what))
      to->fail_transports(mine);
  };
  supervisor_handle =
      spawn_counted(*self, alive, supervisor,
                    wire(core->view(), *core->server(), queue_handle, clock_handle, mode));
  self->monitor(supervisor_handle);
}

void root_supervisor_state::end_parts() {
  core->no_queue({ec::stopping, "the client is being stopped", {}});
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
  if (!falls->on_fall(steady())) {
    const failure over{ec::internal, "the queue has failed too often: " + why.message,
                       "open the client again; nothing that was acknowledged is lost"};
    core->log(log_level::error, over.message);
    core->note(over);
    return core->no_queue(over);
  }
  core->log(log_level::warning, "a part has failed and is started again: " + why.message);
  start_parts();
}

/// At once, but for a burst: then a little later, for all of it.
void root_supervisor_state::pass_wakeup() {
  core->wakeup_delivered();
  if (stopping || !supervisor_handle)
    return;
  woken_at = steady();
  self->send(supervisor_handle, wakeup{wakeup_reason::events});
}

// ── Flush ────────────────────────────────────────────────────────────────────────────────────────

flushing* root_supervisor_state::find(std::uint64_t id) {
  const auto at = std::find_if(flushes.begin(), flushes.end(),
                               [&](const flushing& flushing) { return flushing.id == id; });
  return at == flushes.end() ? nullptr : &*at;
}

void root_supervisor_state::end_flush(std::uint64_t id, bool delivered, failure why) {
  const auto at = std::find_if(flushes.begin(), flushes.end(),
                               [&](const flushing& flushing) { return flushing.id == id; });
  at->report.delivered = delivered;
  at->report.why = std::move(why);
  auto promise = at->promise;
  auto report = std::move(at->report);
  flushes.erase(at);
  fulfil(promise, std::move(report));
}

void root_supervisor_state::next_run(std::uint64_t id) {
  const flushing* flushing = find(id);
  if (flushing == nullptr)
    return;
  const auto left = flushing->until - steady();
  if (left <= 0ms) {
    failure why = flushing->report.why;
    if (why.code == ec::ok)
      why = time_is_over(*core);
    return end_flush(id, false, std::move(why));
  }
  if (!queue_handle)
    return end_flush(id, false, core->why_no_queue());
  if (!supervisor_handle)
    return on_run(id, [&] {
      sync_report none;
      none.stopped = failure{ec::transport, "the part that talks to the server has failed", {}};
      return none;
    }());
  self->request(supervisor_handle, left, sync_request{})
      .then([this, id](const sync_report& done) { on_run(id, done); },
            [this, id](const caf::error& error) {
              sync_report none;
              none.stopped =
                  error == caf::sec::request_timeout ? time_is_over(*core) : failure_in_time(error);
              on_run(id, none);
            });
}

void root_supervisor_state::on_run(std::uint64_t id, const sync_report& done) {
  flushing* flushing = find(id);
  if (flushing == nullptr)
    return;
  flushing->report.rejected += done.rejected + done.dead;
  if (!done.stopped || done.selected > 0) {
    flushing->report.held = done.held_elsewhere + done.held;
    flushing->report.remaining = done.remaining - std::min(done.remaining, flushing->report.held);
  }
  const bool again = done.transient + done.pending > 0;
  const failure why = done.stopped.value_or(failure{ec::ok, {}, {}});
  flushing->report.why = why;
  const bool failed = why.code != ec::ok && why.code != ec::rejected;
  if (failed && !may_pass(why.code))
    return end_flush(id, false, why);
  if (!failed && !again)
    return end_flush(id, flushing->report.rejected == 0, why);
  const auto pause = failed ? std::chrono::milliseconds(transport_pause) : flush_pause;
  self->delayed_send(self, std::min(pause, std::max(flushing->until - steady(), 0ms)),
                     flush_tick{id});
}

// ── Clock, stop ──────────────────────────────────────────────────────────────────────────────────

template <class Question>
caf::typed_response_promise<clock_reading> root_supervisor_state::ask_clock(Question question) {
  auto promise = self->make_response_promise<clock_reading>();
  if (!queue_handle) {
    refuse(promise, core->why_no_queue());
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
  core->no_queue({ec::stopping, "the client has been stopped", {}});
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
      [self](const emit_message& message) {
        auto& st = self->state;
        auto promise = self->make_response_promise<receipt>();
        auto draft = st.core->prepare(message.what);
        if (!draft || !st.queue_handle || st.stopping) {
          refuse(promise, draft ? st.core->drop(st.core->why_no_queue()) : draft.error());
          return promise;
        }
        // QUEUE answers or dies; a timer each would outlive the answers by far.
        self->request(st.queue_handle, caf::infinite, append_request{std::move(*draft)})
            .then(
                [self, promise](append_receipt& done) mutable {
                  deliver(promise, self->state.core->count(std::move(done)));
                  self->state.core->wake_transports();
                },
                [self, promise](const caf::error& error) mutable {
                  deliver(promise, self->state.core->count(to_failure(error)));
                });
        return promise;
      },
      [self](const flush_message& message) {
        auto& st = self->state;
        auto promise = self->make_response_promise<flush_report>();
        const std::uint64_t id = ++st.last_flush;
        flushing& flushing = st.flushes.emplace_back();
        flushing.id = id;
        flushing.until = steady() + message.deadline;
        flushing.promise = promise;
        flushing.report.durable = true; // a sender waits for its receipts itself
        if (const auto now = st.core->status(0)) {
          flushing.report.remaining = now->queued;
          flushing.report.held = now->held;
        }
        if (st.core->server())
          st.next_run(id);
        else
          st.end_flush(id, false,
                       st.core->given().delivery == deliver_by::others
                           ? failure{ec::no_server, "this process only records; others deliver", {}}
                           : failure{ec::no_server, "no server is set",
                                     "set sync.server_url, in options.settings or the home"});
        return promise;
      },
      [self](status_message) { return reply(self->state.core->status(0)); },
      [self](clock_message) { return self->state.ask_clock(clock_question{}); },
      [self](heard_clock_message heard) {
        return self->state.ask_clock(clock_received{heard.remote});
      },
      [self](root_supervisor_check) { return self->state.ask_clock(clock_question{}); },
      [self](committed) {
        auto& st = self->state;
        if (steady() - st.woken_at >= min_between_wakeups)
          st.pass_wakeup();
        else
          self->delayed_send(self, min_between_wakeups, wakeup_tick{});
      },
      [self](transports_failed failed) {
        self->delayed_send(self, revive_after, revive_tick{failed.set});
      },
      [self](root_supervisor_tick) {
        auto& st = self->state;
        if (st.core->take_session_change() && st.supervisor_handle)
          self->send(st.supervisor_handle, wakeup{wakeup_reason::session});
        self->delayed_send(self, session_tick, root_supervisor_tick{});
      },
      [self](wakeup_tick) { self->state.pass_wakeup(); },
      [self](revive_tick tick) {
        auto& st = self->state;
        if (st.stopping || !st.queue_handle || tick.set != st.set)
          return;
        end_actor(st.supervisor_handle);
        st.start_supervisor();
      },
      [self](flush_tick tick) { self->state.next_run(tick.id); },
      [self](root_supervisor_stop order) {
        auto& st = self->state;
        auto promise = self->make_response_promise<wound_down>();
        if (st.stopping) {
          promise.deliver(wound_down{});
          return promise;
        }
        st.stopping = true;
        st.stopped = promise;
        st.begin_stop(order.patience);
        return promise;
      },
  };
}

} // namespace spec_kitty::embed
