// WEBSOCKET: one connection to the server.
//
//   QUEUE: this home's node id ─▶ AUTH: access token ─▶ HTTP: ws token
//   LINK: upgrade ─▶ snapshot within 10 s ─▶ connected
//   wakeup ─▶ QUEUE: lease ─▶ LINK: events ─▶ answers ─▶ QUEUE: settle ─▶ the next lease
//   another home's event ─▶ SUPERVISOR, which has its clock merged and publishes it
//
// A 401, of the token's call or of the upgrade, is answered by one refresh. Whatever ends the
// connection ends the actor, with the failure as its reason; SUPERVISOR decides on the next. What
// was leased goes back: to its lease's end at once, or with the actor's death at the latest when
// the lease is over. session.hpp decides, this shell carries out.
#pragma once

#include "actors/link/link.hpp"
#include "actors/websocket/session.hpp"
#include "messages/interfaces.hpp"
#include "util/url.hpp"

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
  std::function<epoch_us()> steady = steady_now;
  std::function<void(const sync_progress&)> on_progress = {}; ///< of a backlog
};

struct websocket_state {
  ~websocket_state();

  /// The node id, by which an event of this home is known from the first message on.
  void ask_node();
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
  std::optional<ws_session> session; ///< from the upgrade on
  bool leasing = false;              ///< QUEUE has been asked
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
