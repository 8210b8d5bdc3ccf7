#include "app/server/actors/answers.hpp"

#include <algorithm>
#include <utility>

namespace spec_kitty::server {

namespace {

struct store_status {
  int status;
  std::string_view code;
  std::string_view message;
  unsigned retry_after_s;
};

store_status status_of(ec code) {
  switch (code) {
  case ec::store_busy:
  case ec::overloaded:
    return {429, "busy", "too much is waiting: try again", 1};
  case ec::store_full:
    return {507, "full", "the server has no space left; nothing was kept", 30};
  case ec::not_found:
    return {403, "team", "this account has no such team", 0};
  case ec::bad_input:
    return {400, "invalid", "the server cannot keep this batch", 0};
  default:
    return {503, "unavailable", "the server cannot answer now: try again", 2};
  }
}

} // namespace

listener::outbound_reply json_reply(std::string body) {
  listener::outbound_reply reply;
  reply.body = std::move(body);
  return reply;
}

listener::outbound_reply secret_reply(std::string body) {
  listener::outbound_reply reply = json_reply(std::move(body));
  reply.headers.push_back({"Cache-Control", "no-store"});
  return reply;
}

listener::outbound_reply refusal_reply(int status, std::string_view code, std::string_view message,
                                       const listener::inbound_request& request) {
  listener::outbound_reply reply;
  reply.status = status;
  reply.body = to_json(refusal_body{std::string(message), std::string(code), request.id});
  if (status == 401)
    reply.headers.push_back({"WWW-Authenticate", "Bearer"});
  return reply;
}

listener::outbound_reply later_reply(int status, std::string_view code, std::string_view message,
                                     unsigned seconds, const listener::inbound_request& request) {
  listener::outbound_reply reply = refusal_reply(status, code, message, request);
  reply.headers.push_back({"Retry-After", std::to_string(std::max(seconds, 1U))});
  return reply;
}

listener::outbound_reply store_refusal(const failure& why,
                                       const listener::inbound_request& request) {
  const store_status found = status_of(why.code);
  return found.retry_after_s == 0
             ? refusal_reply(found.status, found.code, found.message, request)
             : later_reply(found.status, found.code, found.message, found.retry_after_s, request);
}

ingest_refusal store_refusal(const failure& why) {
  const store_status found = status_of(why.code);
  return {found.status,       std::string(found.message), std::string(found.code), {}, 0,
          found.retry_after_s};
}

listener::outbound_reply batch_reply(const ingest_answer& answer,
                                     const listener::inbound_request& request) {
  if (!answer.refusal)
    return json_reply(batch_body(answer.verdicts, answer.server_clock));
  const ingest_refusal& why = *answer.refusal;
  listener::outbound_reply reply;
  reply.status = why.status;
  reply.body = to_json(refusal_body{why.message, why.code, request.id, why.limit, why.limit_value});
  if (why.retry_after_s > 0)
    reply.headers.push_back({"Retry-After", std::to_string(why.retry_after_s)});
  return reply;
}

listener::outbound_reply not_logged_in(const listener::inbound_request& request) {
  return refusal_reply(401, "login_required",
                       "the access token is missing or not valid: log in, or refresh the session",
                       request);
}

listener::outbound_reply wrong_team(const listener::inbound_request& request) {
  return refusal_reply(403, "team", "this account has no such team", request);
}

listener::outbound_reply wrong_role(const listener::inbound_request& request) {
  return refusal_reply(403, "role", "this account may only read the team's events", request);
}

} // namespace spec_kitty::server
