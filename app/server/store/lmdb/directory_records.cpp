// Links of one use, the audit log, event types of teams.
#include "app/server/store/lmdb/audit_log.hpp"
#include "app/server/store/lmdb/directory.hpp"
#include "app/server/store/lmdb/rows.hpp"

#include <utility>

namespace spec_kitty::server::store {

namespace {

constexpr std::size_t max_type_schema_bytes = std::size_t{1} << 20;
constexpr std::size_t max_team_types = 1000;

failure link_is_not_usable() {
  return {ec::not_found, "the link does not exist, was used or has expired", "ask for a new one"};
}

std::string type_key(team_id team, std::string_view name) {
  std::string key = key_of_team(team);
  key += name;
  return key;
}

std::vector<team_event_type> types_of_team(const lmdb_txn& txn, const store_tables& tables,
                                           team_id team) {
  std::vector<team_event_type> out;
  const auto prefix = key_of_team(team);
  lmdb_cursor cursor(txn, tables.types);
  for (bool more = cursor.seek(prefix); more && cursor.key().substr(0, 4) == prefix;
       more = cursor.next())
    out.push_back({std::string(cursor.key().substr(4)), std::string(cursor.value())});
  return out;
}

} // namespace

result<void> lmdb_accounts::add_link(one_time_link link, change_note note) {
  return change<void>([this, link, note = std::move(note)](lmdb_txn& txn) -> result<void> {
    std::string subject;
    if (link.kind == link_kind::password) {
      const auto user = get_user(txn, tables_, link.account);
      if (!user)
        return failure{ec::not_found, "the account does not exist", {}};
      subject = user->name;
    } else {
      const auto team = get_team(txn, tables_, link.team);
      if (!team || team->removed)
        return failure{ec::not_found, "the team does not exist", {}};
      if (link.role == role{})
        return failure{ec::bad_input, "an invite names a role", {}};
      subject = team->info.slug;
    }
    put_link(txn, tables_, link);
    add_audit(txn, tables_, note, link.team,
              link.kind == link_kind::password ? "link.password" : "link.invite", subject);
    return {};
  });
}

result<std::optional<one_time_link>> lmdb_accounts::link(const secret_hash& hash, epoch_us now) {
  return look_up([&](const lmdb_txn& txn) {
    auto found = get_link(txn, tables_, hash);
    return found && found->expires > now ? found : std::nullopt;
  });
}

result<user_info> lmdb_accounts::use_password_link(const secret_hash& hash,
                                                   std::string password_hash, change_note note) {
  return change<user_info>([this, hash, password = std::move(password_hash),
                            note = std::move(note)](lmdb_txn& txn) -> result<user_info> {
    const auto found = get_link(txn, tables_, hash);
    if (!found || found->kind != link_kind::password || found->expires <= note.at)
      return link_is_not_usable();
    auto user = get_user(txn, tables_, found->account);
    if (!user)
      return link_is_not_usable();
    drop_link(txn, tables_, hash);
    user->password_hash = password;
    ++user->generation;
    put_user(txn, tables_, *user);
    end_sessions(txn, tables_, user->id, 0);
    add_audit(txn, tables_, note, 0, "user.password", user->name, "by a link");
    return *user;
  });
}

result<user_info> lmdb_accounts::use_invite(const secret_hash& hash, std::string name,
                                            std::string password_hash, std::uint64_t max_members,
                                            change_note note) {
  return change<user_info>([this, hash, name = std::move(name), password = std::move(password_hash),
                            max_members,
                            note = std::move(note)](lmdb_txn& txn) -> result<user_info> {
    const auto found = get_link(txn, tables_, hash);
    if (!found || found->kind != link_kind::invite || found->expires <= note.at)
      return link_is_not_usable();
    auto user = make_user(txn, tables_, name, password, note.at);
    if (!user)
      return user;
    auto made =
        make_member(txn, tables_, {found->team, user->id, found->role, 1, note.at}, max_members);
    if (!made)
      return made.error();
    drop_link(txn, tables_, hash);
    add_audit(txn, tables_, note, found->team, "invite.use", name, words_for_role(found->role));
    return user;
  });
}

result<std::uint64_t> lmdb_accounts::expire_links(epoch_us now) {
  return change<std::uint64_t>([this, now](lmdb_txn& txn) -> result<std::uint64_t> {
    std::uint64_t count = 0;
    for (const auto& link : all_links(txn, tables_))
      if (link.expires <= now) {
        drop_link(txn, tables_, link.hash);
        ++count;
      }
    return count;
  });
}

result<void> lmdb_accounts::audit(audit_line line) {
  return change<void>([this, line = std::move(line)](lmdb_txn& txn) -> result<void> {
    add_audit(txn, tables_, line);
    return {};
  });
}

result<std::vector<audit_line>> lmdb_accounts::read_audit(std::uint64_t after, std::size_t limit,
                                                          team_id team) {
  return look_up(
      [&](const lmdb_txn& txn) { return read_audit_lines(txn, tables_, after, limit, team); });
}

result<void> lmdb_accounts::set_event_type(team_id team, team_event_type type, change_note note) {
  return change<void>(
      [this, team, type = std::move(type), note = std::move(note)](lmdb_txn& txn) -> result<void> {
        const auto found = get_team(txn, tables_, team);
        if (!found || found->removed)
          return failure{ec::not_found, "the team does not exist", {}};
        if (auto usable = check_name("the event type's name", type.name); !usable)
          return usable;
        if (type.schema.size() > max_type_schema_bytes)
          return failure{ec::bad_input, "the schema of " + type.name + " is larger than 1 MiB", {}};
        if (types_of_team(txn, tables_, team).size() >= max_team_types)
          return failure{ec::bad_input, "the team has 1000 event types, and may not have more", {}};
        txn.put(tables_.types, type_key(team, type.name), type.schema);
        add_audit(txn, tables_, note, team, "type.set", type.name);
        return {};
      });
}

result<void> lmdb_accounts::remove_event_type(team_id team, std::string_view name,
                                              change_note note) {
  return change<void>([this, team, name = std::string(name),
                       note = std::move(note)](lmdb_txn& txn) -> result<void> {
    if (!check_name("name", name) || !txn.erase(tables_.types, type_key(team, name)))
      return failure{ec::not_found, "the team has no event type " + name, {}};
    add_audit(txn, tables_, note, team, "type.remove", name);
    return {};
  });
}

result<std::vector<team_event_type>> lmdb_accounts::event_types(team_id team) {
  return look_up([&](const lmdb_txn& txn) { return types_of_team(txn, tables_, team); });
}

} // namespace spec_kitty::server::store
