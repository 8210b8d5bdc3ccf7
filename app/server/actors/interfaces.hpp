// Every actor of the team server, and what they say to each other.
//
//   listener ──http_call──▶ ROUTER ──batch──▶ INGEST ──▶ workers ──commit──▶ store
//      │                      │ ▲               ▲            └──verdicts──▶ the reply
//      │             identify │ │ caller        │ events of a WebSocket
//      │                      ▼ │               │
//      │                    SESSIONS            │      store ──hint──▶ HUB ──read──▶ store
//      └──upgrade, messages────────────────────HUB ◀──────────────────┘ └──▶ WebSockets
//
//   ROUTER ──a browser's request──▶ BOARDS ◀──hint── store
//
// SUPERVISOR starts all of them and starts one again that failed; who is there now stands in the
// actor_directory. What waits for an answer is answered when the actor that holds it ends: a reply
// and a ticket answer themselves when they are dropped.
#pragma once

#include "app/listener/message.hpp"
#include "app/listener/websocket.hpp"
#include "app/server/actors/caller.hpp"
#include "app/server/actors/ingest_ticket.hpp"
#include "app/server/core/routes.hpp"
#include "app/server/pages/page_environment.hpp"
#include "app/server/store/engine.hpp"
#include "messages/compat.hpp"

#include <caf/actor.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace spec_kitty::server {

/// A request from the network, to be answered once.
struct http_call {
  std::shared_ptr<listener::inbound_request> request;
  listener::reply_callback reply;
};
/// An upgrade to a WebSocket, to be answered once.
struct upgrade_call {
  std::shared_ptr<listener::inbound_request> request;
  listener::upgrade_callback answer;
};

/// SESSIONS: who has this bearer token? The failure is login_refused, or that of the store.
struct identify {
  std::string bearer;
};
/// SESSIONS: who has this token for a WebSocket? It is used up.
struct take_ws_token {
  std::string token;
};
/// SESSIONS: who has this session of a browser, in this team? See
/// app/server/pages/browser_sessions.hpp, which has looked at the cookie. The failure is
/// login_refused, or that of the store.
struct identify_browser {
  ulid session;
  store::account_id account = 0;
  store::team_id team = 0;
};
/// SESSIONS: judge the password of somebody at the login page, and call back from any thread.
struct password_call {
  std::shared_ptr<const password_question> question;
  std::function<void(password_verdict)> done;
};
/// SESSIONS: a call that begins, renews or ends a session; it answers the request itself.
struct session_call {
  call what = call::login;
  http_call http;
  caller_ptr caller; ///< of a ws-token and, where it is known, of a revoke
};
/// SESSIONS: which of these may no longer be here?
struct check_callers {
  std::shared_ptr<const std::vector<caller_ptr>> callers;
};
struct callers_gone {
  std::shared_ptr<const std::vector<caller_ptr>> callers;
};
/// A worker's thread has done a job: what remains to be done by the actor that gave it.
struct session_job_done {
  std::function<void()> rest;
};
/// WORKER: something that waits, or takes long.
struct job {
  std::function<void()> work;
};
/// BOARDS: texts of events were taken away; boards that show them are made anew.
struct texts_gone {};
/// From an actor to itself: time to look after what ages.
struct upkeep_tick {};

/// INGEST: a batch.
struct ingest_call {
  std::shared_ptr<ingest_ticket> ticket;
};
/// INGEST: a ticket was answered, or dropped.
struct ticket_closed {
  ticket_size size;
};
/// INGEST: a worker has done what it was given and is free again.
struct worker_is_free {
  std::size_t worker = 0;
  store::team_id team = 0;
  std::size_t more_bytes = 0; ///< that the batch takes since it was unpacked
};
/// A worker of INGEST: prepare this batch with the rules of its team.
struct prepare_call {
  std::shared_ptr<ingest_ticket> ticket;
};
/// INGEST, then a worker of it: the store's answer.
struct commit_answer {
  std::shared_ptr<ingest_ticket> ticket;
  std::shared_ptr<result<store::committed>> outcome;
};
/// INGEST, then a worker of it: the kept text of an event whose leaf differs.
struct compare_answer {
  std::shared_ptr<ingest_ticket> ticket;
  std::shared_ptr<result<store::found_event>> found;
};

using subscriber_id = std::uint64_t;

/// HUB: a caller that may listen wants a WebSocket.
struct subscribe_call {
  caller_ptr caller;
  upgrade_call upgrade;
};
struct socket_opened {
  subscriber_id id = 0;
  std::shared_ptr<listener::websocket_channel> channel;
};
struct socket_text {
  subscriber_id id = 0;
  std::shared_ptr<listener::websocket_message> message;
};
/// The socket's queue was dropped behind this sequence number.
struct socket_overflow {
  subscriber_id id = 0;
  std::uint64_t last_sent = 0;
};
struct socket_drained {
  subscriber_id id = 0;
};
struct socket_closed {
  subscriber_id id = 0;
};
/// HUB: the verdicts on events that came over a WebSocket.
struct socket_verdicts {
  subscriber_id id = 0;
  std::shared_ptr<ingest_answer> answer;
};
/// HUB: teams may have news.
struct team_news {
  std::vector<store::team_head> heads;
};
/// HUB: a page of a team's log, for all its subscribers (id 0) or for one that catches up.
struct page_read {
  store::team_id team = 0;
  subscriber_id id = 0;
  std::shared_ptr<const result<store::page>> page;
};
/// HUB: what the log has under the id of an event that a client knows.
struct known_looked_up {
  subscriber_id id = 0;
  bool readable = true;      ///< false: the store does not answer now
  store::sequence found = 0; ///< 0: no such event
};

using router_actor = caf::typed_actor<takes<http_call>, takes<upgrade_call>>;
using sessions_actor =
    caf::typed_actor<answers<identify, caller_ptr>, answers<take_ws_token, caller_ptr>,
                     answers<identify_browser, caller_ptr>, takes<session_call>,
                     takes<password_call>, answers<check_callers, callers_gone>,
                     takes<session_job_done>, takes<upkeep_tick>>;
/// On a thread of its own.
using worker_actor = caf::typed_actor<takes<job>>;
using ingest_actor =
    caf::typed_actor<takes<ingest_call>, takes<ticket_closed>, takes<worker_is_free>,
                     takes<commit_answer>, takes<compare_answer>, takes<team_news>>;
/// On a thread of its own.
using ingest_worker_actor =
    caf::typed_actor<takes<prepare_call>, takes<commit_answer>, takes<compare_answer>>;
using hub_actor = caf::typed_actor<takes<subscribe_call>, takes<socket_opened>, takes<socket_text>,
                                   takes<socket_overflow>, takes<socket_drained>,
                                   takes<socket_closed>, takes<socket_verdicts>, takes<team_news>,
                                   takes<page_read>, takes<known_looked_up>, takes<upkeep_tick>>;

/// On a thread of its own.
using boards_actor = caf::typed_actor<takes<http_call>, takes<upgrade_call>, takes<job>,
                                      takes<team_news>, takes<texts_gone>, takes<upkeep_tick>>;

} // namespace spec_kitty::server

SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::texts_gone)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::http_call)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::upgrade_call)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::identify)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::take_ws_token)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::identify_browser)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::password_call)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::caller_ptr)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::session_call)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::check_callers)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::callers_gone)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::session_job_done)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::job)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::upkeep_tick)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::ingest_call)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::ticket_closed)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::worker_is_free)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::prepare_call)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::commit_answer)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::compare_answer)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::subscribe_call)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::socket_opened)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::socket_text)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::socket_overflow)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::socket_drained)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::socket_closed)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::socket_verdicts)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::team_news)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::page_read)
SPEC_KITTY_LOCAL_MESSAGE(spec_kitty::server::known_looked_up)
