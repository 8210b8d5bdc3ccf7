#include "app/server/pages/browser_sessions.hpp"

#include "app/server/core/encoding.hpp"
#include "app/server/core/session_tokens.hpp"
#include "app/server/pages/forms.hpp"
#include "app/server/pages/page_environment.hpp"
#include "messages/event.hpp"
#include "util/random.hpp"
#include "util/utf8.hpp"

#include <algorithm>
#include <array>

namespace spec_kitty::server {

namespace {

constexpr std::string_view cookie_name = "__Host-spec-kitty";
constexpr std::string_view session_prefix = "skb_"; ///< and family.secret
constexpr std::string_view visitor_prefix = "skv_"; ///< and secret
constexpr std::size_t ulid_characters = 26;
constexpr std::size_t max_cookie_bytes = 128;
constexpr std::size_t max_client_name = 120;

std::string random_secret() {
  std::array<std::uint8_t, token_secret_bytes> bytes{};
  fill_random(bytes);
  return base64url({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

/// The cookie's value; empty without one, and where a browser sends two, of which one is forged.
std::string cookie_of(const listener::inbound_request& request) {
  std::string found;
  for (const auto& field : request.headers) {
    if (field.name != "cookie")
      continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const auto end = rest.find(';');
      std::string_view pair = rest.substr(0, end);
      rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
      pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
      if (!pair.starts_with(cookie_name) || pair.substr(cookie_name.size(), 1) != "=")
        continue;
      if (!found.empty())
        return {};
      found = pair.substr(cookie_name.size() + 1);
    }
  }
  return found.size() <= max_cookie_bytes ? found : std::string();
}

listener::header_field cookie_header(std::string_view value, epoch_s lifetime) {
  return {"Set-Cookie",
          std::string(cookie_name) + "=" + std::string(value) +
              "; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(lifetime)};
}

std::string form_token_of(std::string_view cookie) {
  return base64url(bytes_of(hmac_sha256(cookie, "spec-kitty form")));
}

std::optional<ulid> session_in(std::string_view cookie) {
  if (!cookie.starts_with(session_prefix))
    return std::nullopt;
  const auto id = cookie.substr(session_prefix.size(), ulid_characters);
  return is_ulid(id) ? parse_ulid(id) : std::nullopt;
}

} // namespace

const browser_team* browser_session::team(std::string_view slug) const {
  const auto found = std::find_if(teams.begin(), teams.end(),
                                  [&](const browser_team& team) { return team.slug == slug; });
  return found == teams.end() ? nullptr : &*found;
}

result<std::optional<browser_session>>
browser_sessions::find(const listener::inbound_request& request) const {
  const std::string cookie = cookie_of(request);
  const auto id = session_in(cookie);
  if (!id)
    return std::optional<browser_session>{};
  const epoch_us now = now_();
  const auto kept = accounts_.session(*id);
  if (!kept)
    return kept.error();
  if (!*kept || (*kept)->kind != store::session_kind::browser || (*kept)->ended ||
      (*kept)->expires <= now || (*kept)->current != sha256(cookie))
    return std::optional<browser_session>{};
  const auto user = accounts_.user_of((*kept)->account);
  const auto memberships = accounts_.teams_of((*kept)->account);
  if (!user || !memberships)
    return user ? memberships.error() : user.error();
  if (!*user || (*user)->disabled)
    return std::optional<browser_session>{};
  browser_session out{*id, (*user)->id, (*user)->name, {}, form_token_of(cookie)};
  for (const auto& membership : *memberships) {
    const auto team = accounts_.team_of(membership.team);
    if (!team)
      return team.error();
    if (*team)
      out.teams.push_back({(*team)->id, (*team)->slug, (*team)->name, membership.role});
  }
  std::sort(out.teams.begin(), out.teams.end(),
            [](const auto& a, const auto& b) { return a.slug < b.slug; });
  (void)accounts_.touch_session(*id, now); // at most once an hour
  return std::optional(std::move(out));
}

result<listener::header_field>
browser_sessions::begin(store::account_id account, const listener::inbound_request& request) const {
  store::session_family family;
  family.created = now_();
  family.id = *parse_ulid(fresh_ulid(static_cast<std::uint64_t>(family.created / 1000)));
  family.kind = store::session_kind::browser;
  family.account = account;
  family.expires = family.created + refresh_lifetime_s * second_us;
  family.client = printable(request.header("user-agent"), max_client_name);
  family.address = request.peer;
  const std::string cookie =
      std::string(session_prefix) + to_string(family.id) + "." + random_secret();
  family.current = sha256(cookie);
  if (auto opened = accounts_.open_session(family); !opened)
    return opened.error();
  return cookie_header(cookie, refresh_lifetime_s);
}

result<void> browser_sessions::end(const browser_session& by, const ulid& session,
                                   const listener::inbound_request& request) const {
  const auto kept = accounts_.session(session);
  if (!kept)
    return kept.error();
  if (!*kept || (*kept)->account != by.account)
    return failure{ec::not_found, "there is no such session", {}};
  return accounts_.end_session(session, {by.username, request.peer, now_(), {}});
}

listener::header_field browser_sessions::no_cookie() {
  return cookie_header("", 0);
}

browser_sessions::visitor browser_sessions::visit(const listener::inbound_request& request) {
  std::string cookie = cookie_of(request);
  if (cookie.starts_with(visitor_prefix) || cookie.starts_with(session_prefix))
    return {form_token_of(cookie), std::nullopt};
  cookie = std::string(visitor_prefix) + random_secret();
  return {form_token_of(cookie), cookie_header(cookie, 24 * 3600)};
}

bool browser_sessions::is_own_form(const listener::inbound_request& request) {
  const std::string cookie = cookie_of(request);
  const auto token = form_field(request.body, "form_token");
  return !cookie.empty() && token && equal_secrets(*token, form_token_of(cookie));
}

} // namespace spec_kitty::server
