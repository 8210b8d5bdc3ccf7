#include "actors/http/transport_failure.hpp"

#include "util/url.hpp"

#include <string>
#include <utility>

namespace spec_kitty {

namespace {

/// As the HTTP client words it (curl_end.cpp): a mistyped URL, most likely.
constexpr std::string_view no_such_host = "no such host name";
constexpr std::string_view refused = "connection refused";

std::string named(const std::string& what) {
  return what.empty() ? std::string() : " " + what;
}

/// The same origin without TLS, where that is allowed; a leading blank.
std::string plain_url(const std::string& origin) {
  constexpr std::string_view https = "https://";
  if (!origin.starts_with(https))
    return {};
  const std::string plain = "http://" + origin.substr(https.size());
  return parse_server_url(plain) ? " " + plain : std::string();
}

/// The proxy stands on the way, and is named: most people do not know that there is one.
failure proxy_failure(const http_reply& reply, const std::string& to) {
  const std::string without = "to connect without it: spec-kitty config set sync.proxy none";
  if (reply.status == 407)
    return {ec::transport,
            "the proxy" + named(reply.proxy) + " wants a user name and a password (407)" + to,
            "type http://USER:PASSWORD@HOST:PORT into: spec-kitty config set sync.proxy -\n" +
                without};
  if (reply.status != 0)
    return {ec::transport,
            "the proxy" + named(reply.proxy) + " makes no connection to the server" + to + ": " +
                reply.error,
            "ask its operator; " + without};
  return {ec::transport,
          "the proxy" + named(reply.proxy) + " cannot be reached" + to + ": " + reply.error,
          "check sync.proxy and https_proxy: spec-kitty config get sync.proxy\n" + without};
}

} // namespace

failure transport_failure(const http_reply& reply, std::string_view exchange) {
  const std::string to = " (" + std::string(exchange) + ")";
  const std::string again = "all events are kept; try again later: spec-kitty " +
                            std::string(exchange == login_exchange ? "auth login" : "sync now");
  switch (reply.outcome) {
  case http_outcome::unreachable:
    return {ec::transport,
            "the server" + named(reply.origin) + " cannot be reached" + to + ": " + reply.error,
            reply.error == no_such_host
                ? "correct the name in the URL, which is shown by: spec-kitty sync server; "
                  "all events are kept"
            : reply.error.starts_with(refused)
                ? "check the port of the URL: spec-kitty sync server\n" + again
                : again};
  case http_outcome::proxy_failed:
    return proxy_failure(reply, to);
  case http_outcome::not_tls:
    return {ec::transport,
            "the server" + named(reply.origin) + " does not speak https at this port" + to,
            "check scheme and port of the URL: spec-kitty sync server" + plain_url(reply.origin)};
  case http_outcome::tls_refused:
    return {ec::transport, "the server's certificate is not accepted" + to + ": " + reply.error,
            "set tls.ca_file if the server has a private CA; nothing was sent"};
  case http_outcome::timed_out:
    return {ec::transport,
            "the server" + named(reply.origin) + " did not answer in time" + to +
                (reply.error.empty() ? "" : ": " + reply.error),
            again};
  case http_outcome::cancelled:
    return {ec::stopping,
            "stopped before an answer came" + to + (reply.error.empty() ? "" : ": " + reply.error),
            again};
  case http_outcome::too_long:
    return {ec::transport, "the server's reply is too long" + to + ": " + reply.error, again};
  case http_outcome::broken:
    return {ec::transport, "the connection broke" + to + ": " + reply.error, again};
  case http_outcome::answered:
    break;
  }
  if (reply.status == 413 && !server_object(reply))
    return {ec::transport,
            "something on the way to the server limits the size of requests" + to + ": status 413",
            "all events are kept; ask the operator of the proxy or gateway to raise the limit"};
  if (reply.status == 404 || reply.status == 405)
    return {ec::wrong_server,
            "this server does not know the path" + to + ": status " + std::to_string(reply.status),
            "it is not a sync server; check: spec-kitty sync server"};
  if (reply.status >= 300 && reply.status < 400)
    return {ec::transport, "the server redirects" + to + ": status " + std::to_string(reply.status),
            "check for a network login page or a wrong URL; redirects are never followed"};
  if (reply.status == 200)
    return {ec::transport,
            "unexpected reply" + to + ": " +
                (reply.content_type.empty() ? "no content type" : reply.content_type),
            "check for a network login page or a wrong URL; " + again};
  const bool someone_else =
      (reply.status == 401 || reply.status == 403 || reply.status == 412) && !server_object(reply);
  return {ec::transport,
          (someone_else ? "a proxy or gateway, not the server, answered with status "
                        : "the server answered with status ") +
              std::to_string(reply.status) + to,
          again};
}

std::optional<json_document> server_object(const http_reply& reply) {
  if (reply.outcome != http_outcome::answered || reply.content_type != "application/json")
    return std::nullopt;
  auto body = parse_json(reply.body);
  return body && body->IsObject() ? std::optional(std::move(*body)) : std::nullopt;
}

} // namespace spec_kitty
