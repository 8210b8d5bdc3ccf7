// /login: a name and a password, judged by SESSIONS with the limits of every login.
#include "app/server/pages/forms.hpp"
#include "app/server/pages/html.hpp"
#include "app/server/pages/pages.hpp"
#include "util/text.hpp"

#include <utility>

namespace spec_kitty::server {

namespace {

constexpr std::size_t max_username = 256;
constexpr std::size_t max_password = 4096;

listener::outbound_reply login_form(int status, const listener::inbound_request& request,
                                    std::string_view next, std::string_view username,
                                    std::string_view problem) {
  auto visitor = browser_sessions::visit(request);
  std::string fields = hidden_field("next", next) +
                       input_field("User name", "username", "text",
                                   "autocomplete=\"username\" autocapitalize=\"none\" "
                                   "spellcheck=\"false\" required autofocus",
                                   username) +
                       input_field("Password", "password", "password",
                                   "autocomplete=\"current-password\" required") +
                       button("Sign in");
  auto page = html_page(status, "Sign in",
                        alert(problem) + change_form(login_path, visitor.form_token, fields));
  if (visitor.cookie)
    page.headers.push_back(*visitor.cookie);
  return page;
}

} // namespace

void pages::log_in(const request_ptr& request, const listener::reply_callback& reply) {
  if (request->method != "POST") {
    const std::string next = safe_path(form_field(request->query, "next").value_or(""));
    const auto person = sessions_.find(*request);
    reply(person && *person ? see_other(next) : login_form(200, *request, next, {}, {}));
    return;
  }
  const std::string next = safe_path(form_field(request->body, "next").value_or(""));
  if (!is_from_this_site(*request, environment_.public_url())) {
    reply(html_page(403, "Refused", paragraph("The form was sent from another site.")));
    return;
  }
  if (!browser_sessions::is_own_form(*request)) {
    reply(login_form(403, *request, next, {},
                     "The form is out of date, or this browser takes no cookie. Sign in again."));
    return;
  }
  const std::string username = form_field(request->body, "username").value_or("");
  const std::string password = form_field(request->body, "password").value_or("");
  environment_.judge_password(
      {username.substr(0, max_username), password.substr(0, max_password), request->peer},
      [self = shared_from_this(), request, reply](const password_verdict& verdict) {
        reply(self->finish_login(*request, verdict));
      });
}

listener::outbound_reply pages::finish_login(const listener::inbound_request& request,
                                             const password_verdict& verdict) const {
  const std::string next = safe_path(form_field(request.body, "next").value_or(""));
  const std::string username = form_field(request.body, "username").value_or("");
  const auto again = [&](int status, std::string_view problem) {
    return login_form(status, request, next, username.substr(0, max_username), problem);
  };
  switch (verdict.found) {
  case password_verdict::what::right:
    break;
  case password_verdict::what::wrong:
    return again(401, "The user name or the password is wrong.");
  case password_verdict::what::limited: {
    auto page =
        again(429, "Too many logins have failed. Try again in " +
                       count_of(static_cast<std::uint64_t>(verdict.wait_s), "second") + ".");
    page.headers.push_back({"Retry-After", std::to_string(verdict.wait_s)});
    return page;
  }
  default:
    return again(503, "The server is busy. Try again in a moment.");
  }
  const auto cookie = sessions_.begin(verdict.user->id, request);
  if (!cookie)
    return again(503, "The server cannot write to its store. Try again later.");
  auto reply = see_other(next);
  reply.headers.push_back(*cookie);
  return reply;
}

} // namespace spec_kitty::server
