#include "app/server/actors/sessions.hpp"

#include "app/server/actors/worker.hpp"
#include "app/server/core/device_codes.hpp"
#include "app/server/core/encoding.hpp"
#include "app/server/core/session_tokens.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace spec_kitty::server {

namespace {

constexpr auto upkeep_every = std::chrono::seconds(60);
constexpr epoch_us expiry_every = 600LL * 1'000'000;
constexpr epoch_us touch_every = 1800LL * 1'000'000;
constexpr std::size_t max_touched = 100'000;
constexpr epoch_us microseconds_each_second = 1'000'000;

failure refused() {
  return {ec::login_refused, "the token is not good", {}};
}

} // namespace

result<caller_ptr> sessions_state::look_up(store::account_id account, store::team_id team,
                                           const ulid& credential, bool machine) {
  auto& accounts = context->accounts();
  const auto state = accounts.caller(account, team, credential, context->wall());
  if (!state)
    return state.error();
  if (!state->account_active || !state->credential_active || !state->role)
    return refused();
  const auto user = accounts.user_of(account);
  const auto membership = accounts.member(team, account);
  const auto info = accounts.team_of(team);
  for (const failure* why :
       {user ? nullptr : &user.error(), membership ? nullptr : &membership.error(),
        info ? nullptr : &info.error()})
    if (why != nullptr)
      return *why;
  if (!*user || !*membership || !*info)
    return refused();
  caller found;
  found.account = account;
  found.team = team;
  found.username = (*user)->name;
  found.team_slug = (*info)->slug;
  // A machine token does not reach further than the account that it belongs to.
  found.as = machine && *state->role != role::reader ? role::machine : *state->role;
  found.credential = credential;
  found.generation = (*user)->generation + (*membership)->generation;
  return std::make_shared<const caller>(std::move(found));
}

result<caller_ptr> sessions_state::by_machine_token(const std::string& bearer) {
  const auto token = context->accounts().token_by_hash(sha256(bearer));
  if (!token)
    return token.error();
  if (!*token)
    return refused();
  return look_up((*token)->account, (*token)->team, (*token)->id, true);
}

result<caller_ptr> sessions_state::by_access_token(const std::string& bearer) {
  const auto stated = read_access_token(bearer, *context->keys.get(), context->options.public_url,
                                        context->wall_s());
  const auto family = stated ? parse_ulid(stated->session) : std::nullopt;
  if (!family)
    return refused();
  const auto session = context->accounts().session(*family);
  if (!session)
    return session.error();
  if (!*session)
    return refused();
  auto found = look_up((*session)->account, (*session)->team, *family, false);
  if (!found)
    return found;
  if ((*found)->generation != stated->generation || (*found)->username != stated->subject ||
      (*found)->team_slug != stated->team_slug)
    return refused();
  touch(**found);
  return found;
}

result<caller_ptr> sessions_state::identify(const std::string& bearer) {
  const bool machine = is_machine_token(bearer);
  auto found = machine ? by_machine_token(bearer) : by_access_token(bearer);
  if (!found)
    return found;
  const auto stated = machine ? std::nullopt
                              : read_access_token(bearer, *context->keys.get(),
                                                  context->options.public_url, context->wall_s());
  const epoch_us good_for = stated
                                ? (stated->expires - context->wall_s()) * microseconds_each_second
                                : caller_cache::max_age;
  context->callers.put(bearer, *found, context->steady(), good_for);
  return found;
}

/// A session that is used does not end a day after its login.
void sessions_state::touch(const caller& of) {
  const epoch_us now = context->steady();
  if (touched.size() >= max_touched)
    touched.clear();
  auto [entry, fresh] = touched.emplace(of.credential, now);
  if (!fresh && now - entry->second < touch_every)
    return;
  entry->second = now;
  const bool sent = run_on_ledger([context = context, family = of.credential] {
    (void)context->accounts().touch_session(family, context->wall());
    return std::function<void()>();
  });
  if (!sent)
    touched.erase(of.credential);
}

result<caller_ptr> sessions_state::take_ws_token(const std::string& token) {
  auto node = ws_tokens.extract(token);
  if (node.empty() || node.mapped().until <= context->steady())
    return refused();
  const caller& owner = *node.mapped().owner;
  if (const auto of = ws_tokens_of.find(owner.credential); of != ws_tokens_of.end()) {
    std::erase(of->second, token);
    if (of->second.empty())
      ws_tokens_of.erase(of);
  }
  auto now = look_up(owner.account, owner.team, owner.credential, owner.as == role::machine);
  if (now && (*now)->generation != owner.generation)
    return refused();
  return now;
}

callers_gone sessions_state::check(const check_callers& asked) {
  auto gone = std::make_shared<std::vector<caller_ptr>>();
  for (const caller_ptr& known : *asked.callers) {
    const auto now =
        look_up(known->account, known->team, known->credential, known->as == role::machine);
    const bool unchanged =
        now ? (*now)->generation == known->generation && (*now)->as == known->as
            : now.error().code != ec::login_refused; // a store that cannot answer ends nobody
    if (!unchanged)
      gone->push_back(known);
  }
  return {std::move(gone)};
}

bool sessions_state::run_on_ledger(std::function<std::function<void()>()> work) {
  constexpr std::size_t max_waiting_jobs = 512;
  if (waiting_jobs >= max_waiting_jobs)
    return false;
  ++waiting_jobs;
  self->send(ledger, job{[this, handle = sessions_actor(self), work = std::move(work)] {
               auto rest = work();
               // `this` is used by the actor alone, which is alive when it takes the message.
               caf::anon_send(handle, session_job_done{[this, rest = std::move(rest)] {
                                --waiting_jobs;
                                if (rest)
                                  rest();
                              }});
             }});
  return true;
}

void sessions_state::look_after() {
  const epoch_us now = context->steady();
  std::erase_if(ws_tokens, [now](const auto& entry) { return entry.second.until <= now; });
  for (auto& [credential, tokens] : ws_tokens_of)
    std::erase_if(tokens, [this](const std::string& token) { return !ws_tokens.contains(token); });
  std::erase_if(ws_tokens_of, [](const auto& entry) { return entry.second.empty(); });
  std::erase_if(device_paces, [now](const auto& entry) {
    return now - entry.second.last > device_code_lifetime_s * microseconds_each_second;
  });
  if (last_expiry != 0 && now - last_expiry < expiry_every)
    return;
  last_expiry = now;
  (void)run_on_ledger([context = context] {
    (void)context->accounts().expire_sessions(context->wall(),
                                              unused_session_s * microseconds_each_second);
    (void)context->accounts().expire_links(context->wall());
    (void)context->accounts().expire_device_logins(context->wall());
    return std::function<void()>();
  });
}

sessions_actor::behavior_type sessions(sessions_actor::stateful_pointer<sessions_state> self,
                                       context_ptr context) {
  install_handlers(self);
  auto& state = self->state;
  state.context = std::move(context);
  state.self = self;
  // They end with this actor: it is linked to them.
  state.passwords = self->template spawn<caf::linked + caf::detached>(worker);
  state.ledger = self->template spawn<caf::linked + caf::detached>(worker);
  self->delayed_send(self, upkeep_every, upkeep_tick{});
  return {
      [self](const identify& asked) { return reply(self->state.identify(asked.bearer)); },
      [self](const take_ws_token& asked) { return reply(self->state.take_ws_token(asked.token)); },
      [self](const identify_browser& asked) {
        return reply(self->state.look_up(asked.account, asked.team, asked.session, false));
      },
      [self](const session_call& asked) { self->state.handle(asked); },
      [self](const password_call& asked) {
        self->state.judge_password(*asked.question, asked.done);
      },
      [self](const check_callers& asked) { return self->state.check(asked); },
      [](const session_job_done& done) {
        if (done.rest)
          done.rest();
      },
      [self](upkeep_tick) {
        self->state.look_after();
        self->delayed_send(self, upkeep_every, upkeep_tick{});
      },
  };
}

} // namespace spec_kitty::server
