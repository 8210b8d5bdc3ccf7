#include "actors/websocket/websocket.hpp"

#include "actors/auth/tokens.hpp"
#include "actors/websocket/handshake.hpp"
#include "config/version.hpp"
#include "messages/protocol.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace spec_kitty {

namespace {

using namespace std::chrono_literals;

constexpr auto grace = 5s;
constexpr auto local_patience = 10min; ///< one transaction, whose own wait is bounded
/// How much goes out before it is answered.
constexpr std::size_t window_events = 64;
constexpr std::size_t window_bytes = std::size_t{64} << 10;
/// Longer than any wait for an answer; a lease whose owner is stopped is taken over after it.
constexpr auto lease_time = 3 * answer_patience;
constexpr auto settle_again = 1s;
constexpr auto lease_again = 5s;   ///< after the store could not be used
constexpr auto busy_again = 100ms; ///< while another drainer holds the lease
/// How long winding down waits for answers that are on their way.
constexpr auto last_answers = 2s;

} // namespace

websocket_state::~websocket_state() {
  link.reset(); // its thread ends before the handle it posts to goes
  if (auto last = session ? session->last_words(config.max_retries) : std::nullopt)
    caf::anon_send(config.queue, std::move(*last));
  if (winding_down)
    winding_down->deliver(wound_down{});
}

// ── Until the upgrade ────────────────────────────────────────────────────────────────────────────

void websocket_state::ask_token(const std::string& failed_access) {
  self->request(config.auth, 3 * config.timeout + grace, token_request{failed_access})
      .then(
          [this](access_token& fresh) {
            token = std::move(fresh);
            if (token.team_slug.empty())
              return end({ec::login_required,
                          "the server has not said which team this account is in",
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
    return refused_token(read.error());
  end(read.error());
}

void websocket_state::refused_token(const failure& why) {
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
  if (over)
    return;
  link.reset();
  if (how.how == link_end::refused && how.http_status == 401)
    return refused_token({ec::login_required, "the server does not accept the WebSocket's token",
                          "run: spec-kitty auth login"});
  end(link_failure(how));
}

// ── What the server says ─────────────────────────────────────────────────────────────────────────

void websocket_state::hear(const std::string& text) {
  if (!session || !link || over)
    return; // of a connection that is over
  link->taken(text.size());
  auto heard = session->on_text(text);
  if (heard.connected)
    self->send(config.supervisor, link_up{token.username, token.team_slug});
  if (!heard.reply.empty())
    link->send(std::move(heard.reply));
  if (heard.refused)
    self->send(config.supervisor, telling{std::move(*heard.refused)});
  if (!heard.received.empty())
    self->send(config.supervisor, telling{event_received{std::move(heard.received)}});
  if (!heard.warning.empty())
    self->send(config.supervisor, telling{remark{std::move(heard.warning)}});
  if (heard.remote_clock) {
    clock_to_merge = std::max(clock_to_merge, *heard.remote_clock);
    self->send(config.supervisor, clock_heard{*heard.remote_clock});
    merge_clock();
  }
  if (heard.end)
    return end(*heard.end);
  if (heard.needs_run)
    hand_over();
  settle(); // and then the next lease
}

/// One merge at a time: of what comes meanwhile, the highest value counts.
void websocket_state::merge_clock() {
  if (merging || clock_to_merge == 0)
    return;
  merging = true;
  self->request(config.clock, local_patience, clock_received{std::exchange(clock_to_merge, 0)})
      .then(
          [this](clock_value) {
            merging = false;
            merge_clock();
          },
          [this](const caf::error& error) {
            merging = false;
            self->send(config.supervisor, telling{remark{to_failure(error).message}});
            merge_clock();
          });
}

// ── What is sent ─────────────────────────────────────────────────────────────────────────────────

void websocket_state::lease() {
  roused_meanwhile = roused_meanwhile || leasing;
  if (over || leasing || waiting_for_run || winding_down || !link || !session ||
      !session->may_lease() || link->unsent() > 0)
    return;
  leasing = true;
  roused_meanwhile = false;
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
                return self->quit(to_error(why_over));
              self->delayed_send(self, lease_again, roused{rouse::events});
              self->send(config.supervisor, telling{remark{to_failure(error).message}});
            });
}

void websocket_state::send(const lease_grant& grant) {
  leasing = false;
  if (grant.events.empty() && over)
    return self->quit(to_error(why_over));
  if (grant.events.empty()) {
    // Another drainer holds the team's lease: what it leaves is sent after it.
    if (grant.busy_until != 0)
      self->delayed_send(self, busy_again, roused{rouse::events});
    else if (roused_meanwhile)
      lease();
    return;
  }
  if (session)
    session->on_lease(grant, now());
  if (over || winding_down || !session || !link) { // it goes back with the last words
    if (!session)
      session.emplace(now()).on_lease(grant, now());
    session->hand_back();
    return over ? self->quit(to_error(why_over)) : finish_winding_down();
  }
  last_leased = grant.events.back().seq;
  for (const auto& event : grant.events)
    link->send(in_envelope(config.envelope, event.json));
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
              self->send(config.supervisor, telling{event_sent{std::move(id)}});
            settle();
            lease();
            finish_winding_down();
          },
          [this](const caf::error& error) {
            if (!session)
              return;
            session->on_settle_failed();
            self->send(config.supervisor, telling{remark{to_failure(error).message}});
            wake_at(now() + settle_again);
          });
}

/// Batch sync takes over; nothing newer is sent before it had its turn, for the order's sake.
void websocket_state::hand_over() {
  session->hand_back();
  if (!std::exchange(waiting_for_run, true))
    self->send(config.supervisor, handed_back{});
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
  if (const auto deadline = session ? session->deadline() : std::nullopt)
    wake_at(*deadline);
}

void websocket_state::finish_winding_down() {
  if (!winding_down || over)
    return;
  if (session && session->awaiting() && now() < give_up_at)
    return;
  end({ec::stopping, "the program ends", {}});
}

void websocket_state::end(const failure& why) {
  if (std::exchange(over, true))
    return;
  why_over = why;
  if (link && winding_down)
    link->close();
  if (!leasing) // else when QUEUE has answered, so that the lease can go back
    self->quit(to_error(why));
}

websocket_actor::behavior_type websocket(websocket_actor::stateful_pointer<websocket_state> self,
                                         websocket_config config) {
  install_handlers(self);
  auto& state = self->state;
  state.config = std::move(config);
  state.self = self;
  state.ask_token({});
  return {
      [self](roused) { self->state.lease(); },
      [self](run_over run) {
        auto& st = self->state;
        st.waiting_for_run = false;
        if (run.reached)
          st.lease_after = st.last_leased;
        st.lease();
      },
      [self](link_opened) {
        self->state.session.emplace(self->state.now());
        self->state.arm();
      },
      [self](const link_text& said) { self->state.hear(said.text); },
      [self](link_drained) { self->state.lease(); },
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
        if (st.session->overdue(st.now()))
          st.hand_over();
        st.settle();
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
