// WEBSOCKET: one connection to the server.
//
//   QUEUE: this home's node id ─▶ AUTH: access token ─▶ HTTP: ws token
//   LINK: upgrade ─▶ snapshot within 10 s ─▶ connected
//   where the server offers it: what this home has heard ─▶ resume ─▶ everything after that
//   wakeup ─▶ QUEUE: lease ─▶ LINK: events ─▶ answers ─▶ QUEUE: settle ─▶ the next lease
//   another home's event ─▶ SUPERVISOR, which has its clock merged and publishes it
//
// A 401, of the token's call or of the upgrade, is answered by one refresh. Whatever ends the
// connection ends the actor, with the failure as its reason; SUPERVISOR decides on the next. What
// was leased goes back: to its lease's end at once, or with the actor's death at the latest when
// the lease is over. session.hpp decides, this shell carries out.
#pragma once

#include "actors/http/log_page_reply.hpp"
#include "actors/link/link.hpp"
#include "actors/websocket/session.hpp"
#include "messages/interfaces.hpp"
#include "util/url.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

namespace spec_kitty {

struct websocket_config {
  server_url server;
  std::string ca_file;
  std::string proxy; ///< on the way to the server; empty: none
  std::string envelope = "bare";
  std::chrono::milliseconds timeout{60000}; ///< of one HTTP request
  std::uint32_t max_retries = 5;
  queue_actor queue;
  auth_actor auth;
  http_actor http;
  supervisor_actor supervisor;
  link_factory open = [](link_request request, link_handlers handlers) {
    return open_link(std::move(request), std::move(handlers));
  };
  std::filesystem::path home = {}; ///< where the server's offer is kept; empty: it is not asked for
  std::function<epoch_us()> wall = wall_clock_now;
  std::function<epoch_us()> steady = steady_now;
  std::function<void(const sync_progress&)> on_progress = {}; ///< of a backlog
};

struct websocket_state {
  ~websocket_state();

  /// The node id, by which an event of this home is known from the first message on.
  void ask_node();
  /// Whether the server offers `resume`, before the first token is asked for.
  void look_up_offer();
  void ask_token(const std::string& failed_access);
  void ask_ws_token();
  void on_ws_token(const http_reply& reply);
  void open_connection(const std::string& ws_token);
  /// One refresh for a token that was refused, then the end.
  void on_token_refused(const failure& why);
  void on_end(const link_ended& how);
  void on_texts(const std::vector<std::string>& texts);
  /// False where the connection has come to its end.
  bool on_effects(ws_session::effects effects);
  /// What a message tells of others, to SUPERVISOR. False where it tells nothing.
  bool pass_on(ws_session::effects& effects, std::size_t bytes);

  void on_heard_taken(std::size_t bytes);

  // Resuming a team's log (resuming.cpp).
  log_name name_of(const std::string& id) const;
  void on_greeting(const ws_session::effects::log_news& greeting);
  void on_cursor(cursor_found known, const ws_session::effects::log_news& greeting);
  void ask_first_place(const ws_session::effects::log_news& greeting);
  void say_resume(const std::string& id, std::vector<heard_place> known);
  void on_resumed(const ws_session::effects::log_news& news);
  void on_joined(const join_done& done, std::uint64_t from);
  void lease();
  void complete(lease_request& request) const;
  void on_grant(const lease_grant& grant);
  void send(const std::vector<leased_event>& events);
  void settle();
  void on_settled(const settle_outcome& outcome);
  void on_wakeup();
  void report_backlog(std::size_t removed, std::size_t more);
  void end_backlog();
  /// Whether what is leased now would be sent.
  bool may_send() const { return !over && !waiting_for_run && !winding_down && link && session; }
  /// Batch sync sends the events that have no answer.
  void request_batch_fallback();
  /// Has a websocket_tick come at that time at the latest.
  void wake_at(std::chrono::milliseconds time);
  void arm();
  void lease_later(std::chrono::milliseconds pause);
  /// A remark for the log; their number is bounded for each connection.
  void publish_remark(std::string words);
  void finish_winding_down();
  void end(const failure& why);
  void leave();
  std::chrono::milliseconds now() const {
    return std::chrono::milliseconds(config.steady() / 1000);
  }

  websocket_config config;
  std::string node_id; ///< this home's
  access_token token;
  bool refreshed = false;
  std::unique_ptr<ws_link> link;
  std::optional<ws_session> session;          ///< from the upgrade on
  bool resumes = false;                       ///< the server offers it
  std::shared_ptr<const log_name> log;        ///< that the connection continues with
  std::vector<heard_place> reported_places{}; ///< with which it continues
  std::uint64_t reported_reach = 0;           ///< of the cursor when it was asked for
  std::uint64_t quiet_through =
      0;                ///< a home that hears a log for the first time is told later ones
  bool joining = false; ///< QUEUE has been asked; what comes waits
  std::vector<std::string> held_texts{};
  bool leasing = false; ///< QUEUE has been asked
  bool woken_meanwhile = false;
  bool rung = false;             ///< since the run, or since QUEUE had nothing left
  bool waiting_for_run = false;  ///< batch sync has its turn first
  std::uint64_t lease_after = 0; ///< batch sync has had its turn with what is before this
  std::uint64_t last_leased = 0;
  std::optional<std::chrono::milliseconds> lease_at; ///< when QUEUE is asked again by itself
  std::optional<std::chrono::milliseconds> read_by;  ///< when the server must have read all
  /// What has been settled of a backlog, of how many; `selected` is 0 where there is no backlog.
  struct backlog_count {
    std::uint64_t settled = 0;
    std::uint64_t selected = 0;
    std::chrono::milliseconds count_at{0}; ///< when QUEUE is asked again how many are left
  };
  backlog_count backlog;
  unsigned remarks = 0;
  /// When the earliest websocket_tick on its way comes.
  std::optional<std::chrono::milliseconds> tick_at;
  bool over = false;
  failure why_over;
  std::optional<caf::typed_response_promise<wound_down>> winding_down;
  std::chrono::milliseconds give_up_at{0}; ///< when winding down stops waiting for answers
  websocket_actor::pointer self = nullptr;

  static inline const char* name = "websocket";
};

websocket_actor::behavior_type websocket(websocket_actor::stateful_pointer<websocket_state> self,
                                         websocket_config config);

} // namespace spec_kitty
