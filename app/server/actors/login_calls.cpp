// Logins by name and password: judged one at a time, for programs and the login page.
#include "app/server/actors/answers.hpp"
#include "app/server/actors/session_replies.hpp"
#include "app/server/actors/sessions.hpp"
#include "app/server/core/encoding.hpp"
#include "app/server/core/password_hash.hpp"
#include "app/server/core/session_tokens.hpp"

#include <string.h>

#include <algorithm>
#include <utility>
#include <variant>

namespace spec_kitty::server {

namespace {

constexpr epoch_us address_known_for = 30LL * 24 * 3600 * second_us;

/// The reply to a password that was not right, or not looked at.
listener::outbound_reply refusal_of(const password_verdict& verdict,
                                    const listener::inbound_request& request) {
  switch (verdict.found) {
  case password_verdict::what::limited:
    return later_reply(429, "too_many_failures", "too many logins have failed: wait",
                       verdict.wait_s, request);
  case password_verdict::what::busy:
    return busy(request);
  case password_verdict::what::trouble:
    return store_refusal(verdict.why, request);
  default:
    return wrong_credentials(request);
  }
}

} // namespace

void sessions_state::log_in(const http_call& http) {
  const listener::inbound_request& request = *http.request;
  const auto body = object_of(request);
  if (const auto* refused = std::get_if<listener::outbound_reply>(&body)) {
    http.reply(*refused);
    return;
  }
  const auto& document = std::get<json_document>(body);
  const auto username = text_of(document, "username");
  const auto password = text_of(document, "password");
  if (!username || !password) {
    http.reply(refusal_reply(400, "invalid", "the body must hold username and password, both texts",
                             request));
    return;
  }
  judge_password({username->substr(0, 256), password->substr(0, 4096), request.peer},
                 [this, http, team = text_of(document, "team_slug").value_or("")](
                     const password_verdict& verdict) {
                   if (verdict.found == password_verdict::what::right)
                     choose_team(http, *verdict.user, team);
                   else
                     http.reply(refusal_of(verdict, *http.request));
                 });
}

void sessions_state::judge_password(password_question asked,
                                    std::function<void(password_verdict)> done) {
  using what = password_verdict::what;
  auto attempt = std::make_shared<login_attempt>();
  attempt->asked = std::move(asked);
  attempt->done = std::move(done);
  auto user = context->accounts().user_by_name(attempt->asked.username);
  if (!user)
    return attempt->done({what::trouble, 0, user.error()});
  attempt->user = std::move(*user);
  if (attempt->user) {
    const auto known = context->accounts().knows_address(attempt->user->id, attempt->asked.peer,
                                                         context->wall() - address_known_for);
    attempt->known_address = known && *known;
  }
  if (refuse_guess(*attempt))
    return;
  if (waiting_logins.size() >= context->options.limits.password_checks)
    return attempt->done({what::busy});
  waiting_logins.push_back(std::move(attempt));
  check_next_password();
}

bool sessions_state::refuse_guess(const login_attempt& attempt) {
  const auto wait = limits.wait(attempt.asked.username, attempt.asked.peer, attempt.known_address,
                                context->steady());
  if (!wait)
    return false;
  context->metrics.logins_limited.add();
  attempt.done({password_verdict::what::limited, static_cast<unsigned>(*wait / second_us + 1)});
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
                 std::string& password = attempt->asked.password;
                 const bool right = is_password_of(hash, password);
                 ::explicit_bzero(password.data(), password.size());
                 caf::anon_send(handle, session_job_done{[this, attempt, right] {
                                  checking_password = false;
                                  note_password(*attempt, right);
                                  check_next_password();
                                }});
               }});
  }
}

void sessions_state::note_password(const login_attempt& attempt, bool right) {
  const auto& [username, password, peer] = attempt.asked;
  if (!right || !attempt.user || attempt.user->disabled) {
    context->metrics.logins_failed.add();
    limits.failed(username, peer, attempt.known_address, context->steady());
    return attempt.done({password_verdict::what::wrong});
  }
  limits.succeeded(username, peer);
  attempt.done({password_verdict::what::right, 0, {}, attempt.user});
}

void sessions_state::choose_team(const http_call& http, const store::user_info& user,
                                 const std::string& team_slug) {
  const listener::inbound_request& request = *http.request;
  const auto memberships = context->accounts().teams_of(user.id);
  if (!memberships) {
    http.reply(store_refusal(memberships.error(), request));
    return;
  }
  std::vector<store::team_info> teams;
  for (const store::membership& entry : *memberships) {
    const auto team = context->accounts().team_of(entry.team);
    if (team && *team && (team_slug.empty() || (*team)->slug == team_slug))
      teams.push_back(**team);
  }
  if (teams.empty()) {
    http.reply(wrong_team(request));
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
    http.reply(std::move(reply));
    return;
  }
  open_session(http, user.id, teams.front().id);
}

void sessions_state::open_session(const http_call& http, store::account_id account,
                                  store::team_id team) {
  auto family = new_family(*context, *http.request, account, team);
  std::string refresh = make_refresh_token(to_string(family.id), random_secret());
  family.current = sha256(refresh);
  const bool sent = run_on_ledger([this, context = context, http, family, refresh] {
    const auto opened = context->accounts().open_session(family);
    return std::function<void()>([this, context, http, family, refresh, opened] {
      const listener::inbound_request& asked = *http.request;
      if (!opened) {
        http.reply(store_refusal(opened.error(), asked));
        return;
      }
      const auto found = look_up(family.account, family.team, family.id, false);
      if (!found) {
        http.reply(found.error().code == ec::login_refused ? wrong_credentials(asked)
                                                           : store_refusal(found.error(), asked));
        return;
      }
      context->metrics.logins.add();
      context->notes.note_caller(asked.id, (*found)->username, (*found)->team_slug);
      http.reply(tokens_reply(*context, **found, refresh));
    });
  });
  if (!sent)
    http.reply(busy(*http.request));
}

} // namespace spec_kitty::server
