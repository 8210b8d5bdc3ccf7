// Rows of device logins (account_rows.hpp).
#include "app/server/store/lmdb/account_rows.hpp"

#include <utility>

namespace spec_kitty::server::store {

namespace {

std::string login_key(const secret_hash& device) {
  std::string key = "D";
  row_writer(key).raw(device);
  return key;
}

std::string user_code_key(const secret_hash& user_code) {
  std::string key = "U";
  row_writer(key).raw(user_code);
  return key;
}

device_login decode_login(std::string_view row, const secret_hash& device) {
  device_login out;
  row_reader in(row);
  out.device = device;
  out.user_code = in.raw<32>();
  out.state = static_cast<device_state>(in.u8());
  out.client = in.text();
  out.host = in.text();
  out.address = in.text();
  out.team_slug = in.text();
  out.created = in.i64();
  out.expires = in.i64();
  out.account = in.u32();
  out.team = in.u32();
  out.session = ulid{in.raw<16>()};
  out.sealed = in.text();
  return out;
}

} // namespace

std::optional<device_login> get_device(const lmdb_txn& txn, const store_tables& tables,
                                       const secret_hash& device) {
  const auto row = txn.get(tables.devices, login_key(device));
  return row ? std::optional(decode_login(*row, device)) : std::nullopt;
}

std::optional<secret_hash> device_of_user_code(const lmdb_txn& txn, const store_tables& tables,
                                               const secret_hash& user_code) {
  const auto row = txn.get(tables.devices, user_code_key(user_code));
  return row ? std::optional(row_reader(*row).raw<32>()) : std::nullopt;
}

void put_device(lmdb_txn& txn, const store_tables& tables, const device_login& login) {
  std::string row;
  row_writer(row)
      .raw(login.user_code)
      .u8(static_cast<std::uint8_t>(login.state))
      .text(login.client)
      .text(login.host)
      .text(login.address)
      .text(login.team_slug)
      .i64(login.created)
      .i64(login.expires)
      .u32(login.account)
      .u32(login.team)
      .raw(login.session.bytes)
      .text(login.sealed);
  txn.put(tables.devices, login_key(login.device), row);
  row.clear();
  row_writer(row).raw(login.device);
  txn.put(tables.devices, user_code_key(login.user_code), row);
}

void drop_device(lmdb_txn& txn, const store_tables& tables, const device_login& login) {
  txn.erase(tables.devices, login_key(login.device));
  txn.erase(tables.devices, user_code_key(login.user_code));
}

std::vector<device_login> all_devices(const lmdb_txn& txn, const store_tables& tables) {
  std::vector<device_login> out;
  lmdb_cursor cursor(txn, tables.devices);
  for (bool more = cursor.seek("D"); more && cursor.key().front() == 'D'; more = cursor.next())
    out.push_back(decode_login(cursor.value(), row_reader(cursor.key().substr(1)).raw<32>()));
  return out;
}

} // namespace spec_kitty::server::store
