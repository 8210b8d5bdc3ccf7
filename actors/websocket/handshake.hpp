// What leads to a connection, and what its end means. Pure. Source: docs/protocol.md, WebSocket.
#pragma once

#include "messages/http.hpp"
#include "messages/link.hpp"
#include "util/result.hpp"
#include "util/url.hpp"

#include <chrono>
#include <string>

namespace spec_kitty {

/// `POST /api/v1/ws-token/` with the session's token.
http_request ws_token_request(const server_url& server, const std::string& ca_file,
                              std::chrono::milliseconds timeout, const std::string& access);

/// The token for the WebSocket. login_required for 401, transport or wrong_server for any
/// other reply.
result<std::string> read_ws_token(const http_reply& reply);

/// The connection that the token is for, through a proxy where one is named.
link_request link_to(const server_url& server, const std::string& ca_file, const std::string& proxy,
                     const std::string& ws_token);

/// Why the connection has ended, in words; transport.
failure link_failure(const link_ended& how);

} // namespace spec_kitty
