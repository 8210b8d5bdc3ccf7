// An HTTPS exchange: the request, and how it ended. Plain data.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace spec_kitty {

struct http_request {
  std::string method; ///< GET or POST
  std::string url;
  std::vector<std::string> headers; ///< `Name: value`
  std::string body;
  std::string ca_file; ///< PEM bundle; empty: the system's
  std::string proxy;   ///< `http://[user:password@]host:port`; empty: none. May hold a secret
  std::chrono::milliseconds timeout{60000}; ///< for the whole exchange
  /// On a connection of its own. On one that was used before, libcurl sends a request again by
  /// itself when the peer hangs up: never for what may be sent only once.
  bool only_once = false;
  std::size_t max_reply_bytes = std::size_t{16} << 20;
};

/// How an exchange ended. Only `answered` carries a status.
enum class http_outcome : std::uint8_t {
  answered,     ///< a whole reply, of whatever status
  unreachable,  ///< no connection: name, refusal
  proxy_failed, ///< the proxy cannot be reached, or makes no connection (`status`: its answer)
  not_tls,      ///< https was asked of a port that does not speak TLS
  tls_refused,  ///< the peer's certificate was not accepted
  timed_out,    ///< not whole within the timeout
  broken,       ///< connection lost, reply cut short or malformed
  too_long,     ///< the reply has more than max_reply_bytes
  cancelled,    ///< this process is stopping
};

struct http_reply {
  http_outcome outcome = http_outcome::broken;
  int status = 0;           ///< of the reply; of the proxy's answer where it failed; 0: none
  std::string content_type; ///< lower case, without parameters
  std::string retry_after;  ///< as sent, empty when absent
  std::string date;         ///< as sent, empty when absent
  std::string body;
  std::string error;            ///< in words, for people; never holds a header or body
  std::uint64_t bytes_sent = 0; ///< of the body
  std::string proxy = {};       ///< the one that was used, without its secret; empty: none
  std::string origin = {};      ///< of the server that was asked; empty: not known
};

} // namespace spec_kitty
