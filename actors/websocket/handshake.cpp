#include "actors/websocket/handshake.hpp"

#include "actors/http/transport_failure.hpp"
#include "messages/protocol.hpp"
#include "util/json.hpp"
#include "util/version.hpp"

namespace spec_kitty {

http_request ws_token_request(const server_url& server, const std::string& ca_file,
                              std::chrono::milliseconds timeout, const std::string& access) {
  http_request request;
  request.method = "POST";
  request.url = server.at(protocol::ws_token_path);
  request.headers = {"Authorization: Bearer " + access,
                     "User-Agent: spec-kitty/" + std::string(version)};
  request.ca_file = ca_file;
  request.timeout = timeout;
  return request;
}

result<std::string> read_ws_token(const http_reply& reply) {
  const auto body = server_object(reply);
  if (body && reply.status == 401)
    return failure{ec::login_required, "the server does not accept the session",
                   "run: spec-kitty auth login"};
  if (body && reply.status == 200) {
    const auto token = text_of(*body, "ws_token");
    // It becomes the value of a header: a line break would end that header early.
    if (token && !token->empty() && token->find_first_of("\r\n") == std::string::npos)
      return *token;
  }
  return transport_failure(reply, "token for the WebSocket");
}

link_request link_to(const server_url& server, const std::string& ca_file, const std::string& proxy,
                     const std::string& ws_token) {
  link_request request;
  request.host =
      server.host.starts_with('[') ? server.host.substr(1, server.host.size() - 2) : server.host;
  request.port = server.port;
  request.tls = server.scheme == "https";
  request.path = server.path + std::string(protocol::ws_path);
  request.bearer = ws_token;
  request.ca_file = ca_file;
  request.proxy = proxy;
  return request;
}

failure link_failure(const link_ended& how) {
  const auto words = [&](const std::string& what) {
    return how.words.empty() ? what : what + ": " + how.words;
  };
  switch (how.how) {
  case link_end::refused:
    return {ec::transport,
            how.http_status == 404 || how.http_status == 405
                ? "the server has no WebSocket at this address (" +
                      std::to_string(how.http_status) + ")"
                : "the server refuses the WebSocket (" + std::to_string(how.http_status) + ")",
            "ask the server's operator; events go in batches meanwhile"};
  case link_end::unreachable:
    return {ec::transport, words("the server cannot be reached"), "check the network"};
  case link_end::proxy_failed:
    return {ec::transport, how.words.empty() ? "the proxy makes no connection" : how.words,
            "events go in batches meanwhile; see why: spec-kitty sync now"};
  case link_end::tls_refused:
    return {ec::transport, words("the server's certificate is not accepted"),
            "set tls.ca_file if the server has a private CA"};
  case link_end::timed_out:
    return {ec::transport, "the server does not answer the WebSocket upgrade", {}};
  case link_end::closed:
    return {ec::transport,
            words("the server closed the connection (code " + std::to_string(how.close_code) + ")"),
            {}};
  case link_end::lost:
    return {ec::transport, "the connection was lost", {}};
  case link_end::silent:
    return {ec::transport, "the server stopped responding", {}};
  case link_end::bad_frame:
    return {ec::transport, words("the server broke the WebSocket protocol"),
            "ask the server's operator"};
  case link_end::too_large:
    return {ec::transport, "the server sent a message larger than the protocol allows",
            "ask the server's operator"};
  case link_end::asked:
    return {ec::stopping, "the connection was closed by this program", {}};
  }
  return {ec::internal, "the connection ended", {}};
}

} // namespace spec_kitty
