// AUTH: the session of this home.
//
//   login    POST token → credentials file → QUEUE adopts `local` events
//   token    read the file; still good: answer. Refused or over: take the refresh lock (the one
//            lock that may span a request, and only refreshers take it), read again, ask the server
//            only if the token there is still the one that failed, write, answer everybody
//   refresh  where the server honours it, under a key that is on the disk before anything is asked:
//            after a lost reply the same key gets the same session
//   device   POST device/token again and again, until a person has decided
//
// Single-flight: requests that come while a refresh is under way wait for its outcome.
#pragma once

#include "actors/auth/tokens.hpp"
#include "messages/interfaces.hpp"
#include "messages/server_offer.hpp"
#include "util/files.hpp"
#include "util/url.hpp"

#include <functional>
#include <map>
#include <vector>

namespace spec_kitty {

struct auth_config {
  std::filesystem::path home;
  server_url server;
  std::string ca_file;
  std::chrono::milliseconds timeout{60000};
  http_actor http;
  queue_actor queue;
  std::function<epoch_us()> now = wall_clock_now;
};

struct auth_state {
  ~auth_state();

  void ask(const std::string& failed_access, caf::typed_response_promise<access_token> promise);
  /// Asks what the server offers, unless it was asked before or the session has a key already: else
  /// the first refresh after a login would have none, and a lost reply to it would cost the
  /// session. Then tries to refresh.
  void learn_offer(const credentials& session);
  void try_refresh();
  /// Sends the refresh token, under its key where the server honours one.
  void send_refresh(const credentials& session);
  /// The session with a key for its refresh, which is on the disk when this returns. Nothing where
  /// the file holds another session by now.
  result<std::optional<credentials>> keep_refresh_key(const credentials& session) const;
  void finish_refresh(const http_reply& reply, const credentials& before);
  void answer_waiting(const result<credentials>& outcome);
  /// Keeps the session that the reply opens.
  void finish_login(std::uint64_t id, const login_request& asked, const http_reply& reply);
  void answer_login(std::uint64_t id, result<login_done> outcome);
  /// Asks the server about a machine token, then for the account that it belongs to.
  void check_machine_token(std::uint64_t id, const login_request& asked);
  // A device login (device.cpp).
  void begin_device_login(std::uint64_t id, const login_request& asked);
  void pause_device_login(std::uint64_t id);
  void ask_device_login(std::uint64_t id);
  void take_device_outcome(std::uint64_t id, const http_reply& reply);
  /// Writes the session, then lets QUEUE adopt what was emitted before.
  void keep_session(std::uint64_t id, const login_request& asked, const credentials& fresh);
  /// Clears the session here at once, then ends it at the server.
  void log_out(caf::typed_response_promise<logout_done> promise);
  /// Where the server has no call that ends a session: uses its refresh token up.
  void use_up(const credentials& session);
  void answer_logouts(const result<void>& revoked);
  http_request post(std::string_view path, std::string body) const;
  http_request get(std::string_view path, std::string_view access) const;
  std::int64_t now_s() const { return config.now() / 1000000; }

  struct device_login {
    login_request asked;
    std::chrono::seconds interval; ///< between two questions
    std::chrono::seconds left;     ///< until the code has expired
    std::chrono::seconds trouble;  ///< added to the interval while replies are lost
  };

  auth_config config;
  std::map<std::uint64_t, device_login> devices; ///< under way
  std::vector<caf::typed_response_promise<access_token>> waiting;
  std::map<std::uint64_t, caf::typed_response_promise<login_done>> logins; ///< under way
  std::uint64_t last_login = 0;
  std::vector<caf::typed_response_promise<logout_done>> logouts; ///< under way
  server_offer offered;      ///< by the server, as far as it is known when a refresh begins
  std::string failed_access; ///< what the waiting requests were refused with
  std::optional<file_lock> refresh_lock;
  std::chrono::milliseconds lock_wait{}; ///< spent waiting for the lock so far
  auth_actor::pointer self = nullptr;

  static inline const char* name = "auth";
};

auth_actor::behavior_type auth(auth_actor::stateful_pointer<auth_state> self, auth_config config);

} // namespace spec_kitty
