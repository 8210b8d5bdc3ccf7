// The actors of a process that talks to the server, wired on one screen:
//
//   SUPERVISOR ─▶ BATCH_SYNC ─▶ QUEUE ◀─ CLOCK
//                     ├──────▶ AUTH ─▶ QUEUE (adoption)
//                     └──────▶ HTTP ◀─ AUTH
#pragma once

#include "actors/auth/auth.hpp"
#include "actors/http/http.hpp"
#include "actors/supervisor/supervisor.hpp"
#include "app/context.hpp"
#include "app/health.hpp"
#include "app/local_system.hpp"

#include <functional>

namespace spec_kitty {

class sync_system {
public:
  /// `server` has been checked. Nothing is sent until something is asked.
  sync_system(const context& ctx, const server_url& server,
              std::function<void(const sync_progress&)> on_progress = {});
  ~sync_system();
  sync_system(const sync_system&) = delete;
  sync_system& operator=(const sync_system&) = delete;

  /// One run, to its end.
  result<sync_report> run();
  result<login_done> login(const login_request& request);
  result<logout_done> logout();
  /// Asks the server for its clock and changes nothing; with the session's token where
  /// `with_session`.
  server_answer probe(bool with_session);
  /// Merges the server's clock and gives new stamps to what was never sent.
  result<restamp_done> reconcile();

private:
  local_system local_;
  http_actor http_;
  auth_actor auth_;
  supervisor_actor supervisor_;
  batch_sync_config transport_; ///< server, limits and handles, as BATCH_SYNC gets them
};

/// The configured server, or no_server with the command to set one.
result<server_url> configured_server(const settings& config);

} // namespace spec_kitty
