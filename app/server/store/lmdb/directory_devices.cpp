// Device logins: asked for by a program, decided by a person, opened once.
#include "app/server/store/lmdb/audit_log.hpp"
#include "app/server/store/lmdb/directory.hpp"

#include <algorithm>
#include <utility>

namespace spec_kitty::server::store {

namespace {

constexpr std::size_t max_text_bytes = 256;

failure does_not_wait() {
  return {ec::not_found, "the code does not exist, was used or has expired", "ask for a new one"};
}

bool is_open(const device_login& login, epoch_us now) {
  return login.expires > now &&
         (login.state == device_state::waiting || login.state == device_state::approved);
}

void cut(std::string& text) {
  text.resize(std::min(text.size(), max_text_bytes));
}

} // namespace

result<void> lmdb_accounts::add_device_login(device_login login, device_limits limits) {
  return change<void>([this, login = std::move(login), limits](lmdb_txn& txn) -> result<void> {
    std::size_t open = 0;
    std::size_t of_address = 0;
    for (const auto& other : all_devices(txn, tables_)) {
      if (!is_open(other, login.created))
        continue;
      ++open;
      of_address += other.address == login.address ? 1 : 0;
    }
    if (of_address >= limits.open_of_address)
      return failure{ec::overloaded, "too many logins from this address wait for a person", {}};
    if (open >= limits.open)
      return failure{ec::overloaded, "too many logins wait for a person", {}};
    if (get_device(txn, tables_, login.device) ||
        device_of_user_code(txn, tables_, login.user_code))
      return failure{ec::store_busy, "the code is in use", "ask for a new one"};
    device_login kept_login = login;
    for (auto* text :
         {&kept_login.client, &kept_login.host, &kept_login.address, &kept_login.team_slug})
      cut(*text);
    put_device(txn, tables_, kept_login);
    return {};
  });
}

result<std::optional<device_login>> lmdb_accounts::device_login_of(const secret_hash& device,
                                                                   epoch_us now) {
  return look_up([&](const lmdb_txn& txn) {
    auto found = get_device(txn, tables_, device);
    return found && found->expires > now ? found : std::nullopt;
  });
}

result<std::optional<device_login>>
lmdb_accounts::device_login_by_code(const secret_hash& user_code, epoch_us now) {
  return look_up([&](const lmdb_txn& txn) -> std::optional<device_login> {
    const auto device = device_of_user_code(txn, tables_, user_code);
    auto found = device ? get_device(txn, tables_, *device) : std::nullopt;
    return found && found->expires > now ? found : std::nullopt;
  });
}

result<void> lmdb_accounts::decide_device_login(const secret_hash& user_code, bool approved,
                                                account_id account, team_id team,
                                                change_note note) {
  return change<void>([this, user_code, approved, account, team,
                       note = std::move(note)](lmdb_txn& txn) -> result<void> {
    const auto device = device_of_user_code(txn, tables_, user_code);
    auto found = device ? get_device(txn, tables_, *device) : std::nullopt;
    if (!found || found->state != device_state::waiting || found->expires <= note.at)
      return does_not_wait();
    if (approved) {
      const auto member = get_member(txn, tables_, team, account);
      const auto user = get_user(txn, tables_, account);
      if (!member || !member->active || !user || user->disabled)
        return failure{ec::not_found, "the account is not a member of the team", {}};
      found->team = team;
    }
    found->state = approved ? device_state::approved : device_state::denied;
    found->account = account;
    put_device(txn, tables_, *found);
    add_audit(txn, tables_, note, found->team, approved ? "device.approve" : "device.deny",
              found->host, found->client + " from " + found->address);
    return {};
  });
}

result<void> lmdb_accounts::open_device_session(const secret_hash& device, session_family family,
                                                std::string sealed) {
  return change<void>([this, device, family = std::move(family),
                       sealed = std::move(sealed)](lmdb_txn& txn) -> result<void> {
    auto found = get_device(txn, tables_, device);
    if (!found || found->state != device_state::approved || found->expires <= family.created ||
        found->account != family.account || found->team != family.team)
      return does_not_wait();
    if (auto begun = begin_session(txn, tables_, family, "by a device login"); !begun)
      return begun;
    found->state = device_state::opened;
    found->session = family.id;
    found->sealed = sealed;
    put_device(txn, tables_, *found);
    return {};
  });
}

result<std::uint64_t> lmdb_accounts::expire_device_logins(epoch_us now) {
  return change<std::uint64_t>([this, now](lmdb_txn& txn) -> result<std::uint64_t> {
    std::uint64_t count = 0;
    for (const auto& login : all_devices(txn, tables_))
      if (login.expires <= now) {
        drop_device(txn, tables_, login);
        ++count;
      }
    return count;
  });
}

} // namespace spec_kitty::server::store
