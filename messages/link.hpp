// A WebSocket connection: what is requested, and how it ended. Plain data.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace spec_kitty {

struct link_request {
  std::string host; ///< a name or an address; an IPv6 one without its brackets
  int port = 0;
  bool tls = false;
  std::string path;       ///< `/ws/v1/events/`
  std::string bearer;     ///< goes into the Authorization header, nowhere else
  std::string extensions; ///< of the protocol, that are asked for; empty: none
  std::string ca_file;    ///< PEM bundle; empty: the system's
  /// `http://[user:password@]host:port`, asked to CONNECT; empty: none. May hold a secret.
  std::string proxy;
  std::chrono::milliseconds connect_timeout{10000};     ///< until the upgrade is answered
  std::chrono::milliseconds ping_every{20000};          ///< empty PINGs of our own
  std::chrono::milliseconds pong_within{10000};         ///< else the peer is dead
  std::size_t max_message_bytes = std::size_t{8} << 20; ///< bytes of one message, joined
  std::size_t max_unread_bytes = std::size_t{1} << 20;  ///< bytes handed over and not taken() yet
};

/// How a connection ended.
enum class link_end : std::uint8_t {
  refused,      ///< the upgrade was answered with another status (`http_status`)
  unreachable,  ///< no connection: name, refusal
  proxy_failed, ///< the proxy cannot be reached, or makes no connection (`http_status`)
  tls_refused,  ///< the peer's certificate was not accepted
  timed_out,    ///< no whole answer to the upgrade within connect_timeout
  closed,       ///< the peer sent a close frame (`close_code`, 1005 when it named none)
  lost,         ///< FIN, reset or hang-up without a close frame
  silent,       ///< no answer to a PING
  bad_frame,    ///< not UTF-8, binary, a protocol error; closed by this side with 1007, 1003, 1002
  too_large,    ///< a message over max_message_bytes; closed by this side with 1009
  asked,        ///< close() was called
};

struct link_ended {
  link_end how = link_end::lost;
  int http_status = 0;
  int close_code = 0;
  std::string words; ///< for people; never holds a header or a message
  bool json = false; ///< the content type of a refused upgrade: the answer is the server's own
};

/// LINK's thread to WEBSOCKET.
struct link_opened {};
struct link_texts {
  std::vector<std::string> texts; ///< of one read
};
struct link_drained {};
struct link_over {
  link_ended how;
};

} // namespace spec_kitty
