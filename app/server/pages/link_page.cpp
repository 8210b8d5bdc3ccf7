#include "app/server/pages/link_page.hpp"

#include "app/server/core/encoding.hpp"
#include "app/server/core/passwords.hpp"
#include "app/server/core/roles.hpp"
#include "app/server/pages/forms.hpp"
#include "app/server/pages/html.hpp"
#include "util/random.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace spec_kitty::server {

namespace {

constexpr std::size_t link_secret_characters = 43;

std::string random_text() {
  std::array<std::uint8_t, 32> bytes{};
  fill_random(bytes);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The same for a link that never was, was used, or has expired.
listener::outbound_reply no_such_link() {
  return html_page(404, "A link",
                   paragraph("This link does not work: it was used, or it has expired. Ask an "
                             "administrator for another one."));
}

std::string password_fields() {
  return input_field("New password, at least " + std::to_string(min_password_characters) +
                         " characters",
                     "password", "password", "autocomplete=\"new-password\" required") +
         input_field("The same again", "again", "password",
                     "autocomplete=\"new-password\" required");
}

/// The form of either kind of link: `username` is that of an invite, as it was typed.
listener::outbound_reply link_form(int status, std::string_view heading, std::string_view intro,
                                   bool asks_for_name, std::string_view username,
                                   const std::string& token, std::string_view problem) {
  std::string fields;
  if (asks_for_name)
    fields += input_field("User name", "username", "text",
                          "autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" "
                          "required autofocus",
                          username);
  fields += password_fields() + button(asks_for_name ? "Join the team" : "Set the password");
  return html_page(status, heading,
                   alert(problem) + paragraph(intro) + change_form("", token, fields));
}

std::string first_steps(const std::string& url, const std::string& username) {
  return "<p>Log in with:</p>\n<pre>" +
         html_text("spec-kitty sync server " + url + "\nspec-kitty auth login --username " +
                   username) +
         "</pre>\n";
}

} // namespace

std::string without_link_secrets(std::string_view line) {
  std::string shown(line);
  for (auto at = shown.find(link_path); at != std::string::npos;
       at = shown.find(link_path, at + link_path.size())) {
    const auto begin = at + link_path.size();
    const auto end = shown.find_first_of(" \"?", begin);
    shown.replace(begin, std::min(end, shown.size()) - begin, "…");
  }
  return shown;
}

link_page::link_page(const page_environment& environment)
    : environment_(environment), secret_(random_text()) {}

std::string link_page::form_token(std::string_view link_secret) const {
  return base64url(bytes_of(hmac_sha256(secret_, link_secret)));
}

result<std::optional<link_page::purpose>> link_page::find(std::string_view link_secret) const {
  auto& accounts = *environment_.accounts;
  if (link_secret.size() != link_secret_characters)
    return std::optional<purpose>{};
  const auto link = accounts.link(sha256(link_secret), environment_.now());
  if (!link)
    return link.error();
  if (!*link)
    return std::optional<purpose>{};
  purpose found;
  found.link = **link;
  if (found.link.kind == store::link_kind::password) {
    const auto user = accounts.user_of(found.link.account);
    if (!user)
      return user.error();
    if (!*user)
      return std::optional<purpose>{};
    found.username = (*user)->name;
    return std::optional(std::move(found));
  }
  const auto team = accounts.team_of(found.link.team);
  if (!team)
    return team.error();
  if (!*team)
    return std::optional<purpose>{};
  found.team_slug = (*team)->slug;
  found.team_name = (*team)->name;
  return std::optional(std::move(found));
}

listener::outbound_reply link_page::answer(const listener::inbound_request& request) const {
  const std::string_view link_secret = std::string_view(request.path).substr(link_path.size());
  const auto found = find(link_secret);
  if (!found)
    return store_trouble();
  if (!*found)
    return no_such_link();
  return use(request, link_secret, **found);
}

listener::outbound_reply link_page::use(const listener::inbound_request& request,
                                        std::string_view link_secret, const purpose& what) const {
  const std::string token = form_token(link_secret);
  const bool is_invite = what.link.kind == store::link_kind::invite;
  const std::string heading = is_invite ? "Join " + what.team_name : "Set a password";
  const std::string intro = is_invite ? "You are invited to the team " + what.team_slug + ", as " +
                                            std::string(to_string(what.link.role)) +
                                            ". Choose a name and a password."
                                      : "Account: " + what.username;
  const std::string username =
      is_invite ? form_field(request.body, "username").value_or("").substr(0, max_username_bytes)
                : std::string();
  const auto form = [&](int status, std::string_view problem) {
    return link_form(status, heading, intro, is_invite, username, token, problem);
  };
  if (request.method != "POST")
    return form(200, {});
  if (!is_from_this_site(request, environment_.public_url()))
    return html_page(403, "Refused", paragraph("The form was sent from another site."));
  const auto sent_token = form_field(request.body, "form_token");
  if (!sent_token || !equal_secrets(*sent_token, token))
    return html_page(403, "Out of date",
                     paragraph("The form is out of date. Open the link again."));
  if (is_invite)
    if (const auto ok = check_username(form_field(request.body, "username").value_or("")); !ok)
      return form(400, ok.error().message);
  const auto password = form_field(request.body, "password");
  if (!password || password != form_field(request.body, "again"))
    return form(400, "The two passwords differ.");
  if (const auto ok = check_password(*password); !ok)
    return form(400, ok.error().message);
  const auto hash = environment_.hash_password(*password);
  if (!hash)
    return form(400, "The server is busy. Try again in a moment.");
  if (!is_invite)
    return set_password(request, what, *hash);
  auto done = accept_invite(request, what, *hash);
  return done ? std::move(*done) : form(400, done.error().message);
}

listener::outbound_reply link_page::set_password(const listener::inbound_request& request,
                                                 const purpose& what,
                                                 const std::string& hash) const {
  const auto used = environment_.accounts->use_password_link(
      what.link.hash, hash, {what.username, request.peer, environment_.now(), {}});
  if (!used && used.error().code == ec::not_found)
    return no_such_link();
  if (!used)
    return store_trouble();
  environment_.look_up_callers();
  return html_page(200, "The password is set",
                   paragraph("The password of " + what.username + " is set.") +
                       first_steps(environment_.public_url(), what.username));
}

result<listener::outbound_reply> link_page::accept_invite(const listener::inbound_request& request,
                                                          const purpose& what,
                                                          const std::string& hash) const {
  const std::string name = form_field(request.body, "username").value_or("");
  const auto used =
      environment_.accounts->use_invite(what.link.hash, name, hash, environment_.max_members,
                                        {name, request.peer, environment_.now(), {}});
  if (used)
    return html_page(200, "Welcome",
                     paragraph("The account " + name + " exists now, and is in the team " +
                               what.team_slug + ".") +
                         first_steps(environment_.public_url(), name));
  if (used.error().code == ec::bad_input) // a name that is taken, or a full team: the link stays
    return failure{ec::bad_input, used.error().message, {}};
  return used.error().code == ec::not_found ? no_such_link() : store_trouble();
}

} // namespace spec_kitty::server
