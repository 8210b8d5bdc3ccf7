// Teams, accounts, members, sessions, tokens, links, audit: typed calls, one transaction each.
//
// The calls wait: reads for microseconds, changes for the disk, at most for the engine's patience
// (then `timeout`, and the change may still happen). So they are made on threads that may wait,
// never on those of the network. Any number of threads at once.
//
// A change returns after it is durable, and its line of audit with it. Every change of an account,
// a membership, a session or a machine token raises its generation.
//
// Failures: those of engine.hpp; not_found where a thing that is named does not exist; bad_input
// where a name is taken or a value cannot be kept.
#pragma once

#include "app/server/store/account_records.hpp"
#include "util/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::server::store {

class accounts {
public:
  accounts() = default;
  accounts(const accounts&) = delete;
  accounts& operator=(const accounts&) = delete;
  virtual ~accounts() = default;

  // ── Teams. A slug is for ever: also that of a removed team stays taken.
  // ─────────────────────────
  virtual result<team_info> add_team(std::string slug, std::string name, change_note note) = 0;
  virtual result<void> rename_team(team_id team, std::string name, change_note note) = 0;
  virtual result<std::optional<team_info>> team_by_slug(std::string_view slug) = 0;
  virtual result<std::optional<team_info>> team_of(team_id team) = 0;
  virtual result<std::vector<team_info>> teams() = 0;

  // ── Accounts. ──────────────────────────────────────────────────────────────────────────────────
  virtual result<user_info> add_user(std::string name, std::string password_hash,
                                     change_note note) = 0;
  /// Ends the account's sessions too.
  virtual result<void> set_password(account_id account, std::string password_hash,
                                    change_note note) = 0;
  /// Disabling ends the account's sessions; its machine tokens work again when it is enabled.
  virtual result<void> set_disabled(account_id account, bool disabled, change_note note) = 0;
  virtual result<std::optional<user_info>> user_by_name(std::string_view name) = 0;
  virtual result<std::optional<user_info>> user_of(account_id account) = 0;
  virtual result<std::vector<user_info>> users() = 0;

  // ── Members. ───────────────────────────────────────────────────────────────────────────────────
  /// Adds a member or changes its role. bad_input where the team has `max_members` already; 0: no
  /// limit.
  virtual result<void> set_member(team_id team, account_id account, role as,
                                  std::uint64_t max_members, change_note note) = 0;
  /// Ends the member's sessions and machine tokens of this team.
  virtual result<void> remove_member(team_id team, account_id account, change_note note) = 0;
  virtual result<std::optional<membership>> member(team_id team, account_id account) = 0;
  virtual result<std::vector<membership>> members_of(team_id team) = 0;
  virtual result<std::vector<membership>> teams_of(account_id account) = 0;

  // ── Sessions. ──────────────────────────────────────────────────────────────────────────────────
  /// Keeps a new family, as the caller made it (with a fresh id), and remembers that the account
  /// logged in from its address.
  virtual result<void> open_session(session_family family) = 0;
  virtual result<std::optional<session_family>> session(const ulid& id) = 0;
  virtual result<std::vector<session_family>> sessions_of(account_id account) = 0;
  /// Compare and swap: puts `next` in the place of `shown` where that is the current hash. Of two
  /// calls with the same token the second is a repeat where it shows the same `repeat` and the
  /// current token was never shown; else it is a reuse, which ends the family. So is any of the
  /// last 64 tokens.
  virtual result<refreshed> rotate(const refresh_attempt& asked, const change_note& note) = 0;
  /// Notes that a token of the family was used; writes at most once in an hour.
  virtual result<void> touch_session(const ulid& family, epoch_us now) = 0;
  /// Ends one family; ending it again succeeds.
  virtual result<void> end_session(const ulid& family, change_note note) = 0;
  /// Ends sessions that were not used within `unused_for` of their login, and removes those whose
  /// refresh token has expired. How many.
  virtual result<std::uint64_t> expire_sessions(epoch_us now, epoch_us unused_for) = 0;
  /// True where the account logged in from the address since an instant.
  virtual result<bool> knows_address(account_id account, std::string_view address,
                                     epoch_us since) = 0;

  // ── Device logins. ─────────────────────────────────────────────────────────────────────────────
  /// overloaded where as many wait already as the limits allow.
  virtual result<void> add_device_login(device_login login, device_limits limits) = 0;
  /// By the device_code, or by the user_code. Nothing where it does not exist or has expired.
  virtual result<std::optional<device_login>> device_login_of(const secret_hash& device,
                                                              epoch_us now) = 0;
  virtual result<std::optional<device_login>> device_login_by_code(const secret_hash& user_code,
                                                                   epoch_us now) = 0;
  /// A person's decision, once: not_found where it does not wait any more, or where the account is
  /// not a member of the team that it grants.
  virtual result<void> decide_device_login(const secret_hash& user_code, bool approved,
                                           account_id account, team_id team, change_note note) = 0;
  /// Opens the session of an approved login, once, with its refresh token sealed; not_found where
  /// it is not approved, or any more.
  virtual result<void> open_device_session(const secret_hash& device, session_family family,
                                           std::string sealed) = 0;
  /// Removes those that expired. How many.
  virtual result<std::uint64_t> expire_device_logins(epoch_us now) = 0;

  // ── Machine tokens. ────────────────────────────────────────────────────────────────────────────
  virtual result<void> add_token(machine_token token, change_note note) = 0;
  virtual result<std::optional<machine_token>> token_by_hash(const secret_hash& hash) = 0;
  virtual result<std::vector<machine_token>> tokens() = 0;
  virtual result<void> revoke_token(const ulid& id, change_note note) = 0;

  /// What is looked up every few seconds for each caller. `credential`: a session family or a
  /// machine token. The family of a browser is good for every team of its account.
  virtual result<caller_state> caller(account_id account, team_id team, const ulid& credential,
                                      epoch_us now) = 0;

  // ── Links of one use. ──────────────────────────────────────────────────────────────────────────
  virtual result<void> add_link(one_time_link link, change_note note) = 0;
  /// Nothing where it does not exist, was used or has expired.
  virtual result<std::optional<one_time_link>> link(const secret_hash& hash, epoch_us now) = 0;
  /// Uses a password link: sets the password. not_found where link() gives nothing.
  virtual result<user_info> use_password_link(const secret_hash& hash, std::string password_hash,
                                              change_note note) = 0;
  /// Uses an invite: makes the account and its membership.
  virtual result<user_info> use_invite(const secret_hash& hash, std::string name,
                                       std::string password_hash, std::uint64_t max_members,
                                       change_note note) = 0;
  /// Removes links that expired. How many.
  virtual result<std::uint64_t> expire_links(epoch_us now) = 0;

  // ── Audit. ─────────────────────────────────────────────────────────────────────────────────────
  /// Adds a line; its number is given by the store. For what changes nothing else.
  virtual result<void> audit(audit_line line) = 0;
  /// Lines after a number, oldest first. `team` 0: all.
  virtual result<std::vector<audit_line>> read_audit(std::uint64_t after, std::size_t limit,
                                                     team_id team) = 0;

  // ── Event types of a team's own hosts. ─────────────────────────────────────────────────────────
  virtual result<void> set_event_type(team_id team, team_event_type type, change_note note) = 0;
  virtual result<void> remove_event_type(team_id team, std::string_view name, change_note note) = 0;
  virtual result<std::vector<team_event_type>> event_types(team_id team) = 0;
};

} // namespace spec_kitty::server::store
