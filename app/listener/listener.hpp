// The listener: HTTP/1.1, WebSockets and TLS on a port, for a server and for a board.
//
// A program starts it with functions to call, and answers from any thread. Everything that a peer
// may send is bounded here: heads, bodies, messages, connections, and the time each may take.
#pragma once

#include "app/listener/limits.hpp"
#include "app/listener/message.hpp"
#include "app/listener/proxies.hpp"
#include "app/listener/websocket.hpp"
#include "util/result.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace spec_kitty::listener {

/// PEM files. The first certificate is the server's, those that issued it follow.
struct tls_files {
  std::filesystem::path certificate;
  std::filesystem::path key; ///< not encrypted
};

/// Where and how to listen.
struct listener_options {
  std::string address = "127.0.0.1"; ///< numeric
  std::uint16_t port = 0;            ///< 0: any free one, then see port()
  unsigned threads = 1;              ///< I/O threads; more than one helps from four cores on
  std::optional<tls_files> tls;
  /// Without TLS, and where this is not empty, connections of other addresses are closed at once.
  trusted_proxies proxies;
  std::vector<std::string> websocket_paths; ///< only these are upgraded; without an upgrade: 426
  listener_limits limits;
};

/// What is decided when a head has come and its body has not been read.
struct head_decision {
  /// Answered at once; the body is not read, and the connection ends if there is one.
  std::optional<outbound_reply> refusal;
  /// A smaller bound for this body than listener_limits::max_body.
  std::optional<std::size_t> max_body;
};

/// The program's functions. They are called on I/O threads, by several at once where there are
/// several, and must return soon: work belongs to somebody else's thread.
struct listener_handlers {
  /// Required. The answer may come on any thread; after `limits.handling` the listener answers 503.
  std::function<void(inbound_request, reply_callback)> on_request;
  /// Required where there are websocket_paths.
  std::function<void(inbound_request, upgrade_callback)> on_upgrade;
  /// Optional: refuses before a body is read. The request's body is empty.
  std::function<head_decision(const inbound_request&)> on_head;
  /// Optional: a log line for each request, those included that the listener refused.
  std::function<void(const finished_request&)> on_finished;
};

/// A port that is open while this object exists.
class http_listener {
public:
  /// Binds, starts the threads and accepts. bad_config for an address, certificate or key that
  /// cannot be used; already_running for a port in use.
  static result<std::unique_ptr<http_listener>> start(listener_options options,
                                                      listener_handlers handlers);
  /// Stops without patience: connections are cut.
  ~http_listener();
  http_listener(const http_listener&) = delete;
  http_listener& operator=(const http_listener&) = delete;

  std::uint16_t port() const;
  /// `https://127.0.0.1:8443`, as options.address has it.
  std::string url() const;

  /// Reads certificate and key anew. Open connections keep what they have, new ones get the new
  /// pair, sessions of before are still resumed. A pair that cannot be used, or has expired, is a
  /// failure, and the pair of before stays. From any thread.
  result<void> reload_tls();
  /// The day the certificate in use expires, in seconds since 1970; nothing without TLS.
  std::optional<std::int64_t> certificate_expiry() const;

  /// Accepts no more, closes idle connections, answers what is in flight with `Connection: close`,
  /// closes WebSockets with 1012; what is left after `patience` is cut. Returns when every
  /// connection has ended and no function of the program is running or will be called. Not from an
  /// I/O thread. Stop the actors that answer after this, not before.
  void stop(std::chrono::milliseconds patience = std::chrono::seconds(10));

  listener_counters counters() const;

private:
  class server;
  explicit http_listener(std::unique_ptr<server> running);
  std::unique_ptr<server> server_;
};

} // namespace spec_kitty::listener
