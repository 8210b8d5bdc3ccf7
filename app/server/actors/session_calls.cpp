// Sessions of programs: renewed, ended, and their tokens for WebSockets.
#include "app/server/actors/answers.hpp"
#include "app/server/actors/session_replies.hpp"
#include "app/server/actors/sessions.hpp"
#include "app/server/core/encoding.hpp"
#include "app/server/core/sealing.hpp"
#include "app/server/core/session_tokens.hpp"

#include <utility>
#include <variant>

namespace spec_kitty::server {

namespace {

constexpr std::size_t max_ws_tokens = 50'000;
constexpr std::size_t max_ws_tokens_of_credential = 16;

} // namespace

void sessions_state::handle(const session_call& asked) {
  switch (asked.what) {
  case call::login:
    return log_in(asked.http);
  case call::refresh:
    return refresh(asked.http);
  case call::revoke:
    return revoke(asked);
  case call::device_code:
    return begin_device_login(asked.http);
  case call::device_token:
    return ask_device_login(asked.http);
  default:
    return hand_out_ws_token(asked);
  }
}

void sessions_state::refresh(const http_call& http) {
  const auto body = object_of(*http.request);
  if (const auto* refused = std::get_if<listener::outbound_reply>(&body)) {
    http.reply(*refused);
    return;
  }
  const auto shown = text_of(std::get<json_document>(body), "refresh");
  const auto family = shown ? family_of(*shown) : std::nullopt;
  const auto id = family ? parse_ulid(*family) : std::nullopt;
  if (!id) {
    http.reply(
        shown ? session_over(*http.request, "session_over")
              : refusal_reply(400, "invalid", "the body must hold refresh, a text", *http.request));
    return;
  }
  const auto session = context->accounts().session(*id);
  if (!session || !*session) {
    http.reply(session ? session_over(*http.request, "session_over")
                       : store_refusal(session.error(), *http.request));
    return;
  }
  // An account that is disabled, or a member that was removed, uses no token up.
  const auto before = look_up((*session)->account, (*session)->team, *id, false);
  if (!before) {
    http.reply(before.error().code == ec::login_refused
                   ? session_over(*http.request, "session_over")
                   : store_refusal(before.error(), *http.request));
    return;
  }
  if (!context->options.sessions.rotate) {
    http.reply((*session)->current == sha256(*shown) ? tokens_reply(*context, **before, {})
                                                     : session_over(*http.request, "session_over"));
    return;
  }
  rotate(http, *before, *shown);
}

void sessions_state::rotate(const http_call& http, const caller_ptr& before,
                            const std::string& shown) {
  const std::string family = to_string(before->credential);
  const std::string_view key = http.request->header("idempotency-key");
  if (!key.empty() && !is_idempotency_key(key)) {
    http.reply(refusal_reply(400, "invalid", "Idempotency-Key must be 16 to 64 letters and digits",
                             *http.request));
    return;
  }
  std::string next = make_refresh_token(family, random_secret());
  store::refresh_attempt attempt{before->credential,
                                 sha256(shown),
                                 sha256(next),
                                 context->wall() +
                                     context->options.sessions.refresh_lifetime * second_us,
                                 {},
                                 {}};
  std::optional<seal> sealed_for;
  if (!key.empty()) {
    sealed_for = seal::of_refresh(shown, key);
    attempt.repeat = sealed_for->mark();
    attempt.sealed = sealed_for->close(next, family);
  }
  const bool sent =
      run_on_ledger([context = context, http, before, next, attempt, sealed_for, family] {
        const auto turned =
            context->accounts().rotate(attempt, note_of(*context, *http.request, before->username));
        return std::function<void()>([context, http, before, next, turned, sealed_for, family] {
          if (!turned) {
            http.reply(store_refusal(turned.error(), *http.request));
            return;
          }
          const bool repeated = turned->what == store::rotation::repeated;
          const auto first = repeated ? sealed_for->open(turned->sealed, family) : std::nullopt;
          if (turned->what == store::rotation::rotated || first) {
            context->metrics.refreshes.add();
            context->notes.note_caller(http.request->id, before->username, before->team_slug);
            http.reply(tokens_reply(*context, *before, first.value_or(next)));
            return;
          }
          const bool reused = turned->what == store::rotation::reused;
          if (reused)
            context->metrics.sessions_reused.add();
          context->callers.forget_all();
          http.reply(session_over(*http.request, reused ? "session_reused" : "session_over"));
        });
      });
  if (!sent)
    http.reply(busy(*http.request));
}

void sessions_state::revoke(const session_call& asked) {
  const http_call& http = asked.http;
  const auto body = object_of(*http.request);
  if (const auto* refused = std::get_if<listener::outbound_reply>(&body)) {
    http.reply(*refused);
    return;
  }
  const auto shown = text_of(std::get<json_document>(body), "refresh");
  const auto family = shown ? family_of(*shown) : std::nullopt;
  std::optional<ulid> ended = family ? parse_ulid(*family) : std::nullopt;
  std::string actor = asked.caller ? asked.caller->username : "session";
  if (ended) {
    // The token itself must have been the family's: its name alone ends nothing.
    const auto session = context->accounts().session(*ended);
    const auto hash = sha256(*shown);
    if (!session || !*session || ((*session)->current != hash && (*session)->previous != hash))
      ended.reset();
  }
  if (!ended && asked.caller && asked.caller->as != role::machine)
    ended = asked.caller->credential;
  if (!ended) {
    http.reply(json_reply("{}"));
    return;
  }
  const bool sent = run_on_ledger([context = context, http, id = *ended, actor] {
    const auto done = context->accounts().end_session(id, note_of(*context, *http.request, actor));
    return std::function<void()>([context, http, done] {
      context->callers.forget_all();
      http.reply(done || done.error().code == ec::not_found
                     ? json_reply("{}")
                     : store_refusal(done.error(), *http.request));
    });
  });
  if (!sent)
    http.reply(busy(*http.request));
}

void sessions_state::hand_out_ws_token(const session_call& asked) {
  const http_call& http = asked.http;
  if (!asked.caller || ws_tokens.size() >= max_ws_tokens) {
    http.reply(
        later_reply(503, "busy", "too many tokens are unused: try again", 30, *http.request));
    return;
  }
  auto& own = ws_tokens_of[asked.caller->credential];
  if (own.size() >= max_ws_tokens_of_credential) {
    ws_tokens.erase(own.front());
    own.pop_front();
  }
  std::string token = make_ws_token(random_secret());
  own.push_back(token);
  ws_tokens.emplace(token,
                    ws_entry{asked.caller, context->steady() + ws_token_lifetime_s * second_us});
  http.reply(secret_reply(single_text_body("ws_token", token)));
}

} // namespace spec_kitty::server
