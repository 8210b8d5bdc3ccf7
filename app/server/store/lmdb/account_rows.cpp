#include "app/server/store/lmdb/account_rows.hpp"

#include "app/server/store/lmdb/audit_log.hpp"
#include "app/server/store/lmdb/rows.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace spec_kitty::server::store {

namespace {

constexpr std::size_t max_name_bytes = 128;
constexpr std::string_view nothing = "-";

std::string number_key(std::uint32_t number) {
  std::string key;
  row_writer(key).u32(number);
  return key;
}

std::string member_key(team_id team, account_id account) {
  std::string key = "T";
  row_writer(key).u32(team).u32(account);
  return key;
}

std::string membership_key(account_id account, team_id team) {
  std::string key = "A";
  row_writer(key).u32(account).u32(team);
  return key;
}

std::string_view bytes_of_hash(const secret_hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

/// Calls `visit(key, row)` for every row whose key begins like this.
template <class F>
void for_each_row(const lmdb_txn& txn, MDB_dbi table, std::string_view prefix, F visit) {
  lmdb_cursor cursor(txn, table);
  for (bool more = prefix.empty() ? cursor.first() : cursor.seek(prefix);
       more && cursor.key().substr(0, prefix.size()) == prefix; more = cursor.next())
    visit(cursor.key(), cursor.value());
}

/// The number after the highest of a table whose keys are numbers.
std::uint32_t next_number(const lmdb_txn& txn, MDB_dbi table) {
  lmdb_cursor cursor(txn, table);
  return cursor.last() ? row_reader(cursor.key()).u32() + 1 : 1;
}

role read_role(row_reader& in) {
  return static_cast<role>(in.u8());
}

team_row decode_team(std::string_view key, std::string_view row) {
  team_row out;
  out.info.id = row_reader(key).u32();
  row_reader in(row);
  out.info.slug = in.text();
  out.info.name = in.text();
  out.info.log = in.text();
  out.info.created = in.i64();
  out.removed = in.flag();
  return out;
}

member_row decode_member(std::string_view key, std::string_view row) {
  member_row out;
  row_reader name(key.substr(1));
  out.info.team = name.u32();
  out.info.account = name.u32();
  row_reader in(row);
  out.info.role = read_role(in);
  out.info.generation = in.u64();
  out.info.since = in.i64();
  out.active = in.flag();
  return out;
}

} // namespace

std::optional<team_row> get_team(const lmdb_txn& txn, const store_tables& tables, team_id team) {
  const auto key = number_key(team);
  const auto row = txn.get(tables.teams, key);
  return row ? std::optional(decode_team(key, *row)) : std::nullopt;
}

void put_team(lmdb_txn& txn, const store_tables& tables, const team_info& team, bool removed) {
  std::string row;
  row_writer(row).text(team.slug).text(team.name).text(team.log).i64(team.created).flag(removed);
  txn.put(tables.teams, number_key(team.id), row);
}

std::vector<team_info> all_teams(const lmdb_txn& txn, const store_tables& tables) {
  std::vector<team_info> out;
  for_each_row(txn, tables.teams, {}, [&](std::string_view key, std::string_view row) {
    auto team = decode_team(key, row);
    if (!team.removed)
      out.push_back(std::move(team.info));
  });
  return out;
}

result<void> remove_team_rows(lmdb_txn& txn, const store_tables& tables, team_id team,
                              const change_note& note) {
  const auto found = get_team(txn, tables, team);
  if (!found || found->removed)
    return failure{ec::not_found, "team " + std::to_string(team) + " does not exist", {}};
  put_team(txn, tables, found->info, true);
  if (const auto row = txn.get(tables.heads, key_of_team(team))) {
    auto head = decode_head(*row);
    head.removed = true;
    txn.put(tables.heads, key_of_team(team), encode(head));
  }
  for (auto& member : members_of_team(txn, tables, team)) {
    end_sessions(txn, tables, member.info.account, team);
    member.active = false;
    ++member.info.generation;
    put_member(txn, tables, member);
  }
  revoke_tokens(txn, tables, 0, team);
  for (const auto& link : all_links(txn, tables))
    if (link.team == team)
      drop_link(txn, tables, link.hash);
  std::vector<std::string> types;
  for_each_row(txn, tables.types, number_key(team),
               [&](std::string_view key, std::string_view) { types.emplace_back(key); });
  for (const auto& key : types)
    txn.erase(tables.types, key);
  add_audit(txn, tables, note, team, "team.remove", found->info.slug);
  return {};
}

std::optional<user_info> get_user(const lmdb_txn& txn, const store_tables& tables,
                                  account_id account) {
  const auto row = txn.get(tables.users, number_key(account));
  if (!row)
    return std::nullopt;
  user_info out;
  out.id = account;
  row_reader in(*row);
  out.name = in.text();
  out.password_hash = in.text();
  out.external_id = in.text();
  out.disabled = in.flag();
  out.generation = in.u64();
  out.created = in.i64();
  return out;
}

std::optional<user_info> get_user(const lmdb_txn& txn, const store_tables& tables,
                                  std::string_view name) {
  if (name.empty() || name.size() > max_name_bytes)
    return std::nullopt;
  const auto row = txn.get(tables.user_names, name);
  return row ? get_user(txn, tables, row_reader(*row).u32()) : std::nullopt;
}

void put_user(lmdb_txn& txn, const store_tables& tables, const user_info& user) {
  std::string row;
  row_writer(row)
      .text(user.name)
      .text(user.password_hash)
      .text(user.external_id)
      .flag(user.disabled)
      .u64(user.generation)
      .i64(user.created);
  txn.put(tables.users, number_key(user.id), row);
}

result<user_info> make_user(lmdb_txn& txn, const store_tables& tables, std::string name,
                            std::string password_hash, epoch_us now) {
  if (auto usable = check_name("the account's name", name); !usable)
    return usable.error();
  if (get_user(txn, tables, name))
    return failure{ec::bad_input, "there is an account named " + name + " already",
                   "choose another name; for a new password: spec-kitty-server user "
                   "reset-password " +
                       name};
  user_info user;
  user.id = next_number(txn, tables.users);
  user.name = std::move(name);
  user.password_hash = std::move(password_hash);
  user.created = now;
  put_user(txn, tables, user);
  txn.put(tables.user_names, user.name, number_key(user.id));
  return user;
}

std::optional<member_row> get_member(const lmdb_txn& txn, const store_tables& tables, team_id team,
                                     account_id account) {
  const auto key = member_key(team, account);
  const auto row = txn.get(tables.members, key);
  return row ? std::optional(decode_member(key, *row)) : std::nullopt;
}

void put_member(lmdb_txn& txn, const store_tables& tables, const member_row& member) {
  std::string row;
  row_writer(row)
      .u8(static_cast<std::uint8_t>(member.info.role))
      .u64(member.info.generation)
      .i64(member.info.since)
      .flag(member.active);
  txn.put(tables.members, member_key(member.info.team, member.info.account), row);
  txn.put(tables.members, membership_key(member.info.account, member.info.team), nothing);
}

std::vector<member_row> members_of_team(const lmdb_txn& txn, const store_tables& tables,
                                        team_id team) {
  std::vector<member_row> out;
  for_each_row(txn, tables.members, "T" + number_key(team),
               [&](std::string_view key, std::string_view row) {
                 auto member = decode_member(key, row);
                 if (member.active)
                   out.push_back(member);
               });
  return out;
}

std::vector<member_row> memberships_of(const lmdb_txn& txn, const store_tables& tables,
                                       account_id account) {
  std::vector<member_row> out;
  for_each_row(txn, tables.members, "A" + number_key(account),
               [&](std::string_view key, std::string_view) {
                 const team_id team = row_reader(key.substr(5)).u32();
                 const auto member = get_member(txn, tables, team, account);
                 if (member && member->active)
                   out.push_back(*member);
               });
  return out;
}

result<void> make_member(lmdb_txn& txn, const store_tables& tables, membership member,
                         std::uint64_t max_members) {
  const auto team = get_team(txn, tables, member.team);
  if (!team || team->removed)
    return failure{ec::not_found, "team " + std::to_string(member.team) + " does not exist", {}};
  if (!get_user(txn, tables, member.account))
    return failure{
        ec::not_found, "account " + std::to_string(member.account) + " does not exist", {}};
  if (member.role == role{})
    return failure{ec::bad_input, "a member has a role", {}};
  const auto known = get_member(txn, tables, member.team, member.account);
  const bool is_member = known && known->active;
  if (!is_member && max_members > 0 &&
      members_of_team(txn, tables, member.team).size() >= max_members)
    return failure{ec::bad_input,
                   "team " + team->info.slug + " has " + count_of(max_members, "member") +
                       ", and may not have more",
                   "raise limits.team.members, or remove a member"};
  if (known) {
    member.generation = known->info.generation + 1;
    if (is_member)
      member.since = known->info.since;
  }
  put_member(txn, tables, {member, true});
  return {};
}

std::optional<one_time_link> get_link(const lmdb_txn& txn, const store_tables& tables,
                                      const secret_hash& hash) {
  const auto row = txn.get(tables.links, bytes_of_hash(hash));
  if (!row)
    return std::nullopt;
  one_time_link out;
  out.hash = hash;
  row_reader in(*row);
  out.kind = static_cast<link_kind>(in.u8());
  out.account = in.u32();
  out.team = in.u32();
  out.role = read_role(in);
  out.created = in.i64();
  out.expires = in.i64();
  return out;
}

void put_link(lmdb_txn& txn, const store_tables& tables, const one_time_link& link) {
  std::string row;
  row_writer(row)
      .u8(static_cast<std::uint8_t>(link.kind))
      .u32(link.account)
      .u32(link.team)
      .u8(static_cast<std::uint8_t>(link.role))
      .i64(link.created)
      .i64(link.expires);
  txn.put(tables.links, bytes_of_hash(link.hash), row);
}

void drop_link(lmdb_txn& txn, const store_tables& tables, const secret_hash& hash) {
  txn.erase(tables.links, bytes_of_hash(hash));
}

std::vector<one_time_link> all_links(const lmdb_txn& txn, const store_tables& tables) {
  std::vector<one_time_link> out;
  for_each_row(txn, tables.links, {}, [&](std::string_view key, std::string_view) {
    const auto link = get_link(txn, tables, row_reader(key).raw<32>());
    if (link)
      out.push_back(*link);
  });
  return out;
}

std::string words_for_role(role of) {
  return "role " + std::to_string(static_cast<unsigned>(of));
}

ulid new_id(epoch_us now) {
  return next_ulid(ulid{}, static_cast<std::uint64_t>(std::max<epoch_us>(now, 0)) / 1000,
                   draw_randomness());
}

result<void> check_name(std::string_view what, std::string_view name) {
  if (name.empty() || name.size() > max_name_bytes)
    return failure{ec::bad_input,
                   std::string(what) + " must have 1 to " + std::to_string(max_name_bytes) +
                       " bytes",
                   {}};
  return {};
}

} // namespace spec_kitty::server::store
