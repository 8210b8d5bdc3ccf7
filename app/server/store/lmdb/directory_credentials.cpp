// Sessions and machine tokens.
#include "app/server/store/lmdb/audit_log.hpp"
#include "app/server/store/lmdb/directory.hpp"

#include <algorithm>
#include <utility>

namespace spec_kitty::server::store {

namespace {

constexpr std::size_t older_hash_bytes = 8;
constexpr std::size_t max_older_hashes = 64;
constexpr epoch_us hour_us = epoch_us{3600} * 1'000'000;
constexpr std::size_t max_client_bytes = 256;
constexpr std::size_t max_address_bytes = 128;
/// Addresses are remembered for so long after the last login from there.
constexpr epoch_us address_memory_us = 30 * 24 * hour_us;

std::string older_mark(const secret_hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), older_hash_bytes};
}

bool was_used(const session_family& family, const secret_hash& shown) {
  if (family.previous != secret_hash{} && family.previous == shown)
    return true;
  const auto mark = older_mark(shown);
  for (std::size_t at = 0; at + older_hash_bytes <= family.older.size(); at += older_hash_bytes)
    if (family.older.compare(at, older_hash_bytes, mark) == 0)
      return true;
  return false;
}

bool has_ended(const session_family& family, epoch_us now) {
  return family.ended || family.expires <= now;
}

std::string address_key(account_id account, std::string_view address) {
  std::string key;
  row_writer(key).u32(account).raw(address.substr(0, max_address_bytes));
  return key;
}

void put_next_hash(session_family& family, const refresh_attempt& asked, epoch_us now) {
  if (family.previous != secret_hash{}) {
    family.older += older_mark(family.previous);
    if (family.older.size() > max_older_hashes * older_hash_bytes)
      family.older.erase(0, older_hash_bytes);
  }
  family.previous = family.current;
  family.current = asked.next;
  family.expires = asked.next_expires;
  family.repeat = asked.repeat;
  family.sealed = asked.sealed;
  family.last_used = now;
  ++family.generation;
}

bool is_repeat(const session_family& family, const refresh_attempt& asked) {
  return family.repeat != secret_hash{} && family.previous == asked.shown &&
         family.repeat == asked.repeat;
}

} // namespace

result<void> begin_session(lmdb_txn& txn, const store_tables& tables, session_family family,
                           std::string how) {
  const auto user = get_user(txn, tables, family.account);
  if (!user || user->disabled)
    return failure{ec::not_found, "the account does not exist or is disabled", {}};
  if (get_session(txn, tables, family.id))
    return failure{ec::bad_input, "there is a session with this id already", {}};
  family.client.resize(std::min(family.client.size(), max_client_bytes));
  put_session(txn, tables, family);
  if (!family.address.empty()) {
    std::string row;
    row_writer(row).i64(family.created);
    txn.put(tables.addresses, address_key(family.account, family.address), row);
  }
  const change_note note{user->name, family.address, family.created};
  add_audit(txn, tables, note, family.team, "session.open", to_string(family.id), std::move(how));
  return {};
}

result<void> lmdb_accounts::open_session(session_family family) {
  return change<void>([this, family = std::move(family)](lmdb_txn& txn) -> result<void> {
    const bool browser = family.kind == session_kind::browser;
    return begin_session(txn, tables_, family, browser ? "in a browser" : "");
  });
}

result<std::optional<session_family>> lmdb_accounts::session(const ulid& id) {
  return look_up([&](const lmdb_txn& txn) { return get_session(txn, tables_, id); });
}

result<std::vector<session_family>> lmdb_accounts::sessions_of(account_id account) {
  return look_up([&](const lmdb_txn& txn) { return sessions_of_account(txn, tables_, account); });
}

result<refreshed> lmdb_accounts::rotate(const refresh_attempt& asked, const change_note& note) {
  return change<refreshed>([this, asked, note](lmdb_txn& txn) -> result<refreshed> {
    auto found = get_session(txn, tables_, asked.family);
    if (!found || found->kind != session_kind::client)
      return refreshed{rotation::unknown, {}};
    const bool is_current = found->current == asked.shown;
    if (!is_current && !was_used(*found, asked.shown))
      return refreshed{rotation::unknown, {}};
    if (has_ended(*found, note.at))
      return refreshed{rotation::ended, {}};
    if (is_current) {
      put_next_hash(*found, asked, note.at);
      put_session(txn, tables_, *found);
      return refreshed{rotation::rotated, {}};
    }
    if (is_repeat(*found, asked))
      return refreshed{rotation::repeated, found->sealed};
    found->ended = true;
    ++found->generation;
    put_session(txn, tables_, *found);
    add_audit(txn, tables_, note, found->team, "session.reused", to_string(asked.family));
    return refreshed{rotation::reused, {}};
  });
}

result<void> lmdb_accounts::touch_session(const ulid& family, epoch_us now) {
  const auto is_due = [now](const std::optional<session_family>& found) {
    return found && (found->last_used == 0 || found->last_used + hour_us <= now);
  };
  const auto seen = session(family);
  if (!seen || !is_due(*seen))
    return seen ? result<void>{} : seen.error();
  return change<void>([this, family, now, is_due](lmdb_txn& txn) -> result<void> {
    auto found = get_session(txn, tables_, family);
    if (!is_due(found))
      return {};
    found->last_used = now;
    put_session(txn, tables_, *found);
    return {};
  });
}

result<void> lmdb_accounts::end_session(const ulid& family, change_note note) {
  return change<void>([this, family, note = std::move(note)](lmdb_txn& txn) -> result<void> {
    auto found = get_session(txn, tables_, family);
    if (!found)
      return failure{ec::not_found, "the session does not exist", {}};
    if (found->ended)
      return {};
    found->ended = true;
    ++found->generation;
    put_session(txn, tables_, *found);
    add_audit(txn, tables_, note, found->team, "session.end", to_string(family));
    return {};
  });
}

result<std::uint64_t> lmdb_accounts::expire_sessions(epoch_us now, epoch_us unused_for) {
  return change<std::uint64_t>([this, now, unused_for](lmdb_txn& txn) -> result<std::uint64_t> {
    std::vector<session_family> due;
    {
      lmdb_cursor cursor(txn, tables_.sessions);
      for (bool more = cursor.seek("S"); more && cursor.key().substr(0, 1) == "S";
           more = cursor.next()) {
        auto family = get_session(txn, tables_, ulid{row_reader(cursor.key().substr(1)).raw<16>()});
        if (family && (family->expires <= now || (!family->ended && family->last_used == 0 &&
                                                  family->created + unused_for <= now)))
          due.push_back(std::move(*family));
      }
    }
    for (auto& family : due) {
      if (family.expires <= now) { // a token of it is refused by its date
        drop_session(txn, tables_, family);
        continue;
      }
      family.ended = true;
      ++family.generation;
      put_session(txn, tables_, family);
    }
    std::vector<std::string> forgotten;
    {
      lmdb_cursor cursor(txn, tables_.addresses);
      for (bool more = cursor.first(); more; more = cursor.next())
        if (row_reader(cursor.value()).i64() + address_memory_us <= now)
          forgotten.emplace_back(cursor.key());
    }
    for (const auto& key : forgotten)
      txn.erase(tables_.addresses, key);
    return std::uint64_t{due.size()};
  });
}

result<bool> lmdb_accounts::knows_address(account_id account, std::string_view address,
                                          epoch_us since) {
  return look_up([&](const lmdb_txn& txn) {
    const auto row = txn.get(tables_.addresses, address_key(account, address));
    return row && row_reader(*row).i64() >= since;
  });
}

result<void> lmdb_accounts::add_token(machine_token token, change_note note) {
  return change<void>(
      [this, token = std::move(token), note = std::move(note)](lmdb_txn& txn) -> result<void> {
        const auto member = get_member(txn, tables_, token.team, token.account);
        if (!member || !member->active)
          return failure{ec::not_found, "the account is not a member of the team", {}};
        if (auto usable = check_name("the token's name", token.name); !usable)
          return usable;
        if (get_token(txn, tables_, token.id))
          return failure{ec::bad_input, "there is a token with this id already", {}};
        put_token(txn, tables_, token);
        add_audit(txn, tables_, note, token.team, "token.create", token.name, to_string(token.id));
        return {};
      });
}

result<std::optional<machine_token>> lmdb_accounts::token_by_hash(const secret_hash& hash) {
  return look_up([&](const lmdb_txn& txn) -> std::optional<machine_token> {
    const auto id =
        txn.get(tables_.token_hashes, {reinterpret_cast<const char*>(hash.data()), hash.size()});
    return id ? get_token(txn, tables_, ulid{row_reader(*id).raw<16>()}) : std::nullopt;
  });
}

result<std::vector<machine_token>> lmdb_accounts::tokens() {
  return look_up([&](const lmdb_txn& txn) { return all_tokens(txn, tables_); });
}

result<void> lmdb_accounts::revoke_token(const ulid& id, change_note note) {
  return change<void>([this, id, note = std::move(note)](lmdb_txn& txn) -> result<void> {
    auto token = get_token(txn, tables_, id);
    if (!token)
      return failure{ec::not_found, "there is no such token", "run: spec-kitty-server token list"};
    if (token->revoked)
      return {};
    token->revoked = true;
    ++token->generation;
    put_token(txn, tables_, *token);
    add_audit(txn, tables_, note, token->team, "token.revoke", token->name, to_string(id));
    return {};
  });
}

result<caller_state> lmdb_accounts::caller(account_id account, team_id team, const ulid& credential,
                                           epoch_us now) {
  return look_up([&](const lmdb_txn& txn) {
    caller_state out;
    if (const auto user = get_user(txn, tables_, account)) {
      out.account_active = !user->disabled;
      out.generation += user->generation;
    }
    if (const auto member = get_member(txn, tables_, team, account)) {
      if (member->active)
        out.role = member->info.role;
      out.generation += member->info.generation;
    }
    if (const auto family = get_session(txn, tables_, credential)) {
      out.credential_active = !has_ended(*family, now) && family->account == account &&
                              (family->team == team || family->kind == session_kind::browser);
      out.generation += family->generation;
    } else if (const auto token = get_token(txn, tables_, credential)) {
      out.credential_active = !token->revoked && (token->expires == 0 || token->expires > now) &&
                              token->account == account && token->team == team;
      out.generation += token->generation;
    }
    return out;
  });
}

} // namespace spec_kitty::server::store
