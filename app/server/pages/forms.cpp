#include "app/server/pages/forms.hpp"

#include "util/text.hpp"
#include "util/url.hpp"

namespace spec_kitty::server {

namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::optional<std::string> form_decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '+') {
      out += ' ';
    } else if (text[at] == '%') {
      const int high = at + 2 < text.size() ? hex_value(text[at + 1]) : -1;
      const int low = at + 2 < text.size() ? hex_value(text[at + 2]) : -1;
      if (high < 0 || low < 0)
        return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      at += 2;
    } else {
      out += text[at];
    }
  }
  return out;
}

/// `host:port` with the port of the scheme where none is named; nothing for what is not a host.
std::optional<server_url> host_of(std::string_view scheme, std::string_view host) {
  if (host.empty() || host.find_first_of("/?#@\\ ") != std::string_view::npos)
    return std::nullopt;
  const auto url = parse_server_url(std::string(scheme) + "://" + std::string(host));
  return url ? std::optional(*url) : std::nullopt;
}

/// The origin of the host that the request names; nothing where it is not this server.
std::optional<std::string> own_origin(const listener::inbound_request& request,
                                      std::string_view url) {
  const auto own = parse_server_url(url);
  const auto named = own && request.count("host") == 1
                         ? host_of(own->scheme, request.header("host"))
                         : std::nullopt;
  if (!named || named->port != own->port)
    return std::nullopt;
  const bool same =
      named->host == own->host || (is_loopback_host(named->host) && is_loopback_host(own->host));
  return same ? std::optional(named->origin()) : std::nullopt;
}

bool is_origin(std::string_view text, const std::string& own) {
  const auto origin = parse_server_url(text);
  return origin && origin->path.empty() && origin->origin() == own;
}

} // namespace

std::optional<std::string> form_field(std::string_view body, std::string_view name) {
  std::optional<std::string> found;
  while (!body.empty()) {
    const auto end = body.find('&');
    const std::string_view pair = body.substr(0, end);
    body = end == std::string_view::npos ? std::string_view{} : body.substr(end + 1);
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos || pair.substr(0, equals) != name)
      continue;
    if (found)
      return std::nullopt;
    found = form_decoded(pair.substr(equals + 1));
    if (!found)
      return std::nullopt;
  }
  return found;
}

bool has_own_host(const listener::inbound_request& request, std::string_view url) {
  return own_origin(request, url).has_value();
}

bool is_from_this_site(const listener::inbound_request& request, std::string_view url) {
  const auto own = own_origin(request, url);
  const auto site = request.header("sec-fetch-site");
  if (!own || (!site.empty() && site != "same-origin" && site != "none"))
    return false;
  const auto origin = request.header("origin");
  return origin.empty() || is_origin(origin, *own);
}

bool may_open_by_cookie(const listener::inbound_request& request, std::string_view url) {
  const auto own = own_origin(request, url);
  return own && request.count("origin") == 1 && is_origin(request.header("origin"), *own);
}

} // namespace spec_kitty::server
