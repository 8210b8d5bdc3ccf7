// The one account of the dev-server and the sessions opened with it.
//
//   login ──► access + refresh ──refresh──► new access + new refresh (the old refresh token is
//   void)
//
// Access tokens have the shape of a JWT, so that a client can read team_slug out of them, but
// nothing is signed: a token is valid when it is in the table and has not expired. That is
// simpler than keys, and a restart on the same state keeps every session.
// Time is an argument; only the random bytes come from outside. See docs/protocol.md,
// Authentication.
#pragma once

#include "messages/protocol.hpp"
#include "util/result.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty::dev_server {

/// Seconds since 1970-01-01T00:00:00Z.
using epoch_s = std::int64_t;

/// The user that may log in. An empty field means "not given".
struct account {
  std::string username;
  std::string password;
  std::string team_slug;
};

/// How sessions behave.
struct token_rules {
  long access_lifetime_s = protocol::default_access_lifetime_s;
  long refresh_lifetime_s = protocol::default_refresh_lifetime_s;
  bool rotate =
      true; ///< a refresh token is valid once; false: it stays valid, replies hold no new one
};

/// How long a token for the WebSocket is valid, in seconds.
inline constexpr std::int64_t ws_token_lifetime_s = 60;

/// The user that a token stands for.
struct token_owner {
  std::string username;
  std::string team_slug;
  epoch_s expires = 0; ///< from this second on it is not valid
  /// The login that all its later tokens come from; empty in a state of an earlier version.
  std::string session{};
};

/// What a login or refresh hands out.
struct token_grant {
  std::string access;
  std::optional<std::string> refresh; ///< nothing when the old one stays valid
  std::string team_slug;
};

/// `bytes` random bytes of the kernel as base64url without padding.
std::string random_token(std::size_t bytes = 32);

class token_table {
public:
  explicit token_table(token_rules rules = {}) : rules_(rules) {}

  /// Reads what to_json wrote; store_corrupt when it is something else.
  result<void> restore(std::string_view json);

  /// The account from now on: what is given, else what was restored, else user `dev` of team
  /// `dev-team` with a new password. Open sessions keep the team they were opened for.
  const account& settle_account(const account& given);

  /// A new session; nothing when the credentials are wrong.
  std::optional<token_grant> login(std::string_view username, std::string_view password,
                                   epoch_s now);

  /// Renews a session; nothing when the token is unknown, used before or expired.
  std::optional<token_grant> refresh(std::string_view refresh_token, epoch_s now);

  /// The owner of an access token; nullptr when it is unknown or expired.
  const token_owner* find_owner(std::string_view access_token, epoch_s now) const;

  /// A token for one WebSocket connection; it is not kept over a restart.
  std::string issue_ws(const token_owner& owner, epoch_s now);
  /// The owner of a token, which is used up. Nothing when it is unknown, used or expired.
  std::optional<token_owner> use_ws(std::string_view ws_token, epoch_s now);

  /// Account and sessions, to be kept where only their owner can read them.
  std::string to_json() const;

  const token_rules& rules() const { return rules_; }

private:
  using tokens = std::map<std::string, token_owner, std::less<>>;

  std::string issue_access(token_owner owner, epoch_s now);
  std::string issue_refresh(token_owner owner, epoch_s now);
  void forget_expired(epoch_s now);

  token_rules rules_;
  account account_;
  tokens access_;
  tokens refresh_;
  tokens ws_;
};

} // namespace spec_kitty::dev_server
