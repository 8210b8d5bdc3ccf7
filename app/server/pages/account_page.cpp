// /account: one's own sessions and tokens for machines, and their end.
#include "app/server/pages/forms.hpp"
#include "app/server/pages/html.hpp"
#include "app/server/pages/pages.hpp"
#include "util/timestamp.hpp"

#include <algorithm>
#include <utility>

namespace spec_kitty::server {

namespace {

constexpr std::size_t max_rows = 200;
constexpr std::size_t minute_characters = 16; ///< of `2026-02-03T19:29:53.000000Z`

std::string minute(epoch_us instant) {
  if (instant == 0)
    return "never";
  std::string text = format_timestamp(instant).substr(0, minute_characters);
  text[10] = ' ';
  return text;
}

std::string team_of(const browser_session& person, store::team_id id) {
  for (const auto& team : person.teams)
    if (team.id == id)
      return team.slug;
  return id == 0 ? "all" : "–";
}

/// A form of one button; what it ends is part of its name, for those who hear it alone.
std::string end_form(const browser_session& person, std::string_view action, const ulid& id,
                     std::string_view words) {
  return change_form(account_path, person.form_token,
                     hidden_field("action", action) + hidden_field("id", to_string(id)) +
                         button(words));
}

std::string session_table(const browser_session& person,
                          std::vector<store::session_family> sessions, epoch_us now) {
  std::erase_if(sessions,
                [now](const auto& family) { return family.ended || family.expires <= now; });
  std::sort(sessions.begin(), sessions.end(),
            [](const auto& a, const auto& b) { return a.created > b.created; });
  std::vector<std::vector<std::string>> rows;
  for (const auto& family : sessions) {
    if (rows.size() == max_rows)
      break;
    const bool own = family.id == person.id;
    const bool browser = family.kind == store::session_kind::browser;
    const std::string what = own ? "this browser" : browser ? "a browser" : "a program";
    rows.push_back({html_text(what), html_text(team_of(person, family.team)),
                    html_text(family.client), html_text(family.address),
                    html_text(minute(family.created)), html_text(minute(family.last_used)),
                    end_form(person, "end_session", family.id,
                             own ? "Sign out" : "End session of " + minute(family.created))});
  }
  return table("Sessions (times in UTC)",
               {"What", "Team", "Program", "Address", "Since", "Last used", "End"}, rows);
}

std::string token_table(const browser_session& person,
                        const std::vector<store::machine_token>& tokens, epoch_us now) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& token : tokens) {
    const bool good = !token.revoked && (token.expires == 0 || token.expires > now);
    if (token.account != person.account || !good || rows.size() == max_rows)
      continue;
    rows.push_back({html_text(token.name), html_text(team_of(person, token.team)),
                    html_text(minute(token.created)), html_text(minute(token.expires)),
                    end_form(person, "revoke_token", token.id, "Revoke " + token.name)});
  }
  return rows.empty() ? paragraph("You have no tokens for machines.")
                      : table("Tokens for machines (times in UTC)",
                              {"Name", "Team", "Since", "Ends", "Revoke"}, rows);
}

std::string team_list(const browser_session& person) {
  if (person.teams.empty())
    return paragraph("You are in no team.");
  std::string out = "<h2>Teams</h2>\n<ul>\n";
  for (const auto& team : person.teams)
    out += "<li>" +
           html_text(team.name == team.slug ? team.slug : team.name + " (" + team.slug + ")") +
           ", as " + html_text(to_string(team.as)) + "</li>\n";
  return out + "</ul>\n";
}

} // namespace

listener::outbound_reply pages::account(const listener::inbound_request& request) const {
  auto person = signed_in(request);
  if (auto* first = std::get_if<listener::outbound_reply>(&person))
    return std::move(*first);
  const auto& known = std::get<browser_session>(person);
  return request.method == "POST" ? change_account(request, known) : show_account(known, {});
}

listener::outbound_reply pages::show_account(const browser_session& person,
                                             std::string_view done) const {
  const auto sessions = environment_.accounts->sessions_of(person.account);
  const auto tokens = environment_.accounts->tokens();
  if (!sessions || !tokens)
    return store_trouble();
  const epoch_us now = environment_.now();
  std::string content =
      done.empty() ? std::string() : "<p role=\"status\">" + html_text(done) + "</p>\n";
  content +=
      paragraph("Signed in as " + person.username + ".") + "<p>" +
      text_link(device_path, "Log in a device") + "</p>\n" + team_list(person) +
      session_table(person, *sessions, now) +
      change_form(account_path, person.form_token,
                  hidden_field("action", "end_others") + button("End all sessions but this one")) +
      token_table(person, *tokens, now);
  return html_page(200, "Your account", content);
}

listener::outbound_reply pages::change_account(const listener::inbound_request& request,
                                               const browser_session& person) const {
  if (auto refused = refuse_change(request))
    return std::move(*refused);
  auto& accounts = *environment_.accounts;
  const std::string action = form_field(request.body, "action").value_or("");
  const auto id = parse_ulid(form_field(request.body, "id").value_or(""));
  const store::change_note note{person.username, request.peer, environment_.now(), {}};
  result<void> done;
  std::string words = "The session has ended.";
  if (action == "end_session" && id) {
    done = sessions_.end(person, *id, request);
    if (done && *id == person.id) {
      environment_.look_up_callers();
      auto reply = see_other(std::string(login_path));
      reply.headers.push_back(browser_sessions::no_cookie());
      return reply;
    }
  } else if (action == "end_others") {
    words = "All other sessions have ended.";
    const auto sessions = accounts.sessions_of(person.account);
    if (!sessions)
      return store_trouble();
    for (const auto& family : *sessions)
      if (done && !family.ended && family.id != person.id)
        done = accounts.end_session(family.id, note);
  } else if (action == "revoke_token" && id) {
    words = "The token is revoked; it is refused within 10 seconds.";
    const auto tokens = accounts.tokens();
    if (!tokens)
      return store_trouble();
    const bool own = std::any_of(tokens->begin(), tokens->end(), [&](const auto& token) {
      return token.id == *id && token.account == person.account;
    });
    done = own ? accounts.revoke_token(*id, note)
               : result<void>(failure{ec::not_found, "there is no such token", {}});
  } else {
    return html_page(400, "Not possible", paragraph("The form is not one of this page."));
  }
  environment_.look_up_callers();
  if (!done && done.error().code != ec::not_found)
    return store_trouble();
  return show_account(person, done ? words : "It had ended already.");
}

} // namespace spec_kitty::server
