#include "app/server/actors/answers.hpp"
#include "app/server/actors/sessions.hpp"
#include "app/server/core/encoding.hpp"
#include "app/server/core/password_hash.hpp"
#include "app/server/core/session_tokens.hpp"
#include "util/json.hpp"
#include "util/random.hpp"
#include "util/utf8.hpp"

#include <string.h>

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

namespace spec_kitty::server {

namespace {

constexpr epoch_us second_us = 1'000'000;
constexpr epoch_us address_known_for = 30LL * 24 * 3600 * second_us;
constexpr std::size_t max_ws_tokens = 50'000;
constexpr std::size_t max_ws_tokens_of_credential = 16;
constexpr std::size_t max_name_of_client = 120;

std::string random_bytes() {
  std::array<std::uint8_t, token_secret_bytes> bytes{};
  fill_random(bytes);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The body as a JSON object, or the reply that refuses it.
std::variant<json_document, listener::outbound_reply>
object_of(const listener::inbound_request& request) {
  if (media_type_of(request.header("content-type")) != "application/json")
    return refusal_reply(415, "content_type", "Content-Type must be application/json", request);
  if (!request.content_encoding.empty())
    return refusal_reply(415, "content_encoding", "this body must not be compressed", request);
  auto document = parse_json(request.body, json_keys::unique);
  if (!document || !document->IsObject())
    return refusal_reply(400, "invalid", "the body must be a JSON object", request);
  return std::move(*document);
}

listener::outbound_reply wrong_credentials(const listener::inbound_request& request) {
  return refusal_reply(401, "login_refused", "wrong username or password", request);
}

listener::outbound_reply session_over(const listener::inbound_request& request,
                                      std::string_view code) {
  return refusal_reply(401, code, "the session has ended: log in again", request);
}

listener::outbound_reply busy(const listener::inbound_request& request) {
  return later_reply(503, "busy", "too many logins are waiting: try again", 2, request);
}

/// Tokens of a session, for a caller that was just looked up.
listener::outbound_reply tokens_reply(const server_context& context, const caller& of,
                                      std::string refresh) {
  claims stated;
  stated.issuer = context.options.public_url;
  stated.subject = of.username;
  stated.team_slug = of.team_slug;
  stated.as = of.as;
  const session_rules& rules = context.options.sessions;
  stated.expires = context.wall_s() + rules.access_lifetime;
  stated.generation = of.generation;
  stated.session = to_string(of.credential);
  return secret_reply(to_json(token_body{make_access_token(stated, context.keys.get()->newest()),
                                         std::move(refresh), of.team_slug, of.as,
                                         rules.access_lifetime, rules.refresh_lifetime}));
}

store::change_note note_of(const server_context& context, const listener::inbound_request& request,
                           std::string actor) {
  return {std::move(actor), request.peer, context.wall(), {}};
}

} // namespace

void sessions_state::handle(const session_call& asked) {
  switch (asked.what) {
  case call::login:
    return log_in(asked.http);
  case call::refresh:
    return refresh(asked.http);
  case call::revoke:
    return revoke(asked);
  default:
    return hand_out_ws_token(asked);
  }
}

void sessions_state::log_in(const http_call& http) {
  const listener::inbound_request& request = *http.request;
  const auto body = object_of(request);
  if (const auto* refused = std::get_if<listener::outbound_reply>(&body)) {
    http.reply(*refused);
    return;
  }
  const auto& document = std::get<json_document>(body);
  auto attempt = std::make_shared<login_attempt>();
  const auto username = text_of(document, "username");
  const auto password = text_of(document, "password");
  if (!username || !password) {
    http.reply(refusal_reply(400, "invalid", "the body must hold username and password, both texts",
                             request));
    return;
  }
  attempt->http = http;
  attempt->username = username->substr(0, 256);
  attempt->password = password->substr(0, 4096);
  attempt->team_slug = text_of(document, "team_slug").value_or("");
  auto user = context->accounts().user_by_name(attempt->username);
  if (!user) {
    http.reply(store_refusal(user.error(), request));
    return;
  }
  attempt->user = std::move(*user);
  if (attempt->user) {
    const auto known = context->accounts().knows_address(attempt->user->id, request.peer,
                                                         context->wall() - address_known_for);
    attempt->known_address = known && *known;
  }
  if (refuse_guess(*attempt))
    return;
  if (waiting_logins.size() >= context->options.limits.password_checks) {
    http.reply(busy(request));
    return;
  }
  waiting_logins.push_back(std::move(attempt));
  check_next_password();
}

bool sessions_state::refuse_guess(const login_attempt& attempt) {
  const listener::inbound_request& request = *attempt.http.request;
  const auto wait =
      limits.wait(attempt.username, request.peer, attempt.known_address, context->steady());
  if (!wait)
    return false;
  context->metrics.logins_limited.add();
  attempt.http.reply(later_reply(429, "too_many_failures", "too many logins have failed: wait",
                                 static_cast<unsigned>(*wait / second_us + 1), request));
  return true;
}

void sessions_state::check_next_password() {
  while (!checking_password && !waiting_logins.empty()) {
    const auto attempt = waiting_logins.front();
    waiting_logins.pop_front();
    if (refuse_guess(*attempt))
      continue;
    checking_password = true;
    self->send(passwords, job{[attempt, handle = sessions_actor(self), this] {
                 const std::string hash = attempt->user ? attempt->user->password_hash : "";
                 const bool right = is_password_of(hash, attempt->password);
                 ::explicit_bzero(attempt->password.data(), attempt->password.size());
                 caf::anon_send(handle, session_job_done{[this, attempt, right] {
                                  checking_password = false;
                                  judge_password(attempt, right);
                                  check_next_password();
                                }});
               }});
  }
}

void sessions_state::judge_password(const std::shared_ptr<login_attempt>& attempt, bool right) {
  const listener::inbound_request& request = *attempt->http.request;
  if (!right || !attempt->user || attempt->user->disabled) {
    context->metrics.logins_failed.add();
    limits.failed(attempt->username, request.peer, attempt->known_address, context->steady());
    attempt->http.reply(wrong_credentials(request));
    return;
  }
  limits.succeeded(attempt->username, request.peer);
  const auto memberships = context->accounts().teams_of(attempt->user->id);
  if (!memberships) {
    attempt->http.reply(store_refusal(memberships.error(), request));
    return;
  }
  std::vector<store::team_info> teams;
  for (const store::membership& entry : *memberships) {
    const auto team = context->accounts().team_of(entry.team);
    if (team && *team && (attempt->team_slug.empty() || (*team)->slug == attempt->team_slug))
      teams.push_back(**team);
  }
  if (teams.empty()) {
    attempt->http.reply(wrong_team(request));
    return;
  }
  if (teams.size() > 1) {
    std::vector<std::string> slugs;
    slugs.reserve(teams.size());
    for (const store::team_info& team : teams)
      slugs.push_back(team.slug);
    std::sort(slugs.begin(), slugs.end());
    listener::outbound_reply reply = json_reply(team_required_body(slugs, request.id));
    reply.status = 409;
    attempt->http.reply(std::move(reply));
    return;
  }
  open_session(attempt, teams.front());
}

void sessions_state::open_session(const std::shared_ptr<login_attempt>& attempt,
                                  const store::team_info& team) {
  const listener::inbound_request& request = *attempt->http.request;
  store::session_family family;
  family.id = *parse_ulid(fresh_ulid(static_cast<std::uint64_t>(context->wall() / 1000)));
  family.account = attempt->user->id;
  family.team = team.id;
  family.created = context->wall();
  family.expires = context->wall() + context->options.sessions.refresh_lifetime * second_us;
  family.client = printable(request.header("user-agent"), max_name_of_client);
  family.address = request.peer;
  std::string refresh = make_refresh_token(to_string(family.id), random_bytes());
  family.current = sha256(refresh);
  const bool sent = run_on_ledger([this, context = context, attempt, family, refresh] {
    const auto opened = context->accounts().open_session(family);
    return std::function<void()>([this, context, attempt, family, refresh, opened] {
      const listener::inbound_request& asked = *attempt->http.request;
      if (!opened) {
        attempt->http.reply(store_refusal(opened.error(), asked));
        return;
      }
      const auto found = look_up(family.account, family.team, family.id, false);
      if (!found) {
        attempt->http.reply(found.error().code == ec::login_refused
                                ? wrong_credentials(asked)
                                : store_refusal(found.error(), asked));
        return;
      }
      context->metrics.logins.add();
      context->notes.note_caller(asked.id, (*found)->username, (*found)->team_slug);
      attempt->http.reply(tokens_reply(*context, **found, refresh));
    });
  });
  if (!sent)
    attempt->http.reply(busy(request));
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
  std::string next = make_refresh_token(*family, random_bytes());
  const bool sent =
      run_on_ledger([context = context, http, before = *before, next, hash = sha256(*shown)] {
        const auto turned = context->accounts().rotate(
            before->credential, hash, sha256(next),
            context->wall() + context->options.sessions.refresh_lifetime * second_us,
            note_of(*context, *http.request, before->username));
        return std::function<void()>([context, http, before, next, turned] {
          if (!turned) {
            http.reply(store_refusal(turned.error(), *http.request));
            return;
          }
          if (*turned != store::rotation::rotated) {
            const bool reused = *turned == store::rotation::reused;
            if (reused)
              context->metrics.sessions_reused.add();
            context->callers.forget_all();
            http.reply(session_over(*http.request, reused ? "session_reused" : "session_over"));
            return;
          }
          context->metrics.refreshes.add();
          context->notes.note_caller(http.request->id, before->username, before->team_slug);
          http.reply(tokens_reply(*context, *before, next));
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
  std::string token = make_ws_token(random_bytes());
  own.push_back(token);
  ws_tokens.emplace(token,
                    ws_entry{asked.caller, context->steady() + ws_token_lifetime_s * second_us});
  http.reply(secret_reply(single_text_body("ws_token", token)));
}

} // namespace spec_kitty::server
