// One connection as libwebsockets sees it: a context, a service thread, a state machine of
// callbacks. Every function here runs on that thread, but for post() and what the mutexes guard.
//
//   CLIENT_ESTABLISHED ─▶ opened       CLIENT_RECEIVE ─▶ join, check, text
//   CLIENT_CONNECTION_ERROR ─▶ refused, unreachable, tls_refused …
//   WS_PEER_INITIATED_CLOSE, CLIENT_CLOSED ─▶ closed, lost
//
// What libwebsockets 4.1.6 asks for: no extensions (permessage-deflate loops on an uncompressed
// frame); its own pings off (they share a buffer with PONG), ours by a timer; never a nonzero
// return from CLIENT_RECEIVE in mid-message (a heap overflow), the close waits for
// CLIENT_WRITEABLE; a CA bundle always named, the system's search off. It unmasks masked frames
// of a server without a word, so they are taken.
#pragma once

#include "actors/link/link.hpp"

#include <libwebsockets.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

namespace spec_kitty::link_detail {

class connection {
public:
  connection(link_request request, link_handlers handlers)
      : request_(std::move(request)), handlers_(std::move(handlers)) {}
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// The service thread's whole life; `ended` has been called when it returns.
  void run();

  // From any thread.
  void send(std::string text);
  void taken(std::size_t bytes);
  void close();
  std::size_t unsent() const { return unsent_; }
  /// Ends at once: `ended` has been called when it returns, nothing is called afterwards.
  void abandon(std::chrono::milliseconds patience);

  /// For the C callback: one event of libwebsockets.
  int on_event(lws* wsi, int reason, void* in, std::size_t size);

private:
  /// A timer of libwebsockets and whose it is.
  struct timer {
    lws_sorted_usec_list_t sul{}; ///< first: the callback gets its address
    connection* owner = nullptr;
    void (connection::*fire)() = nullptr;
  };

  void schedule(timer& what, void (connection::*fire)(), std::chrono::milliseconds in);
  bool open();
  void wake();
  void carry_out_commands();
  int append_headers(lws* wsi, unsigned char** at, std::size_t size) const;
  void take_text(lws* wsi, const char* in, std::size_t size);
  int write_next(lws* wsi);
  /// The connection has to end because of the peer or a deadline: closes with a code, if any.
  void fail(link_end how, int close_code, std::string words);
  void on_connection_error(lws* wsi, const char* in, std::size_t size);
  void on_connect_deadline();
  void on_life();
  void on_ping_time();
  void on_pong_deadline();
  void on_close_deadline() { done_ = true; }
  void finish(link_ended how);
  /// The CA bundle; what is wrong with it otherwise.
  std::optional<std::string> ca_file(std::string& problem) const;

  const link_request request_;
  std::mutex calling_; ///< a handler is called, or the handlers are given up
  link_handlers handlers_;
  bool told_end_ = false;

  mutable std::mutex guard_; ///< commands and the context's life
  lws_context* context_ = nullptr;
  std::deque<std::string> outgoing_;
  bool woken_ = false;
  bool close_asked_ = false;
  bool quit_asked_ = false;
  std::atomic<std::size_t> unsent_{0};
  std::atomic<std::size_t> unread_{0};

  std::mutex end_guard_;
  std::condition_variable end_reached_;
  bool thread_over_ = false;

  lws* wsi_ = nullptr;
  bool established_ = false;
  bool done_ = false;
  bool throttled_ = false;
  bool ping_due_ = false;
  bool awaiting_pong_ = false; ///< no frame has come since the last PING
  std::string incoming_;
  std::optional<link_ended> ending_; ///< why it is being closed
  int close_code_ = 0;
  timer connect_deadline_;
  timer ping_time_;
  timer pong_deadline_;
  timer close_deadline_;
};

} // namespace spec_kitty::link_detail
