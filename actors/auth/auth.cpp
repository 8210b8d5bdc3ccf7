#include "actors/auth/auth.hpp"

#include "actors/http/kept_offer.hpp"
#include "actors/http/offer_reply.hpp"
#include "messages/event.hpp"
#include "messages/protocol.hpp"
#include "messages/ulid.hpp"
#include "util/version.hpp"

#include <algorithm>

namespace spec_kitty {

namespace {

using namespace std::chrono_literals;

constexpr auto lock_poll = 20ms;
constexpr auto logout_patience = 1s;
constexpr std::chrono::milliseconds max_logout_request{10s};
constexpr auto grace = 5s; ///< on top of a request's own timeout, which always ends it first

access_token token_of(const credentials& session) {
  return {session.access, session.team_slug, session.username};
}

/// There is no session, or it is over.
failure login_needed(const std::optional<credentials>& session) {
  if (!session)
    return {ec::login_required, "not logged in", "run: spec-kitty auth login"};
  return session_over(*session);
}

/// The server refused a token that cannot be refreshed.
failure machine_token_refused(const credentials& session) {
  return {ec::login_required, "the server no longer accepts the token of " + session.username,
          "ask an administrator for a new one, then run: spec-kitty auth login --token-stdin"};
}

failure other_origin(const credentials& session, const server_url& server) {
  return {ec::login_required,
          "the session belongs to " +
              (session.server.empty() ? "no known server" : session.server) +
              ", but the server is " + server.origin() + ": the token is not sent to it",
          "run: spec-kitty auth login"};
}

} // namespace

auth_state::~auth_state() {
  answer_waiting(failure{ec::stopping, "stopped before the session was refreshed", {}});
  for (auto& [id, promise] : logins)
    refuse(promise, {ec::stopping, "stopped before the login was complete", {}});
  for (auto& promise : logouts)
    fulfil(promise, logout_done{true, false, "stopped before the server answered"});
}

http_request auth_state::post(std::string_view path, std::string body) const {
  http_request request;
  request.method = "POST";
  request.url = config.server.at(path);
  request.headers = {"Content-Type: application/json",
                     "User-Agent: spec-kitty/" + std::string(version), protocol::version_header};
  request.body = std::move(body);
  request.only_once = true; // a refresh token is
  request.ca_file = config.ca_file;
  request.timeout = config.timeout;
  return request;
}

http_request auth_state::get(std::string_view path, std::string_view access) const {
  http_request request = post(path, {});
  request.method = "GET";
  request.headers = {"Authorization: Bearer " + std::string(access),
                     "User-Agent: spec-kitty/" + std::string(version), protocol::version_header};
  return request;
}

void auth_state::ask(const std::string& failed, caf::typed_response_promise<access_token> promise) {
  const auto session = read_credentials(config.home);
  if (!session)
    return refuse(promise, session.error());
  switch (next_token_step(*session, config.server.origin(), failed, now_s())) {
  case token_step::use:
    return fulfil(promise, token_of(**session));
  case token_step::log_in:
    return refuse(promise, *session && (*session)->is_machine_token()
                               ? machine_token_refused(**session)
                               : login_needed(*session));
  case token_step::wrong_home:
    return refuse(promise, other_origin(**session, config.server));
  case token_step::refresh:
    break;
  }
  waiting.push_back(std::move(promise));
  if (waiting.size() > 1)
    return; // a refresh is under way
  failed_access = (*session)->access;
  lock_wait = 0ms;
  learn_offer(**session);
}

void auth_state::learn_offer(const credentials& session) {
  const auto kept = read_kept_offer(config.home, config.server.origin());
  offered = kept.offer;
  if (kept.ask_again_at > 0 || is_ulid(session.refresh_key))
    return try_refresh();
  self->request(config.http, config.timeout + grace,
                offer_question(config.server, config.ca_file, config.timeout))
      .then(
          [this, kept](const http_reply& reply) {
            const auto now_kept = after_reply(kept, reply, config.now());
            offered = now_kept.offer; // also where another process is writing the file
            keep_offer(config.home, now_kept);
            try_refresh();
          },
          [this](const caf::error&) { try_refresh(); });
}

void auth_state::try_refresh() {
  auto lock = file_lock::take(config.home / "refresh.lock", 0ms);
  if (!lock)
    return answer_waiting(lock.error());
  if (!*lock) {
    if ((lock_wait += lock_poll) > config.timeout)
      return answer_waiting(failure{
          ec::transport, "another process has not finished refreshing the session", "try again"});
    self->delayed_send(self, lock_poll, refresh_tick{});
    return;
  }
  refresh_lock = std::move(*lock);
  // Another process may have refreshed, logged in or out while we waited.
  const auto session = read_credentials(config.home);
  if (!session)
    return answer_waiting(session.error());
  switch (next_token_step(*session, config.server.origin(), failed_access, now_s())) {
  case token_step::use:
    return answer_waiting(**session);
  case token_step::log_in:
    return answer_waiting(login_needed(*session));
  case token_step::wrong_home:
    return answer_waiting(other_origin(**session, config.server));
  case token_step::refresh:
    return send_refresh(**session);
  }
}

result<std::optional<credentials>> auth_state::keep_refresh_key(const credentials& session) const {
  if (is_ulid(session.refresh_key)) // of a try whose reply was lost
    return std::optional(session);
  if (!offered.offers(protocol::idempotent_refresh))
    return std::optional(session);
  credentials keyed = session;
  keyed.refresh_key = fresh_ulid(static_cast<std::uint64_t>(config.now() / 1000));
  const auto held = update_credentials(
      config.home, [&](const std::optional<credentials>& now) -> std::optional<credentials> {
        return now == session ? keyed : now;
      });
  if (!held)
    return held.error();
  return *held == keyed ? std::optional(keyed) : std::nullopt;
}

void auth_state::send_refresh(const credentials& found) {
  const auto keyed = keep_refresh_key(found);
  if (!keyed)
    return answer_waiting(keyed.error());
  if (!*keyed) { // a login or logout came in between: look again
    refresh_lock.reset();
    self->delayed_send(self, lock_poll, refresh_tick{});
    return;
  }
  const credentials& session = **keyed;
  http_request request = post(protocol::refresh_path, refresh_body(session.refresh));
  if (is_ulid(session.refresh_key))
    request.headers.push_back("Idempotency-Key: " + session.refresh_key);
  self->request(config.http, config.timeout + grace, std::move(request))
      .then([this, session](const http_reply& reply) { finish_refresh(reply, session); },
            [this](const caf::error& error) { answer_waiting(to_failure(error)); });
}

void auth_state::finish_refresh(const http_reply& reply, const credentials& before) {
  const auto fresh = read_refresh_reply(reply, before, now_s());
  if (!fresh && fresh.error().code != ec::login_required)
    return answer_waiting(fresh.error()); // nothing is known about the session: it stays
  // What was refused, or replaced, is what we sent. Whatever else the file holds by now is newer.
  const auto now_held = update_credentials(
      config.home, [&](const std::optional<credentials>& held) -> std::optional<credentials> {
        if (!held || held->refresh != before.refresh)
          return held;
        return fresh ? std::optional(*fresh) : std::nullopt;
      });
  if (!now_held)
    return answer_waiting(now_held.error());
  if (*now_held && (*now_held)->server == config.server.origin())
    return answer_waiting(**now_held);
  answer_waiting(fresh ? result<credentials>(login_needed({})) : fresh);
}

void auth_state::answer_waiting(const result<credentials>& outcome) {
  refresh_lock.reset();
  auto answered = std::move(waiting);
  waiting.clear();
  for (auto& promise : answered) {
    if (outcome)
      fulfil(promise, token_of(*outcome));
    else
      refuse(promise, outcome.error());
  }
}

void auth_state::answer_login(std::uint64_t id, result<login_done> outcome) {
  auto node = logins.extract(id);
  if (!node.empty())
    deliver(node.mapped(), std::move(outcome));
}

void auth_state::finish_login(std::uint64_t id, const login_request& asked,
                              const http_reply& reply) {
  const auto fresh = read_login_reply(reply, asked.username, config.server.origin(), now_s());
  if (!fresh)
    return answer_login(id, fresh.error());
  keep_session(id, asked, *fresh);
}

void auth_state::check_machine_token(std::uint64_t id, const login_request& asked) {
  const std::string& token = asked.machine_token;
  // A text that is not a token could break the header, and goes nowhere.
  const auto usable = read_machine_token_reply(
      {http_outcome::answered, 200, "application/json", {}, {}, "{}", {}, 0}, token,
      config.server.origin(), now_s());
  if (!usable)
    return answer_login(id, usable.error());
  const auto failed = [this, id](const caf::error& error) { answer_login(id, to_failure(error)); };
  self->request(config.http, config.timeout + grace, get(protocol::clock_path, token))
      .then(
          [this, id, asked, failed](const http_reply& reply) {
            auto fresh = read_machine_token_reply(reply, asked.machine_token,
                                                  config.server.origin(), now_s());
            if (!fresh)
              return answer_login(id, fresh.error());
            fresh->team_slug = asked.team;
            self->request(config.http, config.timeout + grace,
                          get(protocol::offer_path, asked.machine_token))
                .then(
                    [this, id, asked, session = *fresh](const http_reply& offer) mutable {
                      read_account(offer, session);
                      keep_session(id, asked, session);
                    },
                    failed);
          },
          failed);
}

void auth_state::keep_session(std::uint64_t id, const login_request& asked,
                              const credentials& fresh) {
  if (!asked.team.empty() && !fresh.team_slug.empty() && fresh.team_slug != asked.team)
    return answer_login(
        id, failure{ec::login_refused,
                    "the session is for the team " + fresh.team_slug + ", not " + asked.team,
                    "leave --team out, or name a team of this account"});
  const auto written =
      update_credentials(config.home, [&](const auto&) { return std::optional(fresh); });
  if (!written)
    return answer_login(id, written.error());
  login_done outcome{fresh.username, fresh.team_slug, fresh.role, 0, 0, {}};
  if (fresh.team_slug.empty())
    return answer_login(id, std::move(outcome));
  self->request(config.queue, grace + config.timeout,
                adopt_request{fresh.server, fresh.username, fresh.team_slug, asked.adopt_local})
      .then(
          [this, id, outcome](adoption& done) mutable {
            outcome.adopted = done.adopted;
            outcome.left_local = done.left;
            outcome.projects = std::move(done.projects);
            answer_login(id, std::move(outcome));
          },
          [this, id](const caf::error& error) { answer_login(id, to_failure(error)); });
}

void auth_state::log_out(caf::typed_response_promise<logout_done> promise) {
  // The process that holds the refresh lock is using the refresh token, which is used at most once.
  // This AUTH itself may be the one, and can only go on when it does not wait for itself.
  auto lock = file_lock::take(config.home / "refresh.lock", refresh_lock ? 0ms : logout_patience);
  std::optional<credentials> session;
  const auto cleared = update_credentials(config.home, [&](const auto& held) {
    session = held;
    return std::optional<credentials>{};
  });
  if (!cleared)
    return refuse(std::move(promise), cleared.error());
  logout_done done{session.has_value(), false, {}};
  if (session && session->server != config.server.origin())
    done.not_revoked = "the session belongs to " + session->server;
  else if (session && (!lock || !*lock))
    done.not_revoked = "another process was refreshing the session";
  else if (session && session->is_machine_token())
    done.not_revoked = "a token for machines is valid until an administrator revokes it";
  if (!session || !done.not_revoked.empty())
    return fulfil(std::move(promise), std::move(done));
  refresh_lock = std::move(*lock);
  logouts.push_back(std::move(promise));
  http_request request = post(protocol::revoke_path, refresh_body(session->refresh));
  request.headers.push_back("Authorization: Bearer " + session->access);
  request.timeout = std::min(config.timeout, max_logout_request);
  self->request(config.http, request.timeout + grace, std::move(request))
      .then(
          [this, ended = *session](const http_reply& reply) {
            const auto revoked = read_revoke_reply(reply);
            revoked ? answer_logouts(*revoked) : use_up(ended);
          },
          [this](const caf::error& error) { answer_logouts(to_failure(error)); });
}

void auth_state::use_up(const credentials& session) {
  http_request request = post(protocol::refresh_path, refresh_body(session.refresh));
  request.timeout = std::min(config.timeout, max_logout_request);
  self->request(config.http, request.timeout + grace, std::move(request))
      .then([this](const http_reply& reply) { answer_logouts(read_revocation(reply)); },
            [this](const caf::error& error) { answer_logouts(to_failure(error)); });
}

void auth_state::answer_logouts(const result<void>& revoked) {
  refresh_lock.reset();
  for (auto& waiting_logout : std::exchange(logouts, {}))
    fulfil(waiting_logout, logout_done{true, revoked.ok(), revoked ? "" : revoked.error().message});
}

auth_actor::behavior_type auth(auth_actor::stateful_pointer<auth_state> self, auth_config config) {
  install_handlers(self);
  auto& state = self->state;
  state.config = std::move(config);
  state.self = self;
  return {
      [self](const login_request& asked) {
        auto& st = self->state;
        auto promise = self->make_response_promise<login_done>();
        const std::uint64_t id = ++st.last_login;
        st.logins.emplace(id, promise);
        if (!asked.device.code.empty()) {
          st.begin_device_login(id, asked);
          return promise;
        }
        if (!asked.machine_token.empty()) {
          st.check_machine_token(id, asked);
          return promise;
        }
        self->request(st.config.http, st.config.timeout + grace,
                      st.post(protocol::token_path,
                              login_body(asked.username, asked.password, asked.team)))
            .then([self, id,
                   asked](const http_reply& reply) { self->state.finish_login(id, asked, reply); },
                  [self, id](const caf::error& error) {
                    self->state.answer_login(id, to_failure(error));
                  });
        return promise;
      },
      [self](logout_request) {
        auto promise = self->make_response_promise<logout_done>();
        self->state.log_out(promise);
        return promise;
      },
      [self](const token_request& request) {
        auto promise = self->make_response_promise<access_token>();
        self->state.ask(request.failed_access, promise);
        return promise;
      },
      [self](refresh_tick) { self->state.try_refresh(); },
      [self](const device_tick& tick) { self->state.ask_device_login(tick.login); },
  };
}

} // namespace spec_kitty
