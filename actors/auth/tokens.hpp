// What token replies mean, and what to do with a session. Pure.
// Source: docs/protocol.md, Authentication.
#pragma once

#include "config/credentials.hpp"
#include "messages/http.hpp"
#include "util/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty {

/// A token this close to its end is treated as over: it would expire on its way.
inline constexpr std::int64_t expiry_margin_s = 5;

/// `{"username","password"}`, with `"team_slug"` where a team is named, and `{"refresh"}`.
std::string login_body(std::string_view username, std::string_view password, std::string_view team);
std::string refresh_body(std::string_view refresh);

/// The session that a login reply opens. login_refused for 401, transport for any reply that is
/// not the protocol's. The failure never quotes the reply's body. Without a user name the access
/// token's claim `sub` is taken.
result<credentials> read_login_reply(const http_reply& reply, std::string_view username,
                                     std::string_view origin, std::int64_t now_s);

/// The session after a refresh: what the reply leaves out stays as it was. login_required for 401.
result<credentials> read_refresh_reply(const http_reply& reply, const credentials& before,
                                       std::int64_t now_s);

/// The session of a machine token that the server was asked about. login_refused for a 401 and for
/// a text that is not a token, transport for any reply that is not the protocol's.
result<credentials> read_machine_token_reply(const http_reply& reply, std::string_view token,
                                             std::string_view origin, std::int64_t now_s);

/// Fills in what the `account` of a reply to `GET /api/v1/` says: user, team and role. What it does
/// not say, or says unusably, stays.
void read_account(const http_reply& reply, credentials& session);

/// Whether the session has ended at the server: the answer to a revocation. Nothing where the
/// server does not know the call.
std::optional<result<void>> read_revoke_reply(const http_reply& reply);

/// Whether a refresh made at logout has used the session up: the old refresh token is dead when the
/// reply carries a new one, which is not kept, or when the server refused it as dead already.
result<void> read_revocation(const http_reply& reply);

/// The failure of a session that has ended: whose, when, and the login that starts another.
failure session_over(const credentials& session);

/// What to do when a token is asked for.
enum class token_step : std::uint8_t {
  use,        ///< send the access token as it is
  refresh,    ///< it was refused or is over: refresh first
  log_in,     ///< there is no session, or it is over
  wrong_home, ///< the session belongs to another origin: nothing is sent
};

token_step next_token_step(const std::optional<credentials>& session, std::string_view origin,
                           std::string_view failed_access, std::int64_t now_s);

} // namespace spec_kitty
