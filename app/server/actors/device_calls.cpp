// Device logins: a program asks for a code, a person approves it at /device, the program asks for
// its session. https://www.rfc-editor.org/rfc/rfc8628
#include "app/server/actors/answers.hpp"
#include "app/server/actors/session_replies.hpp"
#include "app/server/actors/sessions.hpp"
#include "app/server/core/device_codes.hpp"
#include "app/server/core/encoding.hpp"
#include "app/server/core/sealing.hpp"
#include "app/server/core/session_tokens.hpp"
#include "app/server/pages/forms.hpp"
#include "app/server/pages/html.hpp"
#include "app/server/pages/pages.hpp"
#include "messages/protocol.hpp"
#include "util/utf8.hpp"

#include <map>
#include <utility>
#include <variant>

namespace spec_kitty::server {

namespace {

constexpr std::size_t max_text = 120;
constexpr std::size_t max_paces = 2000;
/// A program that waits for exactly its interval is not too fast for the way that its request took.
constexpr epoch_us pace_tolerance = second_us / 4;

using fields = std::map<std::string_view, std::string>;

/// The named fields of a JSON object or a form, as far as they are there; or the refusal.
std::variant<fields, listener::outbound_reply> fields_of(const listener::inbound_request& request,
                                                         std::initializer_list<const char*> names) {
  fields out;
  if (media_type_of(request.header("content-type")) == "application/x-www-form-urlencoded") {
    for (const char* name : names)
      if (auto value = form_field(request.body, name))
        out[name] = std::move(*value);
    return out;
  }
  auto body = object_of(request);
  if (auto* refused = std::get_if<listener::outbound_reply>(&body))
    return std::move(*refused);
  for (const char* name : names)
    if (auto value = text_of(std::get<json_document>(body), name))
      out[name] = std::move(*value);
  return out;
}

std::string printable_field(const fields& of, std::string_view name) {
  const auto found = of.find(name);
  return found == of.end() ? std::string() : printable(found->second, max_text);
}

/// The errors of RFC 8628, section 3.5: `error` is a word.
listener::outbound_reply device_refusal(std::string_view error, std::string_view description,
                                        const listener::inbound_request& request) {
  auto reply = secret_reply(device_error_body(error, description, request.id));
  reply.status = 400;
  return reply;
}

listener::outbound_reply expired(const listener::inbound_request& request) {
  return device_refusal("expired_token", "the code has expired, or was used: ask for another one",
                        request);
}

/// Letters for a person that are equally likely each.
std::string draw_user_code() {
  for (;;)
    if (auto letters = make_user_code(random_secret()))
      return *letters;
}

} // namespace

void sessions_state::begin_device_login(const http_call& http) {
  const listener::inbound_request& request = *http.request;
  const auto sent = fields_of(request, {"client", "client_id", "host", "team_slug"});
  if (const auto* refused = std::get_if<listener::outbound_reply>(&sent)) {
    http.reply(*refused);
    return;
  }
  const auto& given = std::get<fields>(sent);
  const std::string code = make_device_code(random_secret());
  const std::string letters = draw_user_code();
  store::device_login login;
  login.device = sha256(code);
  login.user_code = sha256(letters);
  login.client = printable_field(given, given.contains("client") ? "client" : "client_id");
  login.host = printable_field(given, "host");
  login.team_slug = printable_field(given, "team_slug");
  login.address = request.peer;
  login.created = context->wall();
  login.expires = login.created + device_code_lifetime_s * second_us;
  const bool taken = run_on_ledger([context = context, http, login, code, letters] {
    const auto added = context->accounts().add_device_login(login, {});
    return std::function<void()>([context, http, code, letters, added] {
      const std::string link = context->url.get() + std::string(device_path);
      if (added)
        http.reply(secret_reply(
            to_json(device_code_body{code, shown_user_code(letters), link,
                                     link + "?user_code=" + query_text(shown_user_code(letters)),
                                     device_code_lifetime_s, device_interval_s})));
      else if (added.error().code == ec::overloaded)
        http.reply(later_reply(429, "too_many_codes", added.error().message, 60, *http.request));
      else
        http.reply(store_refusal(added.error(), *http.request));
    });
  });
  if (!taken)
    http.reply(busy(request));
}

bool sessions_state::is_too_fast(const store::secret_hash& device) {
  if (device_paces.size() >= max_paces && !device_paces.contains(device))
    device_paces.clear();
  const epoch_us now = context->steady();
  auto& pace = device_paces[device];
  const bool first = pace.last == 0;
  if (first)
    pace.interval = device_interval_s * second_us;
  const bool fast = !first && now - pace.last < pace.interval - pace_tolerance;
  pace.last = now;
  if (fast)
    pace.interval += device_slow_down_s * second_us;
  return fast;
}

void sessions_state::ask_device_login(const http_call& http) {
  const listener::inbound_request& request = *http.request;
  const auto sent = fields_of(request, {"device_code", "grant_type"});
  if (const auto* refused = std::get_if<listener::outbound_reply>(&sent)) {
    http.reply(*refused);
    return;
  }
  const auto& given = std::get<fields>(sent);
  const auto grant = given.find("grant_type");
  if (grant != given.end() && grant->second != protocol::device_grant) {
    http.reply(device_refusal("unsupported_grant_type", "this path is for device logins", request));
    return;
  }
  const auto code = given.find("device_code");
  if (code == given.end()) {
    http.reply(device_refusal("invalid_request", "device_code is missing", request));
    return;
  }
  const auto hash = sha256(code->second);
  const auto login = context->accounts().device_login_of(hash, context->wall());
  if (!login) {
    http.reply(store_refusal(login.error(), request));
    return;
  }
  if (!*login) {
    http.reply(expired(request));
    return;
  }
  switch ((*login)->state) {
  case store::device_state::approved:
    return open_device_login(http, code->second, **login);
  case store::device_state::opened:
    return repeat_device_login(http, code->second, **login);
  case store::device_state::denied:
    http.reply(device_refusal("access_denied", "the person denied the login", request));
    return;
  case store::device_state::waiting:
    break;
  }
  if (is_too_fast(hash))
    http.reply(device_refusal("slow_down", "wait 5 seconds longer between two questions", request));
  else
    http.reply(
        device_refusal("authorization_pending", "nobody has approved the code yet", request));
}

void sessions_state::open_device_login(const http_call& http, const std::string& code,
                                       const store::device_login& login) {
  auto family = new_family(*context, *http.request, login.account, login.team);
  const std::string id = to_string(family.id);
  const std::string refresh = make_refresh_token(id, random_secret());
  family.current = sha256(refresh);
  const std::string sealed = seal::of_device(code).close(refresh, id);
  const bool taken =
      run_on_ledger([this, context = context, http, code, device = login.device, family, sealed] {
        const auto opened = context->accounts().open_device_session(device, family, sealed);
        // Opened by this question or by one at the same time: the answer is what was sealed.
        auto now = context->accounts().device_login_of(device, context->wall());
        return std::function<void()>([this, http, code, opened, now = std::move(now)] {
          if (!opened && opened.error().code != ec::not_found)
            http.reply(store_refusal(opened.error(), *http.request));
          else if (!now)
            http.reply(store_refusal(now.error(), *http.request));
          else if (!*now || (*now)->state != store::device_state::opened)
            http.reply(expired(*http.request));
          else
            repeat_device_login(http, code, **now);
        });
      });
  if (!taken)
    http.reply(busy(*http.request));
}

void sessions_state::repeat_device_login(const http_call& http, const std::string& code,
                                         const store::device_login& login) {
  const listener::inbound_request& request = *http.request;
  const auto refresh = seal::of_device(code).open(login.sealed, to_string(login.session));
  const auto family = context->accounts().session(login.session);
  if (!family) {
    http.reply(store_refusal(family.error(), request));
    return;
  }
  // Once a token was used its owner has the reply, and nobody else gets it.
  const bool unused = refresh && *family && !(*family)->ended && (*family)->last_used == 0 &&
                      (*family)->current == sha256(*refresh);
  const auto found = unused ? look_up((*family)->account, (*family)->team, login.session, false)
                            : result<caller_ptr>(failure{ec::login_refused, {}, {}});
  if (!found) {
    http.reply(found.error().code == ec::login_refused ? expired(request)
                                                       : store_refusal(found.error(), request));
    return;
  }
  context->metrics.logins.add();
  context->notes.note_caller(request.id, (*found)->username, (*found)->team_slug);
  http.reply(tokens_reply(*context, **found, *refresh));
}

} // namespace spec_kitty::server
