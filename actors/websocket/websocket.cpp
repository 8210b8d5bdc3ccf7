#include "actors/websocket/websocket.hpp"

#include "actors/clock/causality.hpp"
#include "actors/http/kept_offer.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace spec_kitty {

namespace {

using namespace std::chrono_literals;

/// QUEUE and CLOCK answer or die: each bounds its own wait. A timer here would stay until it is
/// over, answered or not, and at ten events a second that is megabytes.
constexpr auto local_patience = caf::infinite;
/// Longer than any wait for an answer; a lease whose owner has stopped is taken over after it.
constexpr auto lease_time = 3 * answer_patience;
constexpr auto settle_again = 1s;
constexpr auto again_after_failure = 5s; ///< of the store
constexpr auto again_while_busy = 100ms; ///< another drainer holds the lease
/// How long winding down waits for answers that are on their way.
constexpr auto last_answers = 2s;
/// More than any server that reads leaves unread.
constexpr std::size_t max_unsent_bytes = std::size_t{16} << 20;
constexpr unsigned max_remarks = 20; ///< of one connection
/// Events by which a lease is extended while a backlog is sent; how often the rest is counted.
constexpr std::size_t min_backlog = 128;
constexpr auto count_again = 1s;

} // namespace

websocket_state::~websocket_state() {
  link.reset(); // its thread ends before the handle it posts to goes
  if (auto last = session ? session->final_settlement(config.max_retries) : std::nullopt)
    caf::anon_send(config.queue, std::move(*last));
  end_backlog();
  if (winding_down)
    winding_down->deliver(wound_down{});
}

// ── What the server sends ────────────────────────────────────────────────────────────────────────

/// What one read has brought is looked at in one pass and settled together.
void websocket_state::on_texts(const std::vector<std::string>& texts) {
  if (!session || !link || over)
    return; // of a connection that is over
  std::size_t taken = 0;
  const auto at = now();
  for (const auto& text : texts) {
    if (joining) { // what the place in the log decides comes first
      held_texts.push_back(text);
      continue;
    }
    auto effects = session->on_text(text, at);
    if (!pass_on(effects, text.size()))
      taken += text.size();
    if (!on_effects(std::move(effects)))
      return;
  }
  link->taken(taken);
  settle(); // and then the next lease
}

/// The bytes of what is told of a log are taken when it is merged, so that LINK waits for the
/// store.
bool websocket_state::pass_on(ws_session::effects& effects, std::size_t bytes) {
  remote_heard heard;
  if (effects.remote_clock > max_received)
    publish_remark("the server sent an event with an out-of-range clock; it is ignored");
  else
    heard.clock = effects.remote_clock.value_or(0);
  heard.place = effects.place;
  heard.through = effects.through;
  heard.change = std::move(effects.change);
  if (!effects.received.empty())
    heard.event = event_received{std::move(effects.received), effects.place.seq,
                                 std::move(effects.by), log ? log->log : std::string()};
  if (heard.place.seq == 0 && heard.through == 0 && !heard.event)
    return false;
  heard.log = log;
  heard.bytes = log ? bytes : 0;
  self->send(config.supervisor, std::move(heard));
  return log != nullptr;
}

bool websocket_state::on_effects(ws_session::effects effects) {
  if (effects.greeting)
    on_greeting(*effects.greeting);
  if (effects.resume_refused && !config.home.empty())
    forget_offer(config.home, config.server.origin());
  if (effects.resumed)
    on_resumed(*effects.resumed);
  else if (effects.connected)
    self->send(config.supervisor, link_up{token.username, token.team_slug});
  if (!effects.reply.empty()) {
    link->send({std::move(effects.reply)});
    if (link->unsent() > max_unsent_bytes)
      effects.end = failure{ec::transport, "the server does not read the messages sent to it", {}};
  }
  if (effects.refused)
    self->send(config.supervisor, notice_message{std::move(*effects.refused)});
  if (!effects.warning.empty())
    publish_remark(std::move(effects.warning));
  if (effects.end)
    end(*effects.end);
  else if (effects.needs_run)
    request_batch_fallback();
  return !over && session && link;
}

void websocket_state::on_heard_taken(std::size_t bytes) {
  if (link)
    link->taken(bytes);
}

void websocket_state::publish_remark(std::string words) {
  if (++remarks > max_remarks)
    return;
  if (remarks == max_remarks)
    words += "; further warnings about this connection are omitted";
  self->send(config.supervisor, notice_message{remark{std::move(words)}});
}

// ── What is sent ─────────────────────────────────────────────────────────────────────────────────

void websocket_state::lease() {
  woken_meanwhile = woken_meanwhile || leasing;
  if (over || leasing || waiting_for_run || winding_down || !link || !session ||
      !session->may_lease())
    return;
  if (link->unsent() > 0) { // link_drained comes back to this
    if (!read_by)
      wake_at(*(read_by = now() + answer_patience));
    return;
  }
  leasing = true;
  woken_meanwhile = false;
  constexpr ws_window window;
  lease_request request;
  request.after = lease_after;
  request.max_events = window.events;
  request.max_bytes = window.bytes;
  complete(request);
  self->request(config.queue, local_patience, std::move(request))
      .then([this](const lease_grant& grant) { on_grant(grant); },
            [this](const caf::error& error) {
              leasing = false;
              if (over)
                return leave();
              lease_later(again_after_failure);
              publish_remark(to_failure(error).message);
            });
}

/// What a first lease and its extensions have in common.
void websocket_state::complete(lease_request& request) const {
  request.team_slug = token.team_slug;
  request.ttl = lease_time;
  request.fresh_only = true;
}

void websocket_state::on_grant(const lease_grant& grant) {
  leasing = false;
  if (grant.events.empty() && over)
    return leave();
  if (grant.events.empty()) {
    // Another drainer holds the team's lease: what it leaves is sent after it.
    if (grant.busy_until != 0)
      return lease_later(again_while_busy);
    // After a wakeup, what batch sync had its turn with is looked at again: a dead letter may be
    // back.
    const bool again = std::exchange(rung, false) && std::exchange(lease_after, 0) != 0;
    if (again || woken_meanwhile)
      lease();
    return;
  }
  if (session)
    session->on_lease(grant, now());
  if (over || winding_down || !session || !link) { // it goes back with the final settlement
    if (!session)
      session.emplace(now()).on_lease(grant, now());
    session->hand_back();
    return over ? leave() : finish_winding_down();
  }
  send(grant.events);
}

void websocket_state::send(const std::vector<leased_event>& events) {
  last_leased = events.back().seq;
  std::vector<std::string> texts;
  texts.reserve(events.size());
  for (const auto& event : events)
    texts.push_back(in_envelope(config.envelope, event.json.view()));
  link->send(std::move(texts));
  arm();
}

void websocket_state::settle() {
  if (!session)
    return;
  auto request = session->next_settlement({config.max_retries, lease_time, may_send()}, now());
  if (!request)
    return;
  if (request->more)
    complete(*request->more);
  self->request(config.queue, local_patience, std::move(*request))
      .then([this](const settle_outcome& outcome) { on_settled(outcome); },
            [this](const caf::error& error) {
              if (!session)
                return;
              session->on_settle_failed();
              publish_remark(to_failure(error).message);
              wake_at(now() + settle_again);
            });
}

void websocket_state::on_settled(const settle_outcome& outcome) {
  if (!session)
    return;
  if (!outcome.journal_problem.empty())
    publish_remark(outcome.journal_problem);
  auto removed = session->on_settled(outcome, now());
  const std::size_t removed_count = removed.size();
  if (!removed.empty())
    self->send(config.supervisor, acknowledged{std::move(removed)});
  report_backlog(removed_count, outcome.more.size());
  if (session->sends_more() && link)
    send(outcome.more);
  settle();
  lease();
  finish_winding_down();
}

/// Batch sync takes over; nothing newer is sent before it had its turn, for the order's sake.
void websocket_state::request_batch_fallback() {
  session->hand_back();
  if (!std::exchange(waiting_for_run, true))
    self->send(config.supervisor, batch_fallback_requested{});
}

/// A backlog is what a lease is extended by again and again; a status says how far it has to go.
void websocket_state::report_backlog(std::size_t removed, std::size_t more) {
  if (!config.on_progress)
    return;
  backlog.settled += removed;
  if (more >= min_backlog && now() >= backlog.count_at) {
    backlog.count_at = now() + count_again;
    self->request(config.queue, local_patience, due_request{token.team_slug})
        .then(
            [this](const due_count& due) {
              if (session && !session->idle())
                backlog.selected = backlog.settled + due.due;
            },
            [](const caf::error&) {});
  }
  if (session->idle())
    return end_backlog();
  if (backlog.selected > 0)
    config.on_progress({backlog.settled, std::max(backlog.settled + 1, backlog.selected)});
}

void websocket_state::end_backlog() {
  if (backlog.selected > 0)
    config.on_progress({backlog.settled, backlog.settled});
  backlog = {};
}

void websocket_state::on_wakeup() {
  rung = true;
  if (session)
    session->on_wakeup();
  settle(); // which extends a lease that is out
  lease();
}

// ── Time ─────────────────────────────────────────────────────────────────────────────────────────

void websocket_state::wake_at(std::chrono::milliseconds time) {
  if (tick_at && *tick_at <= time)
    return; // a later one that is out of date finds nothing to do
  tick_at = time;
  self->delayed_send(self, std::max<std::chrono::milliseconds>(time - now(), 1ms),
                     websocket_tick{});
}

void websocket_state::arm() {
  for (const auto& deadline : {session ? session->deadline() : std::nullopt, lease_at, read_by})
    if (deadline)
      wake_at(*deadline);
}

void websocket_state::lease_later(std::chrono::milliseconds pause) {
  lease_at = now() + pause;
  wake_at(*lease_at);
}

void websocket_state::finish_winding_down() {
  if (!winding_down || over)
    return;
  if (session && session->awaiting() && now() < give_up_at)
    return;
  end({ec::stopping, "the program is ending", {}});
}

void websocket_state::end(const failure& why) {
  if (std::exchange(over, true))
    return;
  why_over = why;
  end_backlog();
  if (link && session && winding_down)
    link->close(); // link_over follows within a second
  else
    link.reset();
  leave();
}

/// As soon as the close frame is out, and QUEUE has answered, so that a lease can go back.
void websocket_state::leave() {
  if (!leasing && !link)
    self->quit(to_error(why_over));
}

websocket_actor::behavior_type websocket(websocket_actor::stateful_pointer<websocket_state> self,
                                         websocket_config config) {
  install_handlers(self);
  auto& state = self->state;
  state.config = std::move(config);
  state.self = self;
  state.ask_node();
  return {
      [self](wakeup) { self->state.on_wakeup(); },
      [self](batch_run_finished run) {
        auto& st = self->state;
        st.waiting_for_run = false;
        if (run.reached) {
          st.lease_after = st.last_leased;
          st.rung = false;
        }
        st.lease();
      },
      [self](link_opened) {
        auto& st = self->state;
        st.session.emplace(st.now(), ws_window{}, st.resumes).own_node(st.node_id);
        st.arm();
      },
      [self](const link_texts& incoming) { self->state.on_texts(incoming.texts); },
      [self](heard_taken merged) { self->state.on_heard_taken(merged.bytes); },
      [self](link_drained) {
        self->state.read_by.reset();
        self->state.lease();
      },
      [self](const link_over& ended) { self->state.on_end(ended.how); },
      [self](websocket_tick) {
        auto& st = self->state;
        if (st.tick_at && st.now() >= *st.tick_at)
          st.tick_at.reset();
        if (!st.session || st.over)
          return;
        if (!st.session->connected() && st.now() >= *st.session->deadline())
          return st.end(
              {ec::transport,
               "the server sent no " + std::string(st.session->awaited()) + " within 10 s",
               "ask the server's operator"});
        if (st.read_by && st.now() >= *st.read_by)
          return st.end({ec::transport, "the server does not read the messages sent to it", {}});
        if (st.session->overdue(st.now()))
          st.request_batch_fallback();
        st.settle();
        if (st.lease_at && st.now() >= *st.lease_at) {
          st.lease_at.reset();
          st.lease();
        }
        st.finish_winding_down();
        st.arm();
      },
      [self](wind_down) {
        auto& st = self->state;
        auto promise = self->make_response_promise<wound_down>();
        st.winding_down = promise;
        st.give_up_at = st.now() + last_answers;
        if (st.session)
          st.session->refuse_more();
        if (st.session && st.session->awaiting())
          st.wake_at(st.give_up_at);
        else
          st.finish_winding_down();
        return promise;
      },
  };
}

} // namespace spec_kitty
