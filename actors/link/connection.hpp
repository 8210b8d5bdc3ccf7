// One connection on libwebsockets 4.1.6: the part that runs on the link's thread.
//
//   look up ─▶ connect, address by address ─▶ upgrade ─▶ opened … text … ─▶ closing ─▶ ended
//
// The first cause of an end is the one that is reported (`decide`); `leave_` ends the loop, and
// only after the context is destroyed does `ended` go out. All deadlines are lws_sul timers of our
// own.
//
// What lws 4.1.6 does not let us do:
// - A masked frame from the server (RFC 6455, 5.1 forbids it) cannot be distinguished from another.
// lws takes
//   it, and unmasks the second and later ones wrongly, since it never resets its place in the mask:
//   such text mostly fails as UTF-8.
// - Close codes 1012 to 1014 and unassigned ones arrive as 1002: lws overwrites them first.
// - It hangs up in the same way whether the peer did or sent what breaks the protocol, and tells
//   neither: a frame that is wrong is one after which the peer was still there. A peer that sends
//   one and hangs up at once is `lost`.
// - An answer to the upgrade that is not HTTP cannot be distinguished from one that is still to
// come: it is
//   `lost` when the peer hangs up after it, `timed_out` when it does not.
// - Each frame of its own making takes a system call for its mask and one to be sent: text frames
// are
//   made in frames.hpp, and many go out in one LWS_WRITE_RAW, which lws keeps whole as it does its
//   own.
// - A TLS host that is an IPv6 address cannot be verified: lws cuts the name at its first colon.
#pragma once

#include "actors/link/frames.hpp"
#include "actors/link/link.hpp"
#include "actors/link/mailbox.hpp"

#include <libwebsockets.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

class connection {
public:
  connection(link_request request, link_handlers handlers);

  void run(); ///< the thread's whole life

  /// `ended` with `asked` where no end was reported yet, and nothing after it. For a thread that
  /// does not end; `own_thread`: called from inside one of its handlers.
  void abandon(bool own_thread);

  void send(std::vector<std::string> texts);
  void taken(std::size_t bytes);
  void close();
  void stop();
  std::size_t unsent() const { return unsent_; }
  bool wait_finished(std::chrono::milliseconds patience) { return box_->wait_finished(patience); }

private:
  /// An lws timer that calls a member; lws knows only its first field's address.
  struct timer {
    lws_sorted_usec_list_t sul{};
    connection* owner = nullptr;
    void (connection::*expired)() = nullptr;
  };
  /// What the kernel has counted on the socket since it was made.
  struct counted {
    std::uint64_t received = 0;
    std::uint64_t acknowledged = 0;
  };

  // connection.cpp: the way to the upgrade, and the end
  void connect_and_serve();
  bool usable();
  bool proxy_usable();
  bool open_context();
  void close_context();
  void next_address();
  void attempt_failed(std::string_view why);
  void attempt_expired();
  void connect_expired();
  void on_posted();
  void decide(link_end how, std::string words, int http_status = 0, int close_code = 0);
  void report_end();
  template <class Call>
  void call_handler(Call&& call);
  void start(timer& which, std::chrono::milliseconds after, void (connection::*expired)());
  static int dispatch(lws* wsi, lws_callback_reasons reason, void* user, void* in,
                      std::size_t size);

  // messages.cpp: what happens once it is open
  int on_event(lws_callback_reasons reason, void* in, std::size_t size);
  int add_headers(char** at, std::size_t capacity);
  void on_refused(std::string_view why);
  void on_open();
  void on_part(std::string_view bytes);
  void hand_over();
  void on_peer_close(std::string_view payload);
  int on_writable();
  int broken();
  void on_hang_up();
  bool peer_hung_up() const;
  void begin_closing(link_end how, lws_close_status code, std::string words);
  void give_back_written();
  void ping_now();
  void pong_missing();
  void closing_expired() { leave_ = true; }
  counted counters() const;

  const link_request request_;
  const std::string host_;
  const std::string proxy_; ///< as it may be shown; empty: none
  std::shared_ptr<mailbox> box_ = std::make_shared<mailbox>();
  std::atomic<std::size_t> unsent_{0};
  std::atomic<bool> close_asked_{false};

  std::mutex handler_guard_; ///< held while a handler runs
  link_handlers handlers_;
  std::atomic<bool> end_reported_{false};

  // Everything below belongs to the thread.
  lws_context* context_ = nullptr;
  lws* wsi_ = nullptr;
  std::chrono::steady_clock::time_point deadline_;
  std::vector<std::string> addresses_;
  std::size_t tried_ = 0;
  bool try_next_ = false;
  bool connected_ = false; ///< TCP; there is no next address after it
  bool asked_upgrade_ = false;
  bool open_ = false;
  std::string certificate_words_; ///< OpenSSL's, of a certificate it refused; empty: none was

  std::optional<link_ended> end_;
  lws_close_status close_with_ = LWS_CLOSE_STATUS_NOSTATUS;
  bool closing_ = false; ///< our close frame goes out when it can
  bool leave_ = false;

  std::deque<std::string> queue_;
  std::size_t in_lws_ = 0; ///< bytes that lws may still hold
  frame_writer frames_;
  std::string message_;               ///< parts of the message that comes in
  std::vector<std::string> received_; ///< by the read under way
  std::size_t unread_ = 0;
  bool paused_ = false;

  bool ping_due_ = false;
  counted at_ping_;
  timer connect_timer_;
  timer attempt_timer_;
  timer ping_timer_;
  timer pong_timer_;
  timer closing_timer_;
};

template <class Call>
void connection::call_handler(Call&& call) {
  const std::lock_guard hold(handler_guard_);
  if (!end_reported_)
    call();
}

} // namespace spec_kitty
