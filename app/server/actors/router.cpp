#include "app/server/actors/router.hpp"

#include "app/server/actors/answers.hpp"
#include "app/server/actors/head_check.hpp"
#include "app/server/actors/worker.hpp"
#include "app/server/core/password_hash.hpp"
#include "app/server/core/session_tokens.hpp"
#include "app/server/pages/pages.hpp"
#include "messages/event.hpp"
#include "util/version.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace spec_kitty::server {

namespace {

constexpr auto sessions_patience = std::chrono::seconds(10);
constexpr epoch_us max_time_step_back = 5LL * 60 * 1'000'000;

listener::outbound_reply unavailable(const listener::inbound_request& request) {
  return later_reply(503, "unavailable", "the server cannot answer now: try again", 2, request);
}

/// The reply to a token that was not found, or could not be looked up.
listener::outbound_reply identify_refusal(const failure& why,
                                          const listener::inbound_request& request) {
  if (why.code == ec::login_refused)
    return not_logged_in(request);
  return why.code == ec::transport || why.code == ec::stopping || why.code == ec::internal
             ? unavailable(request)
             : store_refusal(why, request);
}

std::string bearer_in(const listener::inbound_request& request) {
  return request.count("authorization") == 1
             ? std::string(bearer_of(request.header("authorization")))
             : std::string();
}

/// The pages know nothing of actors.
page_environment environment_of(const context_ptr& context, const worker_actor& page_thread) {
  page_environment around;
  around.accounts = &context->accounts();
  around.now = [context] { return context->wall(); };
  around.steady = [context] { return context->steady(); };
  around.public_url = [context] { return context->url.get(); };
  around.max_members = context->options.limits.team.members;
  around.hash_password = [](const std::string& password) { return hash_password(password); };
  around.look_up_callers = [context] { context->callers.forget_all(); };
  around.judge_password = [context,
                           page_thread](password_question question,
                                        const std::function<void(password_verdict)>& done) {
    const auto asks = context->sessions.get();
    if (!asks)
      return done({password_verdict::what::busy});
    caf::anon_send(asks, password_call{std::make_shared<password_question>(std::move(question)),
                                       [page_thread, done](const password_verdict& found) {
                                         caf::anon_send(page_thread,
                                                        job{[done, found] { done(found); }});
                                       }});
  };
  return around;
}

} // namespace

void router_state::handle(const http_call& asked) {
  const listener::inbound_request& request = *asked.request;
  if (pages::is_for(request))
    return show_page(asked);
  if (auto refused = refuse_head(*context, request)) {
    asked.reply(std::move(*refused));
    return;
  }
  answer(asked, *route_of(request.path));
}

void router_state::answer(const http_call& asked, const route& to) {
  switch (to.what) {
  case call::offer:
    return offer(asked);
  case call::login:
  case call::refresh:
  case call::device_code:
  case call::device_token:
    return send_to_sessions(to.what, asked, nullptr);
  case call::revoke:
    return revoke(asked);
  case call::health:
    asked.reply(json_reply(R"({"healthy":true})"));
    return;
  case call::readiness:
    return show_readiness(asked);
  case call::metrics: {
    listener::outbound_reply reply = json_reply(metrics_of(*context));
    reply.content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    asked.reply(std::move(reply));
    return;
  }
  case call::board:
  case call::board_stream:
    return show_board(asked);
  default:
    return with_caller(asked,
                       [this, asked, &to](const caller_ptr& of) { answer_as(asked, to, of); });
  }
}

void router_state::with_caller(const http_call& asked,
                               std::function<void(const caller_ptr&)> then) {
  const std::string bearer = bearer_in(*asked.request);
  if (bearer.empty()) {
    asked.reply(not_logged_in(*asked.request));
    return;
  }
  if (const auto known = context->callers.find(bearer, context->steady()))
    return then(known);
  const auto asks = context->sessions.get();
  if (!asks) {
    asked.reply(unavailable(*asked.request));
    return;
  }
  self->request(asks, sessions_patience, identify{bearer})
      .then([then = std::move(then)](const caller_ptr& of) { then(of); },
            [asked](const caf::error& error) {
              asked.reply(identify_refusal(to_failure(error), *asked.request));
            });
}

std::optional<listener::outbound_reply>
router_state::judge(const caller& of, action wanted, const listener::inbound_request& request) {
  const std::string_view team = request.header("x-team-slug");
  const bool own_team = team.empty() || team == local_team || team == of.team_slug;
  switch (judge_permission(of.as, wanted, own_team)) {
  case permission::wrong_team:
    context->metrics.refused_permission.add();
    return wrong_team(request);
  case permission::wrong_role:
    context->metrics.refused_permission.add();
    return wrong_role(request);
  case permission::granted:
    break;
  }
  return rates->take(of.account, request);
}

void router_state::answer_as(const http_call& asked, const route& to, const caller_ptr& of) {
  context->notes.note_caller(asked.request->id, of->username, of->team_slug);
  if (auto refused = judge(*of, to.needs.value_or(action::end_session), *asked.request)) {
    asked.reply(std::move(*refused));
    return;
  }
  switch (to.what) {
  case call::batch:
    return take_batch(asked, of);
  case call::clock:
    return read_clock(asked, of);
  case call::events:
    return read_events(asked, of);
  case call::ws_token:
    return send_to_sessions(to.what, asked, of);
  default:
    asked.reply(refusal_reply(426, "upgrade", "this path is for WebSockets", *asked.request));
  }
}

void router_state::offer(const http_call& asked) {
  const auto answer_for = [this, asked](const std::optional<account_view>& account) {
    asked.reply(json_reply(
        offer_body(version, format_timestamp(context->wall()), context->options.limits, account)));
  };
  const std::string bearer = bearer_in(*asked.request);
  const auto asks = context->sessions.get();
  if (bearer.empty() || !asks)
    return answer_for(std::nullopt);
  // Nobody needs a token for this: one that is not good is passed over.
  self->request(asks, sessions_patience, identify{bearer})
      .then(
          [answer_for](const caller_ptr& of) {
            answer_for(account_view{of->username, of->team_slug, of->as});
          },
          [answer_for](const caf::error&) { answer_for(std::nullopt); });
}

void router_state::revoke(const http_call& asked) {
  const std::string bearer = bearer_in(*asked.request);
  const auto asks = context->sessions.get();
  if (bearer.empty() || !asks)
    return send_to_sessions(call::revoke, asked, nullptr);
  // An access token that has expired says nothing; the refresh token in the body does.
  self->request(asks, sessions_patience, identify{bearer})
      .then([this, asked](const caller_ptr& of) { send_to_sessions(call::revoke, asked, of); },
            [this, asked](const caf::error&) { send_to_sessions(call::revoke, asked, nullptr); });
}

void router_state::send_to_sessions(call what, const http_call& asked, const caller_ptr& of) {
  const auto asks = context->sessions.get();
  if (!asks) {
    asked.reply(unavailable(*asked.request));
    return;
  }
  self->send(asks, session_call{what, asked, of});
}

void router_state::take_batch(const http_call& asked, const caller_ptr& of) {
  listener::inbound_request& request = *asked.request;
  const auto ingest = context->ingest.get();
  if (!ingest) {
    asked.reply(unavailable(request));
    return;
  }
  context->notes.note_batch(request.id, request.header("idempotency-key"));
  auto ticket = std::make_shared<ingest_ticket>(
      of, std::move(request.body), request.content_encoding == "gzip",
      [context = context, asked](const ingest_answer& what) {
        if (!what.refusal)
          context->notes.note_events(asked.request->id, count(what.verdicts));
        asked.reply(batch_reply(what, *asked.request));
      });
  ticket->body_hold = std::exchange(request.body_hold, nullptr);
  self->send(ingest, ingest_call{std::move(ticket)});
}

void router_state::read_clock(const http_call& asked, const caller_ptr& of) {
  context->engine().heads({of->team}, context->store_deadline(),
                          [asked](const result<std::vector<store::team_head>>& heads) {
                            if (!heads) {
                              asked.reply(store_refusal(heads.error(), *asked.request));
                              return;
                            }
                            const std::uint64_t clock =
                                heads->empty() ? 0 : heads->front().max_lamport;
                            asked.reply(json_reply(single_number_body("lamport_clock", clock)));
                          });
}

void router_state::show_readiness(const http_call& asked) {
  const store::health found = context->engine().look();
  std::string_view trouble;
  if (context->stopping)
    trouble = "stopping";
  else if (!found.writable)
    trouble = "store";
  else if (found.newest_received > context->wall() + max_time_step_back)
    trouble = "clock";
  if (trouble.empty()) {
    asked.reply(json_reply(R"({"ready":true})"));
    return;
  }
  listener::outbound_reply reply =
      json_reply(R"({"ready":false,"reason":")" + std::string(trouble) + "\"}");
  reply.status = 503;
  asked.reply(std::move(reply));
}

void router_state::show_page(const http_call& asked) {
  self->send(page_thread, job{[site = site, asked] { site->answer(asked.request, asked.reply); }});
}

void router_state::show_board(const http_call& asked) {
  if (const auto boards = context->boards.get())
    self->send(boards, asked);
  else
    asked.reply(unavailable(*asked.request));
}

void router_state::handle(const upgrade_call& asked) {
  const listener::inbound_request& request = *asked.request;
  if (auto refused = refuse_head(*context, request)) {
    asked.answer(std::move(*refused));
    return;
  }
  if (route_of(request.path)->what == call::board_stream) {
    if (const auto boards = context->boards.get())
      self->send(boards, asked);
    else
      asked.answer(unavailable(request));
    return;
  }
  const auto asks = context->sessions.get();
  const std::string bearer = bearer_in(request);
  if (!asks || !is_ws_token(bearer)) {
    asked.answer(asks ? not_logged_in(request) : unavailable(request));
    return;
  }
  self->request(asks, sessions_patience, take_ws_token{bearer})
      .then(
          [this, asked](const caller_ptr& of) {
            context->notes.note_caller(asked.request->id, of->username, of->team_slug);
            const auto hub = context->hub.get();
            if (judge_permission(of->as, action::listen, true) != permission::granted)
              asked.answer(wrong_role(*asked.request));
            else if (!hub)
              asked.answer(unavailable(*asked.request));
            else
              self->send(hub, subscribe_call{of, asked});
          },
          [asked](const caf::error& error) {
            asked.answer(identify_refusal(to_failure(error), *asked.request));
          });
}

router_actor::behavior_type router(router_actor::stateful_pointer<router_state> self,
                                   context_ptr context) {
  install_handlers(self);
  auto& state = self->state;
  state.rates.emplace(context);
  state.context = std::move(context);
  state.self = self;
  state.page_thread = self->template spawn<caf::linked + caf::detached>(worker);
  state.site = std::make_shared<pages>(environment_of(state.context, state.page_thread));
  return {
      [self](const http_call& asked) { self->state.handle(asked); },
      [self](const upgrade_call& asked) { self->state.handle(asked); },
  };
}

} // namespace spec_kitty::server
