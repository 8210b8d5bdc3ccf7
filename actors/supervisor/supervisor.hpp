// SUPERVISOR: starts the transports, watches every actor, starts a fallen transport again after a
// delay, and gives up when one falls too often (restart_policy.hpp). It does not restart QUEUE and
// CLOCK: their death ends the program's purpose and is passed on.
//
//   child       kind        when it falls
//   queue       vital       actors_failed is published; SUPERVISOR ends
//   clock       vital       the same
//   http        transport   started again, and with it those below that hold its handle
//   auth        transport   the same
//   batch_sync  transport   started again
//   websocket   connection  connection.hpp decides whether and when there is another
//
// In a daemon it also decides which transport brings the events: the WebSocket while it is
// connected, background runs (drain_schedule.hpp) for all else.
//
// children.cpp holds the table of children, delivery.cpp the connection and the runs,
// remote_events.cpp what others did.
#pragma once

#include "actors/batch_sync/batch_sync.hpp"
#include "actors/supervisor/connection.hpp"
#include "actors/supervisor/drain_schedule.hpp"
#include "actors/supervisor/remote_gate.hpp"
#include "actors/supervisor/restart_policy.hpp"
#include "util/random.hpp"

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace spec_kitty {

struct supervisor_config {
  queue_actor queue; ///< watched
  clock_actor clock;
  // What starts the transports; injected so that tests can let them fall.
  std::function<http_actor(caf::local_actor&)> start_http;
  std::function<auth_actor(caf::local_actor&, const http_actor&)> start_auth;
  std::function<batch_sync_actor(caf::local_actor&, const transports&)> start_batch_sync;
  /// Empty: no WebSocket is wanted.
  std::function<websocket_actor(caf::local_actor&, const transports&, const supervisor_actor&)>
      start_websocket = {};
  bool background = false;                    ///< drains by itself: a daemon
  std::chrono::milliseconds interval{300000}; ///< between background runs that nothing wakes
  std::chrono::milliseconds gap{5000};        ///< between the beginnings of background runs
  restart_policy policy = {};
  /// Pages of the team's log: the question with a token, and what the reply means.
  std::function<http_request(const std::string& access, const log_page_request&)>
      log_page_question = {};
  std::function<result<log_page>(const http_reply&)> read_log_page = {};
  std::function<void(const notice&)> publish = {}; ///< gets what happens, on an actor's thread
  std::function<epoch_us()> now = wall_clock_now;
  std::function<epoch_us()> steady = steady_now;
  std::function<double()> random = kernel_random; ///< [0, 1)
};

enum class child_kind : std::uint8_t { vital, transport, connection };

/// One line of the table of children.
struct child_spec {
  std::string_view name;
  child_kind kind = child_kind::transport;
  std::function<caf::actor_addr()> start; ///< starts it and keeps its handle
  std::function<void()> end;              ///< asks it to end and drops its handle
  restart_history history;
  caf::actor_addr address = nullptr;
  bool waits = false;    ///< a restart_tick is on its way
  bool given_up = false; ///< it fell too often
};

struct supervisor_state {
  ~supervisor_state(); ///< the children end with their supervisor

  // Beginning, requests, end (supervisor.cpp).
  void on_start();
  caf::result<sync_report> on_sync_request(const sync_request& request);
  caf::result<transports> on_transports_question() const;
  void publish(const notice& what);
  caf::typed_response_promise<wound_down> on_wind_down();
  void on_transport_wound_down();

  // Children (children.cpp).
  std::vector<child_spec> children();
  void start_all();
  void on_down(const caf::down_msg& down);
  void on_fall(child_spec& child);
  void on_restart_tick(const restart_tick& tick);

  // The connection (delivery.cpp).
  void on_connection_over(const failure& why);
  void follow(connection_machine::order what);
  void start_websocket();
  void reconnect();
  void check_session();
  void on_link_up(const link_up& up);
  void on_acknowledged(std::vector<std::string>& event_ids);

  // What others did (remote_events.cpp).
  void on_remote_heard(remote_heard& heard);
  void on_log_joined(log_joined& where);
  /// The receive rule for what the WebSocket brings; then it is published.
  void merge_heard();
  void on_merged();
  void ask_log_page(const log_page_request& asked, const std::string& failed_access);
  /// Without what this home recorded itself.
  void give_page(std::uint64_t reader, result<log_page> page);

  // Runs (delivery.cpp).
  void on_wakeup(wakeup_reason why);
  void drain_when_due();
  void on_run_end(const sync_report& report);
  void on_batch_fallback();

  std::chrono::milliseconds steady() const {
    return std::chrono::milliseconds(config.steady() / 1000);
  }

  supervisor_config config;
  std::vector<child_spec> table;
  transports now; ///< http and auth
  batch_sync_actor batch_sync;
  websocket_actor websocket;
  std::optional<connection_machine> connection;
  std::optional<drain_schedule> schedule;
  std::optional<std::chrono::milliseconds> drain_tick_at; ///< of the tick that is on its way
  std::uint64_t connect_order = 0;                        ///< of the attempt that is waited for
  bool reconnects = false;             ///< as soon as the present WEBSOCKET has ended
  bool batch_fallback_pending = false; ///< WEBSOCKET waits for a run
  bool in_next_run = false;            ///< and not for the one under way
  std::uint64_t clock_seen = 0;
  remote_gate remote;        ///< what came over the WebSocket
  bool merges_later = false; ///< a merge_tick is on its way
  std::string account;       ///< of the connection
  bool stopping = false;
  unsigned winding = 0; ///< transports that have not wound down yet
  std::vector<caf::typed_response_promise<wound_down>> ending;
  supervisor_actor::pointer self = nullptr;

  static inline const char* name = "supervisor";
};

supervisor_actor::behavior_type
supervisor(supervisor_actor::stateful_pointer<supervisor_state> self, supervisor_config config);

} // namespace spec_kitty
