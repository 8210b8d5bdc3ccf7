// Teams, accounts, members, sessions, tokens, links, audit: what is kept of each.
//
// No secret is in any of them: passwords are Argon2 strings, tokens and links SHA-256. Signing keys
// are not in the store at all.
#pragma once

#include "app/server/store/types.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace spec_kitty::server {

enum class role : std::uint8_t; // of server/core

namespace store {

/// SHA-256 of a token or a link.
using secret_hash = std::array<std::uint8_t, 32>;

/// Who asked for a change, when and from where: becomes a line of audit in the transaction that
/// makes the change.
struct change_note {
  std::string actor;   ///< an account's name, or `admin.sock`
  std::string address; ///< may be empty
  epoch_us at = 0;
  std::string reason = {}; ///< may be empty; never a secret
};

struct audit_line {
  std::uint64_t number = 0; ///< 1, 2, 3 …
  epoch_us at = 0;
  team_id team = 0; ///< 0: of no team
  std::string actor;
  std::string address;
  std::string action;  ///< `user.add`, `session.reused` …
  std::string subject; ///< what it was done to
  std::string detail;
};

struct team_info {
  team_id id = 0;
  std::string slug; ///< for ever
  std::string name; ///< for people
  std::string log;  ///< a ULID: drawn with the team, drawn anew by restore
  epoch_us created = 0;
};

struct user_info {
  account_id id = 0;
  std::string name;
  std::string password_hash; ///< Argon2id, as libsodium writes it; empty: cannot log in yet
  std::string external_id;   ///< for single sign-on, later
  bool disabled = false;
  std::uint64_t generation = 1; ///< rises with every change
  epoch_us created = 0;
};

struct membership {
  team_id team = 0;
  account_id account = 0;
  server::role role{};
  std::uint64_t generation = 1; ///< rises with every change, also over a removal
  epoch_us since = 0;
};

enum class session_kind : std::uint8_t {
  client = 1,  ///< of a program, in one team
  browser = 2, ///< of a person's browser, in all teams of the account
};

/// A login, and the refresh tokens that followed from it; or the cookie of a browser.
struct session_family {
  ulid id;
  account_id account = 0;
  team_id team = 0;             ///< 0: of a browser
  std::uint64_t generation = 1; ///< rises with every refresh and at the end
  secret_hash current{};        ///< of the refresh token that is good now, or of the cookie
  secret_hash previous{};       ///< of the one before; all zeros: none
  epoch_us created = 0;
  epoch_us expires = 0;   ///< of the current refresh token
  epoch_us last_used = 0; ///< 0: never since the login
  std::string client;     ///< User-Agent, cut
  std::string address;
  bool ended = false;
  std::string older; ///< the first 8 bytes of hashes before `previous`, newest last; of the store
  session_kind kind = session_kind::client;
  secret_hash repeat{}; ///< of what a repeat of the last refresh shows; all zeros: none may come
  std::string sealed;   ///< the current refresh token, for such a repeat
};

/// A refresh: the token that is shown, and what is to follow it.
struct refresh_attempt {
  ulid family;
  secret_hash shown{};
  secret_hash next{};
  epoch_us next_expires = 0;
  secret_hash repeat{}; ///< of the token that is shown and its Idempotency-Key; all zeros: no key
  std::string sealed;   ///< the next token, sealed under the two; empty: no key
};

/// A machine's token; it is a bearer token itself.
struct machine_token {
  ulid id;
  secret_hash hash{};
  account_id account = 0;
  team_id team = 0;
  std::string name;
  epoch_us created = 0;
  epoch_us expires = 0; ///< 0: never
  std::uint64_t generation = 1;
  bool revoked = false;
};

enum class link_kind : std::uint8_t {
  password = 1, ///< sets the password of an account
  invite = 2,   ///< makes an account that is a member of a team
};

/// A link of one use.
struct one_time_link {
  secret_hash hash{};
  link_kind kind = link_kind::password;
  account_id account = 0; ///< of a password link
  team_id team = 0;       ///< of an invite
  server::role role{};    ///< of an invite
  epoch_us created = 0;
  epoch_us expires = 0;
};

/// An event type of a team's own hosts.
struct team_event_type {
  std::string name;
  std::string schema; ///< JSON Schema of its payload
};

/// What decides whether a token is still good; looked up every few seconds for each caller.
struct caller_state {
  bool account_active = false;      ///< exists and is not disabled
  bool credential_active = false;   ///< the session or machine token exists, did not end or expire
  std::optional<server::role> role; ///< nothing: not a member of the team
  std::uint64_t generation = 0; ///< of account, membership and credential together: another sum,
                                ///< another state
};

enum class rotation : std::uint8_t {
  rotated,  ///< the new hash is the current one
  repeated, ///< the last refresh again, under its key, before its successor was used
  reused,   ///< an older token was shown: the family has ended, and the audit log has a line
  unknown,  ///< no such family, or a hash that it never had
  ended,    ///< ended or expired
};

struct refreshed {
  rotation what = rotation::unknown;
  std::string sealed; ///< of `repeated`: what the first one sealed
};

enum class device_state : std::uint8_t {
  waiting = 1,  ///< for a person
  approved = 2, ///< and not fetched yet
  denied = 3,
  opened = 4, ///< its session exists
};

/// A login that a person approves in a browser (RFC 8628).
struct device_login {
  secret_hash device{};    ///< of the device_code
  secret_hash user_code{}; ///< of the user_code
  device_state state = device_state::waiting;
  std::string client;    ///< as it named itself; cut, printable
  std::string host;      ///< likewise
  std::string address;   ///< from where it asked
  std::string team_slug; ///< the team that it asked for; empty: it named none
  epoch_us created = 0;
  epoch_us expires = 0;
  account_id account = 0; ///< who approved or denied; 0: nobody yet
  team_id team = 0;       ///< that was granted
  ulid session;           ///< that was opened
  std::string sealed;     ///< its refresh token, sealed under the device_code
};

/// How many logins may wait for a person at a time.
struct device_limits {
  std::size_t open = 1000;
  std::size_t open_of_address = 5;
};

} // namespace store
} // namespace spec_kitty::server
