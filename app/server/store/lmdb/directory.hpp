// Accounts on LMDB: reads on the caller's thread, changes on the writer's, which the caller waits
// for.
#pragma once

#include "app/server/store/accounts.hpp"
#include "app/server/store/lmdb/account_rows.hpp"
#include "app/server/store/lmdb/environment.hpp"
#include "app/server/store/lmdb/pending.hpp"
#include "app/server/store/lmdb/writer.hpp"

#include <chrono>
#include <future>
#include <memory>

namespace spec_kitty::server::store {

class lmdb_accounts : public accounts {
public:
  lmdb_accounts(lmdb_environment& env, store_writer& writer, deadline_watch& deadlines,
                std::chrono::milliseconds patience)
      : env_(env), tables_(env.tables()), writer_(writer), deadlines_(deadlines),
        patience_(patience) {}

  result<team_info> add_team(std::string slug, std::string name, change_note note) override;
  result<void> rename_team(team_id team, std::string name, change_note note) override;
  result<std::optional<team_info>> team_by_slug(std::string_view slug) override;
  result<std::optional<team_info>> team_of(team_id team) override;
  result<std::vector<team_info>> teams() override;

  result<user_info> add_user(std::string name, std::string password_hash,
                             change_note note) override;
  result<void> set_password(account_id account, std::string password_hash,
                            change_note note) override;
  result<void> set_disabled(account_id account, bool disabled, change_note note) override;
  result<std::optional<user_info>> user_by_name(std::string_view name) override;
  result<std::optional<user_info>> user_of(account_id account) override;
  result<std::vector<user_info>> users() override;

  result<void> set_member(team_id team, account_id account, role as, std::uint64_t max_members,
                          change_note note) override;
  result<void> remove_member(team_id team, account_id account, change_note note) override;
  result<std::optional<membership>> member(team_id team, account_id account) override;
  result<std::vector<membership>> members_of(team_id team) override;
  result<std::vector<membership>> teams_of(account_id account) override;

  result<void> open_session(session_family family) override;
  result<std::optional<session_family>> session(const ulid& id) override;
  result<std::vector<session_family>> sessions_of(account_id account) override;
  result<refreshed> rotate(const refresh_attempt& asked, const change_note& note) override;
  result<void> touch_session(const ulid& family, epoch_us now) override;
  result<void> end_session(const ulid& family, change_note note) override;
  result<std::uint64_t> expire_sessions(epoch_us now, epoch_us unused_for) override;
  result<bool> knows_address(account_id account, std::string_view address, epoch_us since) override;

  result<void> add_device_login(device_login login, device_limits limits) override;
  result<std::optional<device_login>> device_login_of(const secret_hash& device,
                                                      epoch_us now) override;
  result<std::optional<device_login>> device_login_by_code(const secret_hash& user_code,
                                                           epoch_us now) override;
  result<void> decide_device_login(const secret_hash& user_code, bool approved, account_id account,
                                   team_id team, change_note note) override;
  result<void> open_device_session(const secret_hash& device, session_family family,
                                   std::string sealed) override;
  result<std::uint64_t> expire_device_logins(epoch_us now) override;

  result<void> add_token(machine_token token, change_note note) override;
  result<std::optional<machine_token>> token_by_hash(const secret_hash& hash) override;
  result<std::vector<machine_token>> tokens() override;
  result<void> revoke_token(const ulid& id, change_note note) override;
  result<caller_state> caller(account_id account, team_id team, const ulid& credential,
                              epoch_us now) override;

  result<void> add_link(one_time_link link, change_note note) override;
  result<std::optional<one_time_link>> link(const secret_hash& hash, epoch_us now) override;
  result<user_info> use_password_link(const secret_hash& hash, std::string password_hash,
                                      change_note note) override;
  result<user_info> use_invite(const secret_hash& hash, std::string name, std::string password_hash,
                               std::uint64_t max_members, change_note note) override;
  result<std::uint64_t> expire_links(epoch_us now) override;

  result<void> audit(audit_line line) override;
  result<std::vector<audit_line>> read_audit(std::uint64_t after, std::size_t limit,
                                             team_id team) override;

  result<void> set_event_type(team_id team, team_event_type type, change_note note) override;
  result<void> remove_event_type(team_id team, std::string_view name, change_note note) override;
  result<std::vector<team_event_type>> event_types(team_id team) override;

private:
  /// Reads now; `work(txn)` returns the value.
  template <class F>
  auto look_up(F&& work) {
    return env_.read(std::forward<F>(work));
  }
  /// Changes on the writer's thread and waits; `work(txn)` returns a result<T>. What it uses must
  /// live as long as the work: after the patience it may still run.
  template <class T, class F>
  result<T> change(F work) {
    const auto promised = std::make_shared<std::promise<result<T>>>();
    auto answer = promised->get_future();
    const auto reply =
        pending<T>::make([promised](result<T> value) { promised->set_value(std::move(value)); },
                         std::chrono::steady_clock::now() + patience_, deadlines_);
    const auto taken = writer_.post([this, reply, work = std::move(work)] {
      if (!reply->is_settled())
        reply->settle(env_.write(work));
    });
    if (!taken)
      reply->settle(taken.error());
    return answer.get();
  }

  lmdb_environment& env_;
  const store_tables& tables_;
  store_writer& writer_;
  deadline_watch& deadlines_;
  std::chrono::milliseconds patience_;
};

} // namespace spec_kitty::server::store
