// Rows of sessions and machine tokens (account_rows.hpp).
#include "app/server/store/lmdb/account_rows.hpp"

#include <utility>

namespace spec_kitty::server::store {

namespace {

constexpr std::string_view index_value = "-";

std::string_view bytes_of_id(const ulid& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

std::string session_key(const ulid& id) {
  return "S" + std::string(bytes_of_id(id));
}

std::string account_sessions_prefix(account_id account) {
  std::string key = "A";
  row_writer(key).u32(account);
  return key;
}

} // namespace

std::optional<session_family> get_session(const lmdb_txn& txn, const store_tables& tables,
                                          const ulid& id) {
  const auto row = txn.get(tables.sessions, session_key(id));
  if (!row)
    return std::nullopt;
  session_family out;
  out.id = id;
  row_reader in(*row);
  out.account = in.u32();
  out.team = in.u32();
  out.generation = in.u64();
  out.current = in.raw<32>();
  out.previous = in.raw<32>();
  out.created = in.i64();
  out.expires = in.i64();
  out.last_used = in.i64();
  out.client = in.text();
  out.address = in.text();
  out.ended = in.flag();
  out.older = in.text();
  if (!in.at_end()) {
    out.kind = static_cast<session_kind>(in.u8());
    out.repeat = in.raw<32>();
    out.sealed = in.text();
  }
  return out;
}

void put_session(lmdb_txn& txn, const store_tables& tables, const session_family& family) {
  std::string row;
  row_writer(row)
      .u32(family.account)
      .u32(family.team)
      .u64(family.generation)
      .raw(family.current)
      .raw(family.previous)
      .i64(family.created)
      .i64(family.expires)
      .i64(family.last_used)
      .text(family.client)
      .text(family.address)
      .flag(family.ended)
      .text(family.older)
      .u8(static_cast<std::uint8_t>(family.kind))
      .raw(family.repeat)
      .text(family.sealed);
  txn.put(tables.sessions, session_key(family.id), row);
  txn.put(tables.sessions,
          account_sessions_prefix(family.account) + std::string(bytes_of_id(family.id)),
          index_value);
}

void drop_session(lmdb_txn& txn, const store_tables& tables, const session_family& family) {
  txn.erase(tables.sessions, session_key(family.id));
  txn.erase(tables.sessions,
            account_sessions_prefix(family.account) + std::string(bytes_of_id(family.id)));
}

std::vector<session_family> sessions_of_account(const lmdb_txn& txn, const store_tables& tables,
                                                account_id account) {
  std::vector<session_family> out;
  const std::string prefix = account_sessions_prefix(account);
  lmdb_cursor cursor(txn, tables.sessions);
  for (bool more = cursor.seek(prefix); more && cursor.key().substr(0, prefix.size()) == prefix;
       more = cursor.next()) {
    const ulid id{row_reader(cursor.key().substr(prefix.size())).raw<16>()};
    if (auto family = get_session(txn, tables, id))
      out.push_back(std::move(*family));
  }
  return out;
}

void end_sessions(lmdb_txn& txn, const store_tables& tables, account_id account, team_id team) {
  for (auto& family : sessions_of_account(txn, tables, account)) {
    if (family.ended || (team != 0 && family.team != team))
      continue;
    family.ended = true;
    ++family.generation;
    put_session(txn, tables, family);
  }
}

std::optional<machine_token> get_token(const lmdb_txn& txn, const store_tables& tables,
                                       const ulid& id) {
  const auto row = txn.get(tables.tokens, bytes_of_id(id));
  if (!row)
    return std::nullopt;
  machine_token out;
  out.id = id;
  row_reader in(*row);
  out.hash = in.raw<32>();
  out.account = in.u32();
  out.team = in.u32();
  out.name = in.text();
  out.created = in.i64();
  out.expires = in.i64();
  out.generation = in.u64();
  out.revoked = in.flag();
  return out;
}

void put_token(lmdb_txn& txn, const store_tables& tables, const machine_token& token) {
  std::string row;
  row_writer(row)
      .raw(token.hash)
      .u32(token.account)
      .u32(token.team)
      .text(token.name)
      .i64(token.created)
      .i64(token.expires)
      .u64(token.generation)
      .flag(token.revoked);
  txn.put(tables.tokens, bytes_of_id(token.id), row);
  txn.put(tables.token_hashes,
          {reinterpret_cast<const char*>(token.hash.data()), token.hash.size()},
          bytes_of_id(token.id));
}

std::vector<machine_token> all_tokens(const lmdb_txn& txn, const store_tables& tables) {
  std::vector<machine_token> out;
  lmdb_cursor cursor(txn, tables.tokens);
  for (bool more = cursor.first(); more; more = cursor.next())
    if (auto token = get_token(txn, tables, ulid{row_reader(cursor.key()).raw<16>()}))
      out.push_back(std::move(*token));
  return out;
}

void revoke_tokens(lmdb_txn& txn, const store_tables& tables, account_id account, team_id team) {
  for (auto& token : all_tokens(txn, tables)) {
    if (token.revoked || token.team != team || (account != 0 && token.account != account))
      continue;
    token.revoked = true;
    ++token.generation;
    put_token(txn, tables, token);
  }
}

} // namespace spec_kitty::server::store
