#include "config/proxy.hpp"

#include "util/text.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <initializer_list>
#include <optional>

namespace spec_kitty {

namespace {

constexpr int default_port = 1080;

failure not_a_proxy(const std::string& why) {
  return {ec::bad_config, "the proxy " + why,
          "give http://HOST:PORT or http://USER:PASSWORD@HOST:PORT"};
}

/// The bytes of an IP address without brackets, 4 or 16; nothing for a name.
std::optional<std::string> address_bytes(std::string_view host) {
  const std::string text(host);
  std::array<char, sizeof(in6_addr)> bytes{};
  if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1)
    return std::string(bytes.data(), sizeof(in_addr));
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1)
    return std::string(bytes.data(), sizeof(in6_addr));
  return std::nullopt;
}

bool same_bits(const std::string& left, const std::string& right, unsigned bits) {
  if (left.size() != right.size() || bits > left.size() * 8)
    return false;
  const unsigned whole = bits / 8;
  if (left.compare(0, whole, right, 0, whole) != 0)
    return false;
  if (bits % 8 == 0)
    return true;
  const auto mask = static_cast<unsigned char>(0xFFU << (8 - bits % 8));
  return (static_cast<unsigned char>(left[whole]) & mask) ==
         (static_cast<unsigned char>(right[whole]) & mask);
}

std::string_view without_brackets(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']'))
    return host.substr(1, host.size() - 2);
  return host;
}

/// One entry of a list.
bool exempts(std::string_view entry, std::string_view host,
             const std::optional<std::string>& address) {
  if (entry == "*")
    return true;
  const auto slash = entry.find('/');
  const auto network = address_bytes(without_brackets(entry.substr(0, slash)));
  if (address || network) {
    if (!address || !network)
      return false;
    const auto bits = slash == std::string_view::npos
                          ? std::optional(static_cast<unsigned>(network->size() * 8))
                          : whole_number<unsigned>(entry.substr(slash + 1));
    return bits && same_bits(*address, *network, *bits);
  }
  while (entry.starts_with('.'))
    entry.remove_prefix(1);
  if (entry.empty() || !host.ends_with(entry))
    return false;
  return host.size() == entry.size() || host[host.size() - entry.size() - 1] == '.';
}

} // namespace

std::string proxy_url::shown() const {
  return scheme + "://" + host + ":" + std::to_string(port);
}

result<proxy_url> parse_proxy(std::string_view text) {
  if (text.size() > 2048 || std::any_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte <= 0x20 || byte >= 0x7F || c == '"' || c == '\\';
      }))
    return not_a_proxy("holds a space or a character that a URL cannot have");
  proxy_url proxy;
  const auto scheme_end = text.find("://");
  proxy.scheme =
      scheme_end == std::string_view::npos ? "http" : lower_case(text.substr(0, scheme_end));
  std::string_view rest = scheme_end == std::string_view::npos ? text : text.substr(scheme_end + 3);
  if (proxy.scheme.empty() ||
      proxy.scheme.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") != std::string::npos)
    return not_a_proxy("has no usable scheme");
  rest = rest.substr(0, rest.find_first_of("/?#"));
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    const auto account = rest.substr(0, at);
    const auto colon = account.find(':');
    proxy.user = account.substr(0, colon);
    proxy.password = colon == std::string_view::npos ? "" : account.substr(colon + 1);
    rest = rest.substr(at + 1);
  }
  const auto bracket = rest.rfind(']');
  const auto colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
  proxy.host = lower_case(rest.substr(0, colon));
  proxy.port = default_port;
  if (colon != std::string_view::npos) {
    const auto port = whole_number<int>(rest.substr(colon + 1));
    if (!port || *port < 1 || *port > 65535)
      return not_a_proxy("has no usable port");
    proxy.port = *port;
  }
  if (proxy.host.empty() || proxy.host.size() > 255)
    return not_a_proxy("names no host");
  return proxy;
}

result<void> check_proxy_setting(std::string_view text) {
  if (text.empty() || text == no_proxy_word)
    return {};
  constexpr std::array<std::string_view, 5> words_for_none = {"off", "no", "false", "direct", "-"};
  if (std::find(words_for_none.begin(), words_for_none.end(), lower_case(text)) !=
      words_for_none.end())
    return failure{ec::bad_config, "the proxy does not begin with http://",
                   "for none: spec-kitty config set sync.proxy " + std::string(no_proxy_word)};
  const auto proxy = parse_proxy(text);
  if (!proxy)
    return proxy.error();
  if (proxy->scheme != "http" || !text.starts_with("http://"))
    return not_a_proxy("does not begin with http://");
  const auto behind = text.substr(text.rfind('@') == std::string_view::npos ? 7 : text.rfind('@'));
  return behind.find(':') == std::string_view::npos ? result<void>(not_a_proxy("names no port"))
                                                    : result<void>{};
}

std::string shown_proxy(std::string_view text) {
  if (text.empty() || text == no_proxy_word)
    return std::string(text);
  const auto proxy = parse_proxy(text);
  if (!proxy)
    return "(unreadable)";
  return proxy->user.empty() && proxy->password.empty()
             ? proxy->shown()
             : proxy->scheme + "://***@" + proxy->host + ":" + std::to_string(proxy->port);
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = text[at] == '%' && at + 2 < text.size()
                          ? whole_number<unsigned>(text.substr(at + 1, 2), 16)
                          : std::nullopt;
    if (byte) {
      out += static_cast<char>(*byte);
      at += 2;
    } else {
      out += text[at];
    }
  }
  return out;
}

bool is_exempt_from_proxy(std::string_view no_proxy, std::string_view host) {
  const std::string name = lower_case(without_brackets(host));
  const auto address = address_bytes(name);
  for (std::size_t at = 0; at < no_proxy.size();) {
    const auto begin = no_proxy.find_first_not_of(", \t", at);
    if (begin == std::string_view::npos)
      return false;
    const auto end = no_proxy.find_first_of(", \t", begin);
    if (exempts(lower_case(no_proxy.substr(begin, end - begin)), name, address))
      return true;
    at = end == std::string_view::npos ? no_proxy.size() : end;
  }
  return false;
}

std::string proxy_for(const server_url& server, std::string_view setting,
                      const std::function<std::string(const char*)>& variable) {
  if (server.scheme == "http") // this machine itself: a proxy would see the token
    return {};
  if (!setting.empty())
    return setting == no_proxy_word ? std::string() : std::string(setting);
  const auto first_set = [&](std::initializer_list<const char*> names) {
    for (const char* name : names)
      if (auto value = variable(name); !value.empty())
        return value;
    return std::string();
  };
  if (is_exempt_from_proxy(first_set({"no_proxy", "NO_PROXY"}), server.host))
    return {};
  return first_set({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
}

std::string environment_text(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

} // namespace spec_kitty
