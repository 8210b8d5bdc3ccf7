// The HTTP proxy on the way to the server: sync.proxy, else the one of the environment, as curl and
// most other programs read it. One place decides for batches, logins and the WebSocket. Pure, but
// for environment_text().
// Source: docs/cli.md, Configuration; docs/protocol.md, Proxies.
#pragma once

#include "util/result.hpp"
#include "util/url.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace spec_kitty {

/// `sync.proxy` for: none, whatever the environment says.
inline constexpr std::string_view no_proxy_word = "none";

/// A proxy, taken apart.
struct proxy_url {
  std::string scheme; ///< http; of the environment's also https, socks5 …
  std::string host;   ///< an IPv6 address keeps its brackets
  int port = 0;
  std::string user; ///< as written; decoded by percent_decoded()
  std::string password;

  /// `http://host:port`: what may be shown.
  std::string shown() const;
};

/// bad_config for any other text; the message repeats nothing of the text, which may hold a
/// password. Without a scheme it is http; without a port the port is 1080, as curl has it.
result<proxy_url> parse_proxy(std::string_view text);

/// A value of `sync.proxy`: empty, `none`, or `http://[USER:PASSWORD@]HOST:PORT`.
result<void> check_proxy_setting(std::string_view text);

/// A proxy's text without its user name and password; `(unreadable)` for any other text.
std::string shown_proxy(std::string_view text);

/// `%40` as `@`.
std::string percent_decoded(std::string_view text);

/// Whether a list such as `localhost,.example.com,10.0.0.0/8` exempts a host from the proxy.
bool is_exempt_from_proxy(std::string_view no_proxy, std::string_view host);

/// The proxy for a server; empty: none. This machine itself is never asked through one. `variable`
/// gives the value of an environment variable, or an empty text.
std::string proxy_for(const server_url& server, std::string_view setting,
                      const std::function<std::string(const char*)>& variable);

/// A variable of this process's environment; empty where it is not set.
std::string environment_text(const char* name);

} // namespace spec_kitty
