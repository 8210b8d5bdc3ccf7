#include "util/url.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <charconv>

namespace spec_kitty {

namespace {

/// Four decimal octets, the first of them 127. None with a leading zero: `0127.0.0.1` is octal to
/// others, another machine.
bool is_127(std::string_view host) {
  int octets = 0;
  while (!host.empty()) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(host.data(), host.data() + host.size(), value);
    const bool padded = host.front() == '0' && end != host.data() + 1;
    if (error != std::errc{} || padded || value > 255 || (octets == 0 && value != 127))
      return false;
    ++octets;
    host.remove_prefix(static_cast<std::size_t>(end - host.data()));
    if (host.empty())
      break;
    if (host.front() != '.' || host.size() == 1)
      return false;
    host.remove_prefix(1);
  }
  return octets == 4;
}

} // namespace

bool is_loopback_host(std::string_view host) {
  return host == "localhost" || host == "[::1]" || is_127(host);
}

std::string server_url::origin() const {
  return scheme + "://" + host + ":" + std::to_string(port);
}

std::string server_url::at(std::string_view api_path) const {
  return origin() + path + std::string(api_path);
}

result<server_url> parse_server_url(std::string_view text) {
  const auto bad = [&](const std::string& why) {
    return failure{ec::bad_url, "server URL \"" + std::string(text) + "\" " + why,
                   "give a URL such as https://sync.example.com"};
  };
  // No byte that could end a header, a line or an argument gets any further.
  if (std::any_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte <= 0x20 || byte >= 0x7F || c == '"' || c == '\\';
      }))
    return bad("holds a space or a character that a URL cannot have");
  const auto scheme_end = text.find("://");
  server_url url;
  url.scheme = lower_case(text.substr(0, scheme_end));
  if (scheme_end == std::string_view::npos || (url.scheme != "https" && url.scheme != "http"))
    return bad("does not begin with https://");
  std::string_view rest = text.substr(scheme_end + 3);
  if (rest.find_first_of("?#") != std::string_view::npos)
    return bad("has a query or fragment");
  const auto slash = rest.find('/');
  std::string_view authority = rest.substr(0, slash);
  if (authority.find('@') != std::string_view::npos)
    return failure{ec::bad_url, "the server URL holds a user name or password",
                   "give the URL without them, then run: spec-kitty auth login"};
  url.path = slash == std::string_view::npos ? "" : std::string(rest.substr(slash));
  while (url.path.ends_with('/'))
    url.path.pop_back();

  const auto bracket = authority.rfind(']');
  const auto colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  url.host = lower_case(authority.substr(0, colon));
  url.port = url.scheme == "https" ? 443 : 80;
  if (colon != std::string_view::npos) {
    const auto port = whole_number<int>(authority.substr(colon + 1));
    if (!port || *port < 1 || *port > 65535)
      return bad("has no usable port");
    url.port = *port;
  }
  if (url.host.empty())
    return bad("names no host");
  if (url.scheme == "http" && !is_loopback_host(url.host))
    return failure{ec::bad_url,
                   "server URL \"" + std::string(text) +
                       "\" is plain http to another machine: a token would travel in clear text",
                   "use https://"};
  return url;
}

} // namespace spec_kitty
