#include "actors/auth/tokens.hpp"

#include "actors/http/transport_failure.hpp"
#include "config/token_claims.hpp"
#include "messages/event.hpp"
#include "messages/protocol.hpp"
#include "util/json.hpp"
#include "util/text.hpp"
#include "util/timestamp.hpp"

#include <algorithm>

namespace spec_kitty {

namespace {

/// No machine token ends on this side: the server says when it is over.
constexpr std::int64_t machine_token_lifetime_s = 10LL * 365 * 86400;
constexpr std::size_t max_named_teams = 20; ///< of those that a refused login prints
constexpr std::size_t max_role_bytes = 32;

/// A lifetime under either of its names, sane: 1 s to 10 years.
std::int64_t lifetime(const json_value& reply, const char* name, const char* synonym,
                      std::int64_t fallback) {
  auto seconds = whole_number_of(reply, name);
  if (!seconds)
    seconds = whole_number_of(reply, synonym);
  constexpr std::int64_t ten_years = 10LL * 365 * 86400;
  return seconds && *seconds > 0 && *seconds <= ten_years ? *seconds : fallback;
}

/// A token is one printable word: anything else could break a header or a file.
bool is_token(const std::optional<std::string>& text) {
  if (!text || text->empty() || text->size() > 16384)
    return false;
  for (const char c : *text)
    if (c <= 0x20 || c >= 0x7F || c == '"' || c == '\\')
      return false;
  return true;
}

failure not_the_protocol(std::string_view what) {
  return {ec::transport, "the server's reply is not a valid " + std::string(what),
          "check sync.server_url with: spec-kitty sync server"};
}

/// A role is a word of lower-case letters; anything else is passed over.
bool is_role(const std::optional<std::string>& text) {
  return text && !text->empty() && text->size() <= max_role_bytes &&
         text->find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos;
}

/// An account of several teams has to name one.
failure team_needed(const json_value& body, std::string_view username) {
  std::string names;
  std::string first;
  std::size_t count = 0;
  const json_value* teams = member(body, "teams");
  if (teams != nullptr && teams->IsArray())
    for (const auto& team : teams->GetArray()) {
      if (!team.IsString() || team.GetStringLength() == 0 || ++count > max_named_teams)
        continue;
      const std::string name = excerpt({team.GetString(), team.GetStringLength()}, max_team_slug);
      names += (names.empty() ? "" : ", ") + name;
      first = first.empty() ? name : first;
    }
  if (count > max_named_teams)
    names += " and " + std::to_string(count - max_named_teams) + " more";
  return {ec::login_refused,
          std::string(username) + " is in several teams" + (names.empty() ? "" : ": " + names),
          "name one: spec-kitty auth login --username " + shell_word(std::string(username)) +
              " --team " + (first.empty() ? "TEAM" : shell_word(first))};
}

/// Two have used the same session: a copy of the home, or somebody who took the tokens.
failure session_reused(std::string_view username) {
  return {ec::login_required,
          "the server ended the session of " + std::string(username) +
              ", because one of its tokens was used twice: a copy of this home is in use, or "
              "somebody took the token; if you know of no copy, change the password",
          "run: spec-kitty auth login"};
}

/// What a login that was not accepted means.
failure login_failure(const http_reply& reply, std::string_view username) {
  const auto body = server_object(reply);
  if (!body)
    return transport_failure(reply, login_exchange);
  if (reply.status == 401)
    return {ec::login_refused, "the server refused the user name or password",
            "check both and run: spec-kitty auth login"};
  if (reply.status == 409 && text_of(*body, "error_code") == "team_required")
    return team_needed(*body, username);
  const bool says_why = member(*body, "error_code") != nullptr || member(*body, "error") != nullptr;
  if (reply.status == 403 && says_why) // a proxy's refusal is of another form
    return {ec::login_refused, "the server does not let this account into the team",
            "check --team, or ask an admin of the team"};
  if (reply.status == 429)
    return {ec::transport, "the server takes no more logins for now: too many have failed",
            "wait a minute, then run: spec-kitty auth login"};
  return transport_failure(reply, login_exchange);
}

/// Fills a session from a 200 reply; `before` supplies what the reply may leave out.
result<credentials> adopt_reply(const http_reply& reply, const credentials& before,
                                std::int64_t now_s) {
  const auto body = server_object(reply);
  if (!body)
    return not_the_protocol("token reply");
  const auto access = text_of(*body, "access");
  if (!is_token(access))
    return not_the_protocol("token reply");
  credentials after = before;
  after.access = *access;
  after.refresh_key.clear(); // whatever came, it was the answer under that key
  if (is_token(text_of(*body, "refresh"))) {
    after.refresh = *text_of(*body, "refresh");
    after.refresh_expires_at = now_s + lifetime(*body, "refresh_lifetime", "refresh_expires_in",
                                                protocol::default_refresh_lifetime_s);
  }
  if (after.refresh.empty())
    return not_the_protocol("token reply");
  after.access_expires_at =
      now_s + lifetime(*body, "access_lifetime", "expires_in", protocol::default_access_lifetime_s);
  auto team = text_of(*body, "team_slug");
  if (!team || team->empty())
    team = claim_of(after.access, "team_slug");
  if (team && !is_usable_team(*team))
    return failure{ec::login_refused, "the server sent a team name that cannot be used",
                   "ask the server's operator: a team name has at most 255 bytes, no control "
                   "characters, and is not `local`"};
  if (team && !team->empty())
    after.team_slug = *team;
  auto role = text_of(*body, "role");
  if (!is_role(role))
    role = claim_of(after.access, "role");
  if (is_role(role))
    after.role = *role;
  return after;
}

} // namespace

std::string login_body(std::string_view username, std::string_view password,
                       std::string_view team) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "username", username);
  field(out, "password", password);
  if (!team.empty())
    field(out, "team_slug", team);
  out.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::string refresh_body(std::string_view refresh) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "refresh", refresh);
  out.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

result<credentials> read_login_reply(const http_reply& reply, std::string_view username,
                                     std::string_view origin, std::int64_t now_s) {
  if (reply.outcome != http_outcome::answered || reply.status != 200)
    return login_failure(reply, username);
  credentials fresh;
  fresh.username = username;
  fresh.server = origin;
  auto session = adopt_reply(reply, fresh, now_s);
  if (session && session->username.empty())
    session->username =
        excerpt(claim_of(session->access, "sub").value_or("unknown"), max_team_slug);
  return session;
}

result<credentials> read_refresh_reply(const http_reply& reply, const credentials& before,
                                       std::int64_t now_s) {
  if (const auto body = reply.status == 401 ? server_object(reply) : std::nullopt)
    return text_of(*body, "error_code") == "session_reused"
               ? session_reused(before.username)
               : failure{ec::login_required, "the session of " + before.username + " has ended",
                         "run: spec-kitty auth login"};
  if (reply.outcome != http_outcome::answered || reply.status != 200)
    return transport_failure(reply, "token refresh");
  return adopt_reply(reply, before, now_s);
}

result<credentials> read_machine_token_reply(const http_reply& reply, std::string_view token,
                                             std::string_view origin, std::int64_t now_s) {
  if (!token.starts_with(protocol::machine_token_prefix) || !is_token(std::string(token)))
    return failure{ec::login_refused, "this is not a token for a machine: it begins with skt_",
                   "make one on the server: spec-kitty-server token create"};
  const bool by_server = server_object(reply).has_value();
  if (reply.status == 401 && by_server)
    return failure{ec::login_refused, "the server does not accept this token",
                   "ask an administrator for a new one: spec-kitty-server token create"};
  // A server may lack the call, or let this token only send.
  const bool known = reply.status == 200 || reply.status == 403 || reply.status == 404;
  if (reply.outcome != http_outcome::answered || !known || !by_server)
    return transport_failure(reply, login_exchange);
  credentials fresh;
  fresh.access = token;
  fresh.access_expires_at = now_s + machine_token_lifetime_s;
  fresh.username = "token";
  fresh.server = origin;
  return fresh;
}

void read_account(const http_reply& reply, credentials& session) {
  const auto body = reply.status == 200 ? server_object(reply) : std::nullopt;
  const json_value* account = body ? member(*body, "account") : nullptr;
  if (account == nullptr)
    return;
  if (const auto name = text_of(*account, "username"); name && !name->empty())
    session.username = excerpt(*name, max_team_slug);
  if (const auto team = text_of(*account, "team_slug");
      team && !team->empty() && is_usable_team(*team))
    session.team_slug = *team;
  if (const auto role = text_of(*account, "role"); is_role(role))
    session.role = *role;
}

std::optional<result<void>> read_revoke_reply(const http_reply& reply) {
  if (reply.outcome != http_outcome::answered)
    return transport_failure(reply, "logout");
  if (reply.status == 404 || reply.status == 405)
    return std::nullopt;
  const bool by_server = server_object(reply).has_value();
  const bool ended =
      reply.status == 204 || (by_server && (reply.status == 200 || reply.status == 401));
  return ended ? result<void>{} : result<void>(transport_failure(reply, "logout"));
}

result<void> read_revocation(const http_reply& reply) {
  if (reply.status == 401 && server_object(reply))
    return {};
  if (reply.outcome != http_outcome::answered || reply.status != 200)
    return transport_failure(reply, "logout");
  const auto body = server_object(reply);
  if (body && is_token(text_of(*body, "refresh")))
    return {};
  return failure{ec::transport, "the server cannot end a session before it expires", {}};
}

failure session_over(const credentials& session) {
  const auto ended = std::max(session.access_expires_at, session.refresh_expires_at);
  return {ec::login_required,
          "the session of " + session.username + " ended at " + format_timestamp(ended * 1000000),
          "run: spec-kitty auth login" + (session.username.empty()
                                              ? std::string()
                                              : " --username " + shell_word(session.username))};
}

token_step next_token_step(const std::optional<credentials>& session, std::string_view origin,
                           std::string_view failed_access, std::int64_t now_s) {
  if (!session)
    return token_step::log_in;
  if (session->server != origin)
    return token_step::wrong_home;
  const bool refused = session->access.empty() || session->access == failed_access;
  if (!refused && session->access_expires_at > now_s + expiry_margin_s)
    return token_step::use;
  const bool can_refresh = !session->refresh.empty() && session->refresh_expires_at > now_s;
  return can_refresh ? token_step::refresh : token_step::log_in;
}

} // namespace spec_kitty
