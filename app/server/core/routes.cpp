#include "app/server/core/routes.hpp"

#include "messages/protocol.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>

namespace spec_kitty::server {

namespace {

constexpr std::array<route, 20> all_routes = {{
    {"/api/v1/", "GET", call::offer, std::nullopt},
    {protocol::token_path, "POST", call::login, std::nullopt},
    {protocol::refresh_path, "POST", call::refresh, std::nullopt},
    {"/api/v1/token/revoke/", "POST", call::revoke, std::nullopt},
    {protocol::device_code_path, "POST", call::device_code, std::nullopt},
    {protocol::device_token_path, "POST", call::device_token, std::nullopt},
    {protocol::ws_token_path, "POST", call::ws_token, action::listen},
    {protocol::batch_path, "POST", call::batch, action::send_events},
    {protocol::events_path, "GET", call::events, action::read_events},
    {protocol::clock_path, "GET", call::clock, action::read_events},
    {protocol::ws_path, "GET", call::websocket, action::listen},
    {"/board/home", "GET", call::board, std::nullopt},
    {"/board/state", "GET", call::board, std::nullopt},
    {"/board/events", "GET", call::board, std::nullopt},
    {"/board/transitions", "GET", call::board, std::nullopt},
    {"/board/counts", "GET", call::board, std::nullopt},
    {board_stream_path, "GET", call::board_stream, std::nullopt},
    {"/healthz", "GET", call::health, std::nullopt},
    {"/readyz", "GET", call::readiness, std::nullopt},
    {"/metrics", "GET", call::metrics, std::nullopt},
}};

} // namespace

std::span<const route> routes() {
  return all_routes;
}

const route* route_of(std::string_view path) {
  const auto* const found = std::find_if(all_routes.begin(), all_routes.end(),
                                         [path](const route& entry) { return entry.path == path; });
  return found == all_routes.end() ? nullptr : found;
}

bool speaks_protocol(std::string_view header_value) {
  if (header_value.empty())
    return true;
  const auto version = whole_number<std::uint32_t>(header_value);
  return version && *version >= min_protocol && *version <= max_protocol;
}

std::string_view bearer_of(std::string_view authorization) {
  constexpr std::string_view scheme = "bearer ";
  if (authorization.size() <= scheme.size() ||
      lower_case(authorization.substr(0, scheme.size())) != scheme)
    return {};
  return authorization.substr(scheme.size());
}

std::string media_type_of(std::string_view header_value) {
  constexpr std::string_view blank = " \t";
  header_value = header_value.substr(0, header_value.find(';'));
  const auto first = header_value.find_first_not_of(blank);
  if (first == std::string_view::npos)
    return {};
  return lower_case(header_value.substr(first, header_value.find_last_not_of(blank) - first + 1));
}

} // namespace spec_kitty::server
