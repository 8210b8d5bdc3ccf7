#include "actors/auth/tokens.hpp"

#include "actors/http/transport_failure.hpp"
#include "messages/event.hpp"
#include "messages/protocol.hpp"
#include "util/json.hpp"

namespace spec_kitty {

namespace {

std::optional<std::string> decode_base64url(std::string_view text) {
  std::string out;
  unsigned buffer = 0;
  int bits = 0;
  for (const char c : text) {
    unsigned value = 0;
    if (c >= 'A' && c <= 'Z')
      value = static_cast<unsigned>(c - 'A');
    else if (c >= 'a' && c <= 'z')
      value = static_cast<unsigned>(c - 'a' + 26);
    else if (c >= '0' && c <= '9')
      value = static_cast<unsigned>(c - '0' + 52);
    else if (c == '-' || c == '+')
      value = 62;
    else if (c == '_' || c == '/')
      value = 63;
    else if (c == '=')
      break;
    else
      return std::nullopt;
    buffer = buffer << 6 | value;
    if ((bits += 6) >= 8) {
      bits -= 8;
      out += static_cast<char>(buffer >> bits & 0xFF);
    }
  }
  return out;
}

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

/// It becomes a key of the store and a header's value.
bool is_usable_team(std::string_view team) {
  for (const char c : team)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      return false;
  return team != local_team && team.size() <= max_team_slug;
}

failure not_the_protocol(std::string_view what) {
  return {ec::transport, "the server's reply is not a valid " + std::string(what),
          "check sync.server_url with: spec-kitty sync server"};
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
    team = team_slug_claim(after.access);
  if (team && !is_usable_team(*team))
    return failure{ec::login_refused, "the server sent a team name that cannot be used",
                   "ask the server's operator: a team name has at most 255 bytes, no control "
                   "characters, and is not `local`"};
  if (team && !team->empty())
    after.team_slug = *team;
  return after;
}

} // namespace

std::string login_body(std::string_view username, std::string_view password) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "username", username);
  field(out, "password", password);
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

std::optional<std::string> team_slug_claim(std::string_view token) {
  const auto first = token.find('.');
  const auto second = token.find('.', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos)
    return std::nullopt;
  const auto text = decode_base64url(token.substr(first + 1, second - first - 1));
  const auto claims = text ? parse_json(*text) : result<json_document>(failure{});
  return claims ? text_of(*claims, "team_slug") : std::nullopt;
}

result<credentials> read_login_reply(const http_reply& reply, std::string_view username,
                                     std::string_view origin, std::int64_t now_s) {
  if (reply.status == 401 && server_object(reply))
    return failure{ec::login_refused, "the server refused the user name or password",
                   "check both and run: spec-kitty auth login"};
  if (reply.outcome != http_outcome::answered || reply.status != 200)
    return transport_failure(reply, login_exchange);
  credentials fresh;
  fresh.username = username;
  fresh.server = origin;
  return adopt_reply(reply, fresh, now_s);
}

result<credentials> read_refresh_reply(const http_reply& reply, const credentials& before,
                                       std::int64_t now_s) {
  if (reply.status == 401 && server_object(reply))
    return failure{ec::login_required, "the session of " + before.username + " has ended",
                   "run: spec-kitty auth login"};
  if (reply.outcome != http_outcome::answered || reply.status != 200)
    return transport_failure(reply, "token refresh");
  return adopt_reply(reply, before, now_s);
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
