// Rows of teams, accounts, members, sessions, tokens and links, and the calls that read and write
// them within a transaction.
//
//   teams         team                      → slug, name, log …; stays when the team is removed
//   slugs         slug                      → team, for ever
//   users         account                   → name, password …     user_names: name → account
//   members       T team account            → role …; stays when the member is removed
//                 A account team            → nothing: the teams of an account
//   sessions      S id                      → family               A account id → nothing
//   tokens        id                        → token                token_hashes: hash → id
//   links         hash                      → link
//   devices       D device_code             → device login         U user_code → device_code
//   addresses     account, address          → last login from there
//   types         team, name                → schema
#pragma once

#include "app/server/store/account_records.hpp"
#include "app/server/store/lmdb/environment.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::server::store {

struct team_row {
  team_info info;
  bool removed = false;
};

struct member_row {
  membership info;
  bool active = true;
};

// ── Teams. ───────────────────────────────────────────────────────────────────────────────────────
std::optional<team_row> get_team(const lmdb_txn& txn, const store_tables& tables, team_id team);
void put_team(lmdb_txn& txn, const store_tables& tables, const team_info& team,
              bool removed = false);
/// Without the removed ones.
std::vector<team_info> all_teams(const lmdb_txn& txn, const store_tables& tables);
/// Removes all that belongs to a team but its events, which take none from now on.
result<void> remove_team_rows(lmdb_txn& txn, const store_tables& tables, team_id team,
                              const change_note& note);

// ── Accounts. ────────────────────────────────────────────────────────────────────────────────────
std::optional<user_info> get_user(const lmdb_txn& txn, const store_tables& tables,
                                  account_id account);
std::optional<user_info> get_user(const lmdb_txn& txn, const store_tables& tables,
                                  std::string_view name);
void put_user(lmdb_txn& txn, const store_tables& tables, const user_info& user);
/// A new account; bad_input where the name is taken or cannot be kept.
result<user_info> make_user(lmdb_txn& txn, const store_tables& tables, std::string name,
                            std::string password_hash, epoch_us now);

// ── Members. ─────────────────────────────────────────────────────────────────────────────────────
std::optional<member_row> get_member(const lmdb_txn& txn, const store_tables& tables, team_id team,
                                     account_id account);
void put_member(lmdb_txn& txn, const store_tables& tables, const member_row& member);
std::vector<member_row> members_of_team(const lmdb_txn& txn, const store_tables& tables,
                                        team_id team);
std::vector<member_row> memberships_of(const lmdb_txn& txn, const store_tables& tables,
                                       account_id account);
/// Adds a member or changes its role; `max_members` 0: no limit.
result<void> make_member(lmdb_txn& txn, const store_tables& tables, membership member,
                         std::uint64_t max_members);

// ── Sessions and machine tokens. ─────────────────────────────────────────────────────────────────
std::optional<session_family> get_session(const lmdb_txn& txn, const store_tables& tables,
                                          const ulid& id);
void put_session(lmdb_txn& txn, const store_tables& tables, const session_family& family);
void drop_session(lmdb_txn& txn, const store_tables& tables, const session_family& family);
std::vector<session_family> sessions_of_account(const lmdb_txn& txn, const store_tables& tables,
                                                account_id account);
/// Ends the sessions of an account, of one team or of all (0).
void end_sessions(lmdb_txn& txn, const store_tables& tables, account_id account, team_id team);

/// Puts a new session there, with its address and its line of audit; `how` stands in that.
/// not_found where the account is gone or disabled.
result<void> begin_session(lmdb_txn& txn, const store_tables& tables, session_family family,
                           std::string how);

// ── Device logins. ───────────────────────────────────────────────────────────────────────────────
std::optional<device_login> get_device(const lmdb_txn& txn, const store_tables& tables,
                                       const secret_hash& device);
/// The device_code's hash that belongs to a user_code's.
std::optional<secret_hash> device_of_user_code(const lmdb_txn& txn, const store_tables& tables,
                                               const secret_hash& user_code);
void put_device(lmdb_txn& txn, const store_tables& tables, const device_login& login);
void drop_device(lmdb_txn& txn, const store_tables& tables, const device_login& login);
std::vector<device_login> all_devices(const lmdb_txn& txn, const store_tables& tables);

std::optional<machine_token> get_token(const lmdb_txn& txn, const store_tables& tables,
                                       const ulid& id);
void put_token(lmdb_txn& txn, const store_tables& tables, const machine_token& token);
std::vector<machine_token> all_tokens(const lmdb_txn& txn, const store_tables& tables);
/// Revokes the tokens of an account in a team; of all accounts of the team where it is 0.
void revoke_tokens(lmdb_txn& txn, const store_tables& tables, account_id account, team_id team);

// ── Links. ───────────────────────────────────────────────────────────────────────────────────────
std::optional<one_time_link> get_link(const lmdb_txn& txn, const store_tables& tables,
                                      const secret_hash& hash);
void put_link(lmdb_txn& txn, const store_tables& tables, const one_time_link& link);
void drop_link(lmdb_txn& txn, const store_tables& tables, const secret_hash& hash);
std::vector<one_time_link> all_links(const lmdb_txn& txn, const store_tables& tables);

/// A role in a line of audit: by its number, which never changes.
std::string words_for_role(role of);

/// A fresh id, without an order to others.
ulid new_id(epoch_us now);

/// bad_input for a text that is empty or longer than a key can be.
result<void> check_name(std::string_view what, std::string_view name);

} // namespace spec_kitty::server::store
