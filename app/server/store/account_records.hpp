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

/// A login, and the refresh tokens that followed from it.
struct session_family {
  ulid id;
  account_id account = 0;
  team_id team = 0;
  std::uint64_t generation = 1; ///< rises with every refresh and at the end
  secret_hash current{};        ///< of the refresh token that is good now
  secret_hash previous{};       ///< of the one before; all zeros: none
  epoch_us created = 0;
  epoch_us expires = 0;   ///< of the current refresh token
  epoch_us last_used = 0; ///< 0: never since the login
  std::string client;     ///< User-Agent, cut
  std::string address;
  bool ended = false;
  std::string older; ///< the first 8 bytes of hashes before `previous`, newest last; of the store
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
  rotated, ///< the new hash is the current one
  reused,  ///< an older token was shown: the family has ended, and the audit log has a line
  unknown, ///< no such family, or a hash that it never had
  ended,   ///< ended or expired
};

} // namespace store
} // namespace spec_kitty::server
