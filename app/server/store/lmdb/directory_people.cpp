// Teams, accounts and members.
#include "app/server/store/lmdb/audit_log.hpp"
#include "app/server/store/lmdb/directory.hpp"
#include "app/server/store/lmdb/rows.hpp"

#include <utility>

namespace spec_kitty::server::store {

namespace {

failure no_such_team(team_id team) {
  return {ec::not_found, "team " + std::to_string(team) + " does not exist", {}};
}

failure no_such_account(account_id account) {
  return {ec::not_found, "account " + std::to_string(account) + " does not exist", {}};
}

std::vector<membership> infos_of(const std::vector<member_row>& rows) {
  std::vector<membership> out;
  out.reserve(rows.size());
  for (const auto& row : rows)
    out.push_back(row.info);
  return out;
}

} // namespace

result<team_info> lmdb_accounts::add_team(std::string slug, std::string name, change_note note) {
  return change<team_info>([this, slug = std::move(slug), name = std::move(name),
                            note = std::move(note)](lmdb_txn& txn) -> result<team_info> {
    if (auto usable = check_name("the team's slug", slug); !usable)
      return usable.error();
    if (txn.get(tables_.slugs, slug))
      return failure{ec::bad_input, "the slug " + slug + " is or was a team's, and is never reused",
                     "choose another slug"};
    team_info team;
    {
      lmdb_cursor cursor(txn, tables_.teams);
      team.id = cursor.last() ? row_reader(cursor.key()).u32() + 1 : 1;
    }
    team.slug = slug;
    team.name = name.empty() ? slug : name;
    team.log = to_string(new_id(note.at));
    team.created = note.at;
    put_team(txn, tables_, team);
    txn.put(tables_.slugs, slug, key_of_team(team.id));
    txn.put(tables_.heads, key_of_team(team.id), encode(head_row{}));
    add_audit(txn, tables_, note, team.id, "team.add", slug);
    return team;
  });
}

result<void> lmdb_accounts::rename_team(team_id team, std::string name, change_note note) {
  return change<void>(
      [this, team, name = std::move(name), note = std::move(note)](lmdb_txn& txn) -> result<void> {
        auto found = get_team(txn, tables_, team);
        if (!found || found->removed)
          return no_such_team(team);
        if (auto usable = check_name("the team's name", name); !usable)
          return usable;
        found->info.name = name;
        put_team(txn, tables_, found->info);
        add_audit(txn, tables_, note, team, "team.rename", found->info.slug, name);
        return {};
      });
}

result<std::optional<team_info>> lmdb_accounts::team_by_slug(std::string_view slug) {
  return look_up([&](const lmdb_txn& txn) -> std::optional<team_info> {
    if (!check_name("slug", slug))
      return std::nullopt;
    const auto id = txn.get(tables_.slugs, slug);
    const auto found = id ? get_team(txn, tables_, row_reader(*id).u32()) : std::nullopt;
    return found && !found->removed ? std::optional(found->info) : std::nullopt;
  });
}

result<std::optional<team_info>> lmdb_accounts::team_of(team_id team) {
  return look_up([&](const lmdb_txn& txn) -> std::optional<team_info> {
    const auto found = get_team(txn, tables_, team);
    return found && !found->removed ? std::optional(found->info) : std::nullopt;
  });
}

result<std::vector<team_info>> lmdb_accounts::teams() {
  return look_up([&](const lmdb_txn& txn) { return all_teams(txn, tables_); });
}

result<user_info> lmdb_accounts::add_user(std::string name, std::string password_hash,
                                          change_note note) {
  return change<user_info>([this, name = std::move(name), hash = std::move(password_hash),
                            note = std::move(note)](lmdb_txn& txn) {
    auto made = make_user(txn, tables_, name, hash, note.at);
    if (made)
      add_audit(txn, tables_, note, 0, "user.add", name);
    return made;
  });
}

result<void> lmdb_accounts::set_password(account_id account, std::string password_hash,
                                         change_note note) {
  return change<void>([this, account, hash = std::move(password_hash),
                       note = std::move(note)](lmdb_txn& txn) -> result<void> {
    auto user = get_user(txn, tables_, account);
    if (!user)
      return no_such_account(account);
    user->password_hash = hash;
    ++user->generation;
    put_user(txn, tables_, *user);
    end_sessions(txn, tables_, account, 0);
    add_audit(txn, tables_, note, 0, "user.password", user->name);
    return {};
  });
}

result<void> lmdb_accounts::set_disabled(account_id account, bool disabled, change_note note) {
  return change<void>(
      [this, account, disabled, note = std::move(note)](lmdb_txn& txn) -> result<void> {
        auto user = get_user(txn, tables_, account);
        if (!user)
          return no_such_account(account);
        user->disabled = disabled;
        ++user->generation;
        put_user(txn, tables_, *user);
        if (disabled)
          end_sessions(txn, tables_, account, 0);
        add_audit(txn, tables_, note, 0, disabled ? "user.disable" : "user.enable", user->name);
        return {};
      });
}

result<std::optional<user_info>> lmdb_accounts::user_by_name(std::string_view name) {
  return look_up([&](const lmdb_txn& txn) { return get_user(txn, tables_, name); });
}

result<std::optional<user_info>> lmdb_accounts::user_of(account_id account) {
  return look_up([&](const lmdb_txn& txn) { return get_user(txn, tables_, account); });
}

result<std::vector<user_info>> lmdb_accounts::users() {
  return look_up([&](const lmdb_txn& txn) {
    std::vector<user_info> out;
    lmdb_cursor cursor(txn, tables_.users);
    for (bool more = cursor.first(); more; more = cursor.next())
      if (auto user = get_user(txn, tables_, row_reader(cursor.key()).u32()))
        out.push_back(std::move(*user));
    return out;
  });
}

result<void> lmdb_accounts::set_member(team_id team, account_id account, role as,
                                       std::uint64_t max_members, change_note note) {
  return change<void>([this, team, account, as, max_members,
                       note = std::move(note)](lmdb_txn& txn) -> result<void> {
    auto made = make_member(txn, tables_, {team, account, as, 1, note.at}, max_members);
    if (!made)
      return made;
    const auto user = get_user(txn, tables_, account);
    add_audit(txn, tables_, note, team, "member.set", user ? user->name : "", words_for_role(as));
    return {};
  });
}

result<void> lmdb_accounts::remove_member(team_id team, account_id account, change_note note) {
  return change<void>([this, team, account, note = std::move(note)](lmdb_txn& txn) -> result<void> {
    auto found = get_member(txn, tables_, team, account);
    if (!found || !found->active)
      return failure{ec::not_found, "the account is not a member of the team", {}};
    found->active = false;
    ++found->info.generation;
    put_member(txn, tables_, *found);
    end_sessions(txn, tables_, account, team);
    revoke_tokens(txn, tables_, account, team);
    const auto user = get_user(txn, tables_, account);
    add_audit(txn, tables_, note, team, "member.remove", user ? user->name : "");
    return {};
  });
}

result<std::optional<membership>> lmdb_accounts::member(team_id team, account_id account) {
  return look_up([&](const lmdb_txn& txn) -> std::optional<membership> {
    const auto found = get_member(txn, tables_, team, account);
    return found && found->active ? std::optional(found->info) : std::nullopt;
  });
}

result<std::vector<membership>> lmdb_accounts::members_of(team_id team) {
  return look_up(
      [&](const lmdb_txn& txn) { return infos_of(members_of_team(txn, tables_, team)); });
}

result<std::vector<membership>> lmdb_accounts::teams_of(account_id account) {
  return look_up(
      [&](const lmdb_txn& txn) { return infos_of(memberships_of(txn, tables_, account)); });
}

} // namespace spec_kitty::server::store
