#include "actors/auth/device_reply.hpp"

#include "actors/auth/tokens.hpp"
#include "actors/http/transport_failure.hpp"
#include "messages/protocol.hpp"
#include "util/json.hpp"
#include "util/text.hpp"
#include "util/url.hpp"

#include <algorithm>

namespace spec_kitty {

namespace {

using std::chrono::seconds;

constexpr std::size_t max_user_code = 32;
constexpr std::size_t max_link = 2048;
constexpr std::size_t max_device_code = 4096;
constexpr seconds default_interval{5};
constexpr seconds default_lifetime{600};
constexpr seconds slow_down_by{5}; ///< RFC 8628, section 3.5

bool is_printable_word(std::string_view text, std::size_t most) {
  return !text.empty() && text.size() <= most &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

/// Whether a link leads to a page of the server itself: a person signs in there.
bool is_of_origin(std::string_view link, std::string_view origin) {
  const auto server = parse_server_url(std::string(link.substr(0, link.find_first_of("?#"))));
  return is_printable_word(link, max_link) && server && server->origin() == origin;
}

seconds bounded(const json_value& body, const char* name, seconds fallback, seconds least,
                seconds most) {
  const auto value = whole_number_of(body, name);
  return value ? seconds(std::clamp<std::int64_t>(*value, least.count(), most.count())) : fallback;
}

} // namespace

std::string device_code_body(std::string_view client, std::string_view host,
                             std::string_view team) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "client", client);
  field(out, "host", host);
  if (!team.empty())
    field(out, "team_slug", team);
  out.EndObject();
  return to_text(buffer);
}

std::string device_token_body(std::string_view code) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "device_code", code);
  field(out, "grant_type", protocol::device_grant);
  out.EndObject();
  return to_text(buffer);
}

result<device_code> read_device_code(const http_reply& reply, std::string_view origin) {
  const auto body = server_object(reply);
  if (reply.outcome == http_outcome::answered && reply.status == 429 && body)
    return failure{ec::transport, "the server takes no more logins for now",
                   "wait a minute, then run: spec-kitty auth login"};
  if (reply.outcome != http_outcome::answered || reply.status != 200 || !body)
    return transport_failure(reply, login_exchange);
  device_code out;
  out.wait.code = text_of(*body, "device_code").value_or("");
  out.user_code = text_of(*body, "user_code").value_or("");
  out.link = text_of(*body, "verification_uri").value_or("");
  out.full_link = text_of(*body, "verification_uri_complete").value_or("");
  const bool usable = is_printable_word(out.wait.code, max_device_code) &&
                      is_printable_word(out.user_code, max_user_code) &&
                      is_of_origin(out.link, origin);
  if (!usable)
    return failure{ec::transport, "the server's reply is not a valid device login",
                   "log in with a password: spec-kitty auth login --username NAME"};
  if (!is_of_origin(out.full_link, origin))
    out.full_link.clear();
  out.wait.interval = bounded(*body, "interval", default_interval, seconds(1), seconds(60));
  out.wait.expires_in =
      bounded(*body, "expires_in", default_lifetime, seconds(30), std::chrono::minutes(30));
  return out;
}

device_outcome read_device_outcome(const http_reply& reply, std::string_view origin,
                                   std::int64_t now_s) {
  const auto body = server_object(reply);
  if (reply.outcome != http_outcome::answered || !body)
    return device_unclear{};
  if (reply.status == 200) {
    auto session = read_login_reply(reply, {}, origin, now_s);
    return session ? device_outcome(std::move(*session)) : device_outcome(session.error());
  }
  const std::string error = text_of(*body, "error").value_or("");
  if (reply.status == 400 && error == "authorization_pending")
    return device_pending{};
  if (reply.status == 400 && error == "slow_down")
    return device_pending{slow_down_by};
  if (reply.status == 400 && error == "access_denied")
    return failure{ec::login_refused, "the login was denied in the browser",
                   "to try again, run: spec-kitty auth login"};
  if (reply.status == 400 && error == "expired_token")
    return failure{ec::login_refused, "the code has expired, or was used",
                   "to get another one, run: spec-kitty auth login"};
  if (reply.status == 429 || reply.status == 408 || reply.status >= 500)
    return device_unclear{};
  return transport_failure(reply, login_exchange);
}

} // namespace spec_kitty
