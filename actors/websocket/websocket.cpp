#include "actors/websocket/websocket.hpp"

#include "actors/clock/causality.hpp"
#include "actors/websocket/handshake.hpp"
#include "messages/protocol.hpp"
#include "util/version.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace spec_kitty {

namespace {

using namespace std::chrono_literals;

constexpr auto grace = 5s;
/// QUEUE and CLOCK answer or die: each bounds its own wait. A timer here would stay until it is
/// over, answered or not, and at ten events a second that is megabytes.
constexpr auto local_patience = caf::infinite;
/// How much goes out before it is answered.
constexpr std::size_t window_events = 4096;
constexpr std::size_t window_bytes = std::size_t{2} << 20;
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

} // namespace

websocket_state::~websocket_state() {
  link.reset(); // its thread ends before the handle it posts to goes
  if (auto last = session ? session->final_settlement(config.max_retries) : std::nullopt)
    caf::anon_send(config.queue, std::move(*last));
  if (winding_down)
    winding_down->deliver(wound_down{});
}

// ── Until the upgrade ────────────────────────────────────────────────────────────────────────────

void websocket_state::ask_node() {
  self->request(config.queue, local_patience, due_request{})
      .then(
          [this](due_count& home) {
            node_id = std::move(home.node_id);
            ask_token({});
          },
          [this](const caf::error& error) { end(to_failure(error)); });
}

void websocket_state::ask_token(const std::string& failed_access) {
  self->request(config.auth, 3 * config.timeout + grace, token_request{failed_access})
      .then(
          [this](access_token& fresh) {
            token = std::move(fresh);
            if (token.team_slug.empty())
              return end({ec::login_required, "the server did not name the team of this account",
                          "ask the server's operator, then run: spec-kitty auth login"});
            ask_ws_token();
          },
          [this](const caf::error& error) { end(to_failure(error)); });
}

void websocket_state::ask_ws_token() {
  self->request(config.http, config.timeout + grace,
                ws_token_request(config.server, config.ca_file, config.timeout, token.access))
      .then([this](const http_reply& reply) { on_ws_token(reply); },
            [this](const caf::error& error) { end(to_failure(error)); });
}

void websocket_state::on_ws_token(const http_reply& reply) {
  if (over)
    return;
  const auto read = read_ws_token(reply);
  if (read)
    return open_connection(*read);
  if (read.error().code == ec::login_required)
    return on_token_refused(read.error());
  end(read.error());
}

void websocket_state::on_token_refused(const failure& why) {
  if (refreshed)
    return end(why);
  refreshed = true;
  ask_token(token.access);
}

void websocket_state::open_connection(const std::string& ws_token) {
  const auto post = [me = websocket_actor(self)](auto message) {
    caf::anon_send(me, std::move(message));
  };
  link_handlers handlers;
  handlers.opened = [post] { post(link_opened{}); };
  handlers.text = [post](std::string text) { post(link_text{std::move(text)}); };
  handlers.drained = [post] { post(link_drained{}); };
  handlers.ended = [post](link_ended how) { post(link_over{std::move(how)}); };
  auto opened = config.open(link_to(config.server, config.ca_file, ws_token), std::move(handlers));
  if (!opened)
    return end(opened.error());
  link = std::move(*opened);
}

void websocket_state::on_end(const link_ended& how) {
  link.reset();
  if (over)
    return leave();
  if (how.how == link_end::refused && how.http_status == 401 && how.json)
    return on_token_refused({ec::login_required, "the server does not accept the WebSocket's token",
                             "run: spec-kitty auth login"});
  end(link_failure(how));
}

// ── What the server sends
// ─────────────────────────────────────────────────────────────────────────

void websocket_state::on_text(const std::string& text) {
  if (!session || !link || over)
    return; // of a connection that is over
  link->taken(text.size());
  auto effects = session->on_text(text, now());
  if (effects.connected)
    self->send(config.supervisor, link_up{token.username, token.team_slug});
  if (!effects.reply.empty())
    link->send(std::move(effects.reply));
  if (link->unsent() > max_unsent_bytes)
    return end({ec::transport, "the server does not read the messages sent to it", {}});
  if (effects.refused)
    self->send(config.supervisor, notice_message{std::move(*effects.refused)});
  if (!effects.warning.empty())
    publish_remark(std::move(effects.warning));
  if (effects.remote_clock > max_received)
    publish_remark("the server sent an event with an out-of-range clock; it is ignored");
  else if (effects.remote_clock)
    self->send(config.supervisor, clock_heard{*effects.remote_clock}); // before its event
  if (!effects.received.empty())
    self->send(config.supervisor, notice_message{event_received{std::move(effects.received)}});
  if (effects.end)
    return end(*effects.end);
  if (effects.needs_run)
    request_batch_fallback();
  settle(); // and then the next lease
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
  lease_request request;
  request.team_slug = token.team_slug;
  request.after = lease_after;
  request.max_events = window_events;
  request.max_bytes = window_bytes;
  request.ttl = lease_time;
  request.fresh_only = true;
  self->request(config.queue, local_patience, std::move(request))
      .then([this](const lease_grant& grant) { send(grant); },
            [this](const caf::error& error) {
              leasing = false;
              if (over)
                return leave();
              lease_later(again_after_failure);
              publish_remark(to_failure(error).message);
            });
}

void websocket_state::send(const lease_grant& grant) {
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
  last_leased = grant.events.back().seq;
  for (const auto& event : grant.events)
    link->send(in_envelope(config.envelope, event.json.view()));
  arm();
}

void websocket_state::settle() {
  if (!session)
    return;
  auto request = session->next_settlement(config.max_retries, lease_time);
  if (!request)
    return;
  self->request(config.queue, local_patience, std::move(*request))
      .then(
          [this](const settle_outcome& outcome) {
            if (!session)
              return;
            for (auto& id : session->on_settled(outcome))
              self->send(config.supervisor, notice_message{event_sent{std::move(id)}});
            settle();
            lease();
            finish_winding_down();
          },
          [this](const caf::error& error) {
            if (!session)
              return;
            session->on_settle_failed();
            publish_remark(to_failure(error).message);
            wake_at(now() + settle_again);
          });
}

/// Batch sync takes over; nothing newer is sent before it had its turn, for the order's sake.
void websocket_state::request_batch_fallback() {
  session->hand_back();
  if (!std::exchange(waiting_for_run, true))
    self->send(config.supervisor, batch_fallback_requested{});
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
      [self](wakeup) {
        self->state.rung = true;
        self->state.lease();
      },
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
        st.session.emplace(st.now()).own_node(st.node_id);
        st.arm();
      },
      [self](const link_text& incoming) { self->state.on_text(incoming.text); },
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
          return st.end({ec::transport, "the server sent no snapshot within 10 s",
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
        if (st.session && st.session->awaiting())
          st.wake_at(st.give_up_at);
        else
          st.finish_winding_down();
        return promise;
      },
  };
}

} // namespace spec_kitty
