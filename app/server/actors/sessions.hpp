// SESSIONS: who a caller is, and the calls that begin, renew and end a session.
//
//   login ─▶ guessing limits ─▶ password WORKER (one hash at a time) ─▶ team ─▶ ledger WORKER ─▶
//   reply refresh, revoke ─▶ ledger WORKER (waits for the disk) ─▶ reply identify, ws-token ─▶
//   answered at once: the store's reads take microseconds
//
// Both queues are bounded; what finds them full is answered 503. A job that is dropped answers its
// request by dropping it.
#pragma once

#include "app/server/actors/context.hpp"
#include "app/server/core/login_limits.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace spec_kitty::server {

/// A login on its way.
struct login_attempt {
  http_call http;
  std::string username;
  std::string password;
  std::string team_slug; ///< empty: not named
  bool known_address = false;
  std::optional<store::user_info> user;
};

struct sessions_state {
  static inline const char* name = "sessions";

  // ── Who a caller is. ───────────────────────────────────────────────────────────────────────────
  result<caller_ptr> identify(const std::string& bearer);
  result<caller_ptr> by_machine_token(const std::string& bearer);
  result<caller_ptr> by_access_token(const std::string& bearer);
  /// The caller as the store has it now; login_refused where it may not be here any more.
  result<caller_ptr> look_up(store::account_id account, store::team_id team, const ulid& credential,
                             bool machine);
  result<caller_ptr> take_ws_token(const std::string& token);
  callers_gone check(const check_callers& asked);
  void touch(const caller& of);

  // ── Sessions (session_calls.cpp). ──────────────────────────────────────────────────────────────
  void handle(const session_call& asked);
  void log_in(const http_call& http);
  /// Refuses an attempt after too many failures; true where it was refused.
  bool refuse_guess(const login_attempt& attempt);
  /// Hands the next attempt to the password WORKER, which has one at a time: so each attempt is
  /// judged with the outcome of all before it.
  void check_next_password();
  void judge_password(const std::shared_ptr<login_attempt>& attempt, bool right);
  void open_session(const std::shared_ptr<login_attempt>& attempt, const store::team_info& team);
  void refresh(const http_call& http);
  void revoke(const session_call& asked);
  void hand_out_ws_token(const session_call& asked);

  /// Runs `work` on the ledger's thread and what it returns back here; false where too much waits.
  bool run_on_ledger(std::function<std::function<void()>()> work);
  void look_after();

  struct ws_entry {
    caller_ptr owner;
    epoch_us until = 0;
  };

  context_ptr context;
  worker_actor passwords;
  worker_actor ledger;
  std::deque<std::shared_ptr<login_attempt>> waiting_logins;
  bool checking_password = false;
  std::size_t waiting_jobs = 0;
  login_limits limits;
  std::map<std::string, ws_entry> ws_tokens;
  std::map<ulid, std::deque<std::string>> ws_tokens_of; ///< by credential, oldest first
  std::map<ulid, epoch_us> touched;                     ///< sessions noted as used, and when
  epoch_us last_expiry = 0;
  sessions_actor::pointer self = nullptr;
};

sessions_actor::behavior_type sessions(sessions_actor::stateful_pointer<sessions_state> self,
                                       context_ptr context);

} // namespace spec_kitty::server
