#include "actors/http/transport_failure.hpp"

#include <string>
#include <utility>

namespace spec_kitty {

failure transport_failure(const http_reply& reply, std::string_view exchange) {
  const std::string to = " (" + std::string(exchange) + ")";
  const std::string again = "all events are kept; try again later: spec-kitty " +
                            std::string(exchange == login_exchange ? "auth login" : "sync now");
  switch (reply.outcome) {
  case http_outcome::unreachable:
    return {ec::transport, "the server cannot be reached" + to + ": " + reply.error, again};
  case http_outcome::tls_refused:
    return {ec::transport, "the server's certificate is not accepted" + to + ": " + reply.error,
            "set tls.ca_file if the server has a private CA; nothing was sent"};
  case http_outcome::timed_out:
    return {ec::transport, "the server did not answer in time" + to, again};
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
            "it is not a spec-kitty sync server; check: spec-kitty sync server"};
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
