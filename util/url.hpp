// Server URLs: what the protocol accepts, and which origin a token belongs to. Pure.
#pragma once

#include "util/result.hpp"

#include <string>
#include <string_view>

namespace spec_kitty {

/// A server's base URL, taken apart.
struct server_url {
  std::string scheme; ///< http or https
  std::string host;   ///< lower case; an IPv6 address keeps its brackets
  int port = 0;       ///< explicit or the scheme's
  std::string path;   ///< without a final slash; may be empty

  /// `https://host:port`, always with the port: what a token is bound to.
  std::string origin() const;
  /// The URL of an API path such as `/api/v1/token/`.
  std::string at(std::string_view api_path) const;
};

/// True for 127.0.0.0/8, ::1 and localhost.
bool is_loopback_host(std::string_view host);

/// bad_url when the text is not an http(s) URL, carries credentials, a query or a fragment, or is
/// plain http to any other machine. Source: docs/protocol.md, first paragraph.
result<server_url> parse_server_url(std::string_view text);

} // namespace spec_kitty
