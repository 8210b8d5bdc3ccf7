#include "app/board/local/guard.hpp"

#include <array>

namespace spec_kitty::board {

using listener::error_reply;
using listener::inbound_request;
using listener::outbound_reply;

namespace {

bool is_own_host(std::string_view host, std::uint16_t port) {
  const std::string suffix = ":" + std::to_string(port);
  return host == "127.0.0.1" + suffix || host == "localhost" + suffix;
}

bool is_own_origin(std::string_view origin, std::uint16_t port) {
  constexpr std::string_view scheme = "http://";
  return origin.starts_with(scheme) && is_own_host(origin.substr(scheme.size()), port);
}

std::optional<outbound_reply> refuse_host(const inbound_request& request,
                                          const guard_settings& settings) {
  if (request.count("host") == 1 && is_own_host(request.header("host"), settings.port))
    return std::nullopt;
  return error_reply(421, "wrong_host", "this board answers for 127.0.0.1 and localhost alone",
                     request.id);
}

std::optional<outbound_reply> refuse_origin(const inbound_request& request,
                                            const guard_settings& settings) {
  const auto site = request.header("sec-fetch-site");
  const bool own_origin =
      request.count("origin") == 0 ||
      (request.count("origin") == 1 && is_own_origin(request.header("origin"), settings.port));
  const bool own_site = site.empty() || site == "same-origin" || site == "none";
  if (own_origin && own_site)
    return std::nullopt;
  return error_reply(403, "wrong_origin", "only the board's own page may ask this", request.id);
}

} // namespace

bool is_same_secret(std::string_view given, std::string_view right) {
  unsigned difference = given.size() == right.size() ? 0U : 1U;
  for (std::size_t i = 0; i < right.size(); ++i) {
    const char other = i < given.size() ? given[i] : '\0';
    difference |= static_cast<unsigned char>(other) ^ static_cast<unsigned char>(right[i]);
  }
  return difference == 0;
}

std::optional<outbound_reply> refuse_page(const inbound_request& request,
                                          const guard_settings& settings) {
  return refuse_host(request, settings);
}

std::optional<outbound_reply> refuse_stream(const inbound_request& request,
                                            const guard_settings& settings) {
  if (auto refused = refuse_host(request, settings))
    return refused;
  if (request.count("origin") != 1)
    return error_reply(403, "wrong_origin", "only the board's own page may ask this", request.id);
  return refuse_origin(request, settings);
}

std::optional<outbound_reply> refuse(const inbound_request& request,
                                     const guard_settings& settings) {
  constexpr std::string_view scheme = "Bearer ";
  if (auto refused = refuse_host(request, settings))
    return refused;
  if (auto refused = refuse_origin(request, settings))
    return refused;
  const auto given = request.header("authorization");
  if (!given.starts_with(scheme) || !is_same_secret(given.substr(scheme.size()), settings.token)) {
    auto refused = error_reply(401, "wrong_token",
                               "the token is not this board's; open the address that spec-kitty "
                               "board printed",
                               request.id);
    refused.headers.push_back({"WWW-Authenticate", "Bearer"});
    return refused;
  }
  if (request.method == "POST" && request.header("x-board").empty())
    return error_reply(403, "wrong_origin", "a change needs the header X-Board", request.id);
  return std::nullopt;
}

} // namespace spec_kitty::board
