// A process that talks to the server, behind a door without actors: every call waits for its
// answer.
#pragma once

#include "actors/auth/device_reply.hpp"
#include "app/home/home_view.hpp"
#include "app/home/local_system.hpp"
#include "app/home/server_answer.hpp"
#include "app/home/wiring.hpp"

namespace spec_kitty {

class sync_system {
public:
  /// `server` has been checked. Without `background`, nothing is sent until something is asked.
  sync_system(const home_view& view, const server_url& server, sync_mode mode = {});
  /// Where close() was not called (an exception): ends the actors without waiting.
  ~sync_system();
  sync_system(const sync_system&) = delete;
  sync_system& operator=(const sync_system&) = delete;

  /// Ends the transports, then QUEUE and CLOCK, and waits for them: leases go back, clock.json is
  /// current. The owner calls it when it has its last answer; a second call does nothing.
  void close();

  /// One run, to its end.
  result<sync_report> run();
  result<login_done> login(const login_request& request);
  result<logout_done> logout();
  /// A code for a login that a person approves in a browser; transport.
  result<device_code> ask_device_code(const std::string& team);
  /// Asks the server for its clock and changes nothing; with the session's token where
  /// `with_session`. Of a server without a request for its clock, the answer is the one to a batch
  /// without events.
  server_answer probe(bool with_session);
  /// Asks what the server offers, and for the account that the session belongs to, where there is
  /// one. Changes nothing.
  http_reply ask_offer(const std::optional<credentials>& session);
  /// Merges the server's clock and gives new stamps to what was never sent. Where the server tells
  /// no clock, nothing is merged.
  result<restamp_done> reconcile();

  /// Has a page of the team's log read; returns at once. The answer is a notice.
  void read_log(const log_page_request& asked);
  /// Wakes the transports of a daemon; returns at once.
  void notify(wakeup_reason why);
  /// What a run that begins now would select, for the session's team.
  result<due_count> due(const std::string& team_slug);
  /// What this home has heard of the team's log.
  result<cursor_found> heard(const std::string& team_slug);
  /// Winds the transports down; false when they have not within `patience`.
  bool wind_down(std::chrono::milliseconds patience);

private:
  void end_transports();
  /// HTTP and AUTH as they are now.
  result<transports> parts();
  result<http_reply> exchange(http_request request);
  http_request question(std::string_view path, const std::string& access) const;
  http_request empty_batch(const access_token& session) const;
  /// The clock of a server whose answer to the question for it was 404.
  result<restamp_done> reconcile_by_batch(const access_token& session);
  result<access_token> token(const std::string& failed_access);

  local_system local_;
  server_url server_;
  std::string ca_file_;
  std::chrono::milliseconds timeout_;
  supervisor_actor supervisor_;
};

} // namespace spec_kitty
