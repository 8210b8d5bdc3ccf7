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

/// A password that is to be judged.
struct login_attempt {
  password_question asked;
  std::function<void(password_verdict)> done;
  bool known_address = false;
  std::optional<store::user_info> user;
};

/// How often a program asks for a device login.
struct device_pace {
  epoch_us last = 0;
  epoch_us interval = 0;
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
  /// Judges a password, for a program's login or for the login page; calls back once.
  void judge_password(password_question asked, std::function<void(password_verdict)> done);
  /// Refuses an attempt after too many failures; true where it was refused.
  bool refuse_guess(const login_attempt& attempt);
  /// Hands the next attempt to the password WORKER, which has one at a time: so each attempt is
  /// judged with the outcome of all before it.
  void check_next_password();
  void note_password(const login_attempt& attempt, bool right);
  /// The session of somebody who has shown the right password.
  void choose_team(const http_call& http, const store::user_info& user,
                   const std::string& team_slug);
  void open_session(const http_call& http, store::account_id account, store::team_id team);
  void refresh(const http_call& http);
  /// Uses the token up, or gives the same answer again to a repeat under its key.
  void rotate(const http_call& http, const caller_ptr& before, const std::string& shown);
  void revoke(const session_call& asked);
  void hand_out_ws_token(const session_call& asked);

  // ── Device logins (device_calls.cpp). ──────────────────────────────────────────────────────────
  void begin_device_login(const http_call& http);
  void ask_device_login(const http_call& http);
  /// The session of an approved login, opened now, or again after a lost reply.
  void open_device_login(const http_call& http, const std::string& code,
                         const store::device_login& login);
  void repeat_device_login(const http_call& http, const std::string& code,
                           const store::device_login& login);
  /// Whether the program asks too early; from then on it has to wait longer.
  bool is_too_fast(const store::secret_hash& device);

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
  std::map<store::secret_hash, device_pace> device_paces;
  epoch_us last_expiry = 0;
  sessions_actor::pointer self = nullptr;
};

sessions_actor::behavior_type sessions(sessions_actor::stateful_pointer<sessions_state> self,
                                       context_ptr context);

} // namespace spec_kitty::server
