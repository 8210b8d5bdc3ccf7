#include "app/dev_server/api.hpp"

#include "messages/protocol.hpp"
#include "util/json.hpp"
#include "util/version.hpp"

#include <algorithm>
#include <array>
#include <variant>

namespace spec_kitty::dev_server {

namespace {

/// The dev-server's own call, for people who try it out.
constexpr std::string_view events_path = "/api/v1/events/";

enum class call { offer, login, refresh, ws_token, batch, clock, events };

struct route {
  std::string_view path;
  std::string_view method;
  call what;
};

constexpr std::array<route, 7> routes = {{
    {protocol::offer_path, "GET", call::offer},
    {protocol::token_path, "POST", call::login},
    {protocol::refresh_path, "POST", call::refresh},
    {protocol::ws_token_path, "POST", call::ws_token},
    {protocol::batch_path, "POST", call::batch},
    {protocol::clock_path, "GET", call::clock},
    {events_path, "GET", call::events},
}};

std::string_view bearer_of(const http_request& request) {
  constexpr std::string_view scheme = "bearer ";
  const std::string_view value = header_of(request, "authorization").value_or("");
  const bool bearer = value.size() > scheme.size() &&
                      std::equal(scheme.begin(), scheme.end(), value.begin(), [](char a, char b) {
                        return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
                      });
  return bearer ? value.substr(scheme.size()) : std::string_view{};
}

http_response unauthorized(std::string_view message) {
  http_response response = refuse(401, message);
  response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

/// The request's body as a JSON object, or the response that refuses it.
std::variant<json_document, http_response> object_in(const http_request& request) {
  if (bare_type(header_of(request, "content-type").value_or("")) != "application/json")
    return refuse(415, "Content-Type must be application/json");
  auto document = parse_json(request.body);
  if (!document)
    return refuse(400, document.error().message);
  if (!document->IsObject())
    return refuse(400, "the body must be a JSON object");
  return std::move(*document);
}

} // namespace

http_response api::handle(const http_request& request, epoch_s now) {
  const auto found = std::find_if(routes.begin(), routes.end(), [&request](const route& entry) {
    return entry.path == request.path;
  });
  if (found == routes.end())
    return refuse(404, "no such path on the spec-kitty dev-server");
  if (found->method != request.method) {
    http_response response = refuse(405, "this path accepts only " + std::string(found->method));
    response.headers.emplace_back("Allow", found->method);
    return response;
  }
  if (found->what == call::offer)
    return offer();
  if (found->what == call::login)
    return login(request, now);
  if (found->what == call::refresh)
    return refresh(request, now);

  const token_owner* owner = tokens_.find_owner(bearer_of(request), now);
  if (owner == nullptr)
    return unauthorized("the access token is missing or not valid: log in, or refresh the session");
  switch (found->what) {
  case call::ws_token:
    return ws_token(*owner, now);
  case call::batch:
    return batches_.handle(request, *owner);
  case call::clock:
    return clock();
  default:
    return events(owner->team_slug);
  }
}

bool api::is_known(const http_request& request, epoch_s now) const {
  return tokens_.find_owner(bearer_of(request), now) != nullptr;
}

http_response api::login(const http_request& request, epoch_s now) {
  const auto body = object_in(request);
  if (const auto* refused = std::get_if<http_response>(&body))
    return *refused;
  const auto username = text_of(std::get<json_document>(body), "username");
  const auto password = text_of(std::get<json_document>(body), "password");
  if (!username || !password)
    return refuse(400, "the body must hold username and password, both strings");
  return hand_out(tokens_.login(*username, *password, now), "wrong username or password");
}

http_response api::refresh(const http_request& request, epoch_s now) {
  const auto body = object_in(request);
  if (const auto* refused = std::get_if<http_response>(&body))
    return *refused;
  const auto token = text_of(std::get<json_document>(body), "refresh");
  if (!token)
    return refuse(400, "the body must hold refresh, a string");
  return hand_out(tokens_.refresh(*token, now), "the session has ended: log in again");
}

http_response api::hand_out(const std::optional<token_grant>& grant, std::string_view refusal) {
  if (!grant)
    return unauthorized(refusal);
  if (const auto saved = save_(tokens_.to_json()); !saved)
    return refuse(500, saved.error().message);
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "access", grant->access);
  if (grant->refresh)
    field(out, "refresh", *grant->refresh);
  field(out, "access_lifetime", static_cast<std::uint64_t>(tokens_.rules().access_lifetime_s));
  field(out, "refresh_lifetime", static_cast<std::uint64_t>(tokens_.rules().refresh_lifetime_s));
  field(out, "team_slug", grant->team_slug);
  out.EndObject();
  return {200, to_text(buffer), {{"Cache-Control", "no-store"}}, {}};
}

http_response api::ws_token(const token_owner& owner, epoch_s now) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "ws_token", tokens_.issue_ws(owner, now));
  out.EndObject();
  return {200, to_text(buffer), {{"Cache-Control", "no-store"}}, {}};
}

http_response api::offer() const {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "server", "spec-kitty-dev-server");
  field(out, "version", version);
  key(out, "protocol");
  out.StartObject();
  field(out, "min", std::uint64_t{1});
  field(out, "max", std::uint64_t{1});
  out.EndObject();
  key(out, "capabilities");
  out.StartArray();
  out.EndArray();
  key(out, "limits");
  out.StartObject();
  const std::size_t max_events = batches_.rules().max_events;
  field(out, "max_batch_events", std::uint64_t{max_events});
  if (max_events > protocol::max_batch_events) // batches of so many events need the bytes too
    field(out, "max_batch_bytes", std::uint64_t{max_batch_bytes});
  out.EndObject();
  out.EndObject();
  return {200, to_text(buffer), {}, {}};
}

http_response api::clock() const {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "lamport_clock", log_.highest_lamport());
  out.EndObject();
  return {200, to_text(buffer), {}, {}};
}

http_response api::events(const std::string& team_slug) const {
  auto inside = log_.events_of(team_slug);
  if (!inside)
    return refuse(500, inside.error().message);
  return {200, "{\"events\":[" + *inside + "]}", {}, {}};
}

} // namespace spec_kitty::dev_server
