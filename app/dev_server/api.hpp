// The protocol's HTTP part as a function from request to response.
//
//   GET  /api/v1/                 what it offers             no bearer
//   POST /api/v1/token/           login                      no bearer
//   POST /api/v1/token/refresh/   renews a session           no bearer
//   POST /api/v1/ws-token/        token for the WebSocket
//   POST /api/v1/events/batch/    events in (batch.hpp)
//   GET  /api/v1/clock/           highest lamport_clock kept
//   GET  /api/v1/events/          this team's events; not in the protocol, the dev-server's own
//
// Order of refusals: 404, 405, 401, then those of the call itself. Strict on purpose: a
// client that passes here passes anywhere. See docs/protocol.md.
#pragma once

#include "app/dev_server/batch.hpp"
#include "app/dev_server/event_log.hpp"
#include "app/dev_server/http.hpp"
#include "app/dev_server/tokens.hpp"

#include <functional>
#include <string>

namespace spec_kitty::dev_server {

class api {
public:
  /// Saves what token_table::to_json returned; called before a reply that hands out tokens.
  using save_sessions = std::function<result<void>(const std::string& json)>;

  api(token_table& tokens, event_log& log, batch_desk& batches, save_sessions save)
      : tokens_(tokens), log_(log), batches_(batches), save_(std::move(save)) {}

  /// Answers a request that arrives at `now`. Not thread-safe: one request after the other.
  http_response handle(const http_request& request, epoch_s now);

  /// Whether the sender is logged in, from the headers alone: the body may not be there yet.
  bool is_known(const http_request& request, epoch_s now) const;

private:
  http_response login(const http_request& request, epoch_s now);
  http_response refresh(const http_request& request, epoch_s now);
  http_response ws_token(const token_owner& owner, epoch_s now);
  http_response offer() const;
  http_response clock() const;
  http_response events(const std::string& team_slug) const;
  http_response hand_out(const std::optional<token_grant>& grant, std::string_view refusal);

  token_table& tokens_;
  event_log& log_;
  batch_desk& batches_;
  save_sessions save_;
};

} // namespace spec_kitty::dev_server
