// /device: a person finds out what asks for a login, and approves or denies it.
#include "app/server/core/device_codes.hpp"
#include "app/server/core/encoding.hpp"
#include "app/server/pages/forms.hpp"
#include "app/server/pages/html.hpp"
#include "app/server/pages/pages.hpp"
#include "util/timestamp.hpp"

#include <utility>

namespace spec_kitty::server {

namespace {

constexpr std::size_t max_shown_code = 32;

listener::outbound_reply code_form(int status, std::string_view typed, std::string_view problem) {
  const std::string content =
      alert(problem) +
      paragraph("Enter the code that spec-kitty shows in your terminal. Only enter one that you "
                "see in a terminal of your own.") +
      "<form method=\"get\" action=\"" + std::string(device_path) + "\">\n" +
      input_field("Code", "user_code", "text",
                  "autocomplete=\"off\" autocapitalize=\"characters\" spellcheck=\"false\" "
                  "required autofocus",
                  typed.substr(0, max_shown_code)) +
      button("Continue") + "</form>\n";
  return html_page(status, "Log in a device", content);
}

std::string described(std::string_view name, std::string_view value) {
  return "<dt>" + html_text(name) + "</dt><dd>" + (value.empty() ? "not said" : html_text(value)) +
         "</dd>\n";
}

/// What asks, and since when.
std::string description(const store::device_login& login) {
  return "<dl>\n" + described("Computer", login.host) + described("Program", login.client) +
         described("Address", login.address) + described("Asked", format_timestamp(login.created)) +
         "</dl>\n";
}

std::string team_words(const browser_team& team) {
  return team.name == team.slug ? team.slug : team.name + " (" + team.slug + ")";
}

std::string team_choice(const browser_team& team) {
  const std::string slug = html_text(team.slug);
  return "<p><input type=\"radio\" required name=\"team\" id=\"team-" + slug + "\" value=\"" +
         slug + "\"><label for=\"team-" + slug + "\">" + html_text(team_words(team)) + ", as " +
         html_text(to_string(team.as)) + "</label></p>\n";
}

/// The team that is granted, or a choice of them; empty where the person has none to grant.
std::string team_fields(const store::device_login& login, const browser_session& person) {
  const browser_team* named = login.team_slug.empty()
                                  ? (person.teams.size() == 1 ? &person.teams.front() : nullptr)
                                  : person.team(login.team_slug);
  if (named != nullptr)
    return "<dl>\n" + described("Team", team_words(*named)) +
           described("Role", to_string(named->as)) + "</dl>\n" + hidden_field("team", named->slug);
  if (!login.team_slug.empty() || person.teams.empty())
    return {};
  std::string out = "<fieldset>\n<legend>Team and role to grant</legend>\n";
  for (const auto& team : person.teams)
    out += team_choice(team);
  return out + "</fieldset>\n";
}

listener::outbound_reply done_page(std::string_view title, std::string_view text) {
  return html_page(200, title,
                   paragraph(text) + "<p>" + text_link(account_path, "Your account") + "</p>\n");
}

} // namespace

listener::outbound_reply pages::device(const listener::inbound_request& request) {
  auto person = signed_in(request);
  if (auto* first = std::get_if<listener::outbound_reply>(&person))
    return std::move(*first);
  const auto& known = std::get<browser_session>(person);
  if (request.method == "POST")
    return decide_device(request, known);
  const auto typed = form_field(request.query, "user_code");
  return typed ? show_device(request, known, *typed) : code_form(200, {}, {});
}

std::variant<store::device_login, listener::outbound_reply>
pages::find_device(const listener::inbound_request& request, const browser_session& person,
                   const std::string& typed) {
  const epoch_us steady = environment_.steady();
  const std::string address = counted_address(request.peer);
  for (const auto& wait : {wrong_codes_of_account_.wait(person.username, steady),
                           wrong_codes_of_address_.wait(address, steady)})
    if (wait) {
      auto page = code_form(429, {}, "Too many codes were wrong. Try again later.");
      page.headers.push_back({"Retry-After", std::to_string(*wait / second_us + 1)});
      return page;
    }
  const auto letters = user_code_letters(typed);
  if (letters) {
    const auto found =
        environment_.accounts->device_login_by_code(sha256(*letters), environment_.now());
    if (!found)
      return store_trouble();
    if (*found && (*found)->state == store::device_state::waiting)
      return **found;
  }
  wrong_codes_of_account_.count(person.username, steady);
  wrong_codes_of_address_.count(address, steady);
  return code_form(404, typed,
                   "This is not a code that waits: it is mistyped, was used, or has expired. To "
                   "get another one, run spec-kitty auth login again.");
}

listener::outbound_reply pages::show_device(const listener::inbound_request& request,
                                            const browser_session& person,
                                            const std::string& typed) {
  auto found = find_device(request, person, typed);
  if (auto* refused = std::get_if<listener::outbound_reply>(&found))
    return std::move(*refused);
  const auto& login = std::get<store::device_login>(found);
  const std::string code = shown_user_code(*user_code_letters(typed));
  const std::string teams = team_fields(login, person);
  std::string form = hidden_field("user_code", code);
  if (teams.empty())
    form += alert(login.team_slug.empty()
                      ? "You are in no team, so there is nothing to grant."
                      : "You are not in the team " + login.team_slug + ", which it asks for.");
  else
    form += teams + button("Approve", "decision", "approve");
  form += button("Deny", "decision", "deny");
  return html_page(200, "Log in a device",
                   paragraph("A program asks to be logged in as " + person.username +
                             ". Approve it only if you started this just now, and if the code in "
                             "your terminal is " +
                             code + ".") +
                       description(login) + change_form(device_path, person.form_token, form));
}

listener::outbound_reply pages::decide_device(const listener::inbound_request& request,
                                              const browser_session& person) {
  if (auto refused = refuse_change(request))
    return std::move(*refused);
  const std::string typed = form_field(request.body, "user_code").value_or("");
  auto found = find_device(request, person, typed);
  if (auto* refused = std::get_if<listener::outbound_reply>(&found))
    return std::move(*refused);
  const auto& login = std::get<store::device_login>(found);
  const bool approved = form_field(request.body, "decision") == "approve";
  const std::string slug = form_field(request.body, "team").value_or("");
  const browser_team* team = person.team(slug);
  if (approved && (team == nullptr || (!login.team_slug.empty() && login.team_slug != slug)))
    return show_device(request, person, typed);
  const auto decided = environment_.accounts->decide_device_login(
      login.user_code, approved, person.account, approved ? team->id : 0,
      {person.username, request.peer, environment_.now(), {}});
  if (!decided && decided.error().code == ec::not_found)
    return code_form(404, {}, "The code was used, or has expired.");
  if (!decided)
    return store_trouble();
  return approved ? done_page("Approved", "The program on " +
                                              (login.host.empty() ? "your computer" : login.host) +
                                              " is logged in within a few seconds. Go back to "
                                              "your terminal.")
                  : done_page("Denied", "The program is not logged in.");
}

} // namespace spec_kitty::server
