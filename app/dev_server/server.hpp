// The socket side: libwebsockets gathers whole requests and writes whole responses.
//
//   HTTP (headers) ─► HTTP_BODY … ─► HTTP_BODY_COMPLETION ─► handler ─► HTTP_WRITEABLE … ─► done
//
// One thread, loopback only. A connection serves one request after the other (keep-alive); its
// state is in a map by connection and is removed when libwebsockets reports its end.
//
// What libwebsockets 4.1.6 cannot do is refused rather than half done: a chunked request body
// (411), a body without a length (taken as empty, and the connection closed), any `Upgrade` but to
// a WebSocket (hung up on, without looking at the headers: for an unknown one it has answered and
// freed them before it asks). Pipelining after a request with a body is hung up on, too.
#pragma once

#include "app/dev_server/http.hpp"
#include "app/dev_server/ws_server.hpp"
#include "util/result.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

struct lws;
struct lws_context;

namespace spec_kitty::dev_server {

/// Largest request body that is received, in bytes; beyond it 413 and the connection is closed.
inline constexpr std::size_t max_body_bytes = std::size_t{16} * 1024 * 1024;
/// The same for who is not logged in.
inline constexpr std::size_t max_unknown_body_bytes = std::size_t{64} * 1024;
/// Connections at the same time; a further one is closed at once.
inline constexpr std::size_t max_connections = 256;

/// A request must be there whole this long after its headers.
inline constexpr std::chrono::seconds body_deadline{30};

class server {
public:
  using handler = std::function<http_response(const http_request&)>;
  /// Whether the sender of a request is logged in, by its headers.
  using sender_check = std::function<bool(const http_request&)>;
  /// Called with every answered request; it may read the response's body, not keep it.
  using observer = std::function<void(const http_request&, const http_response&)>;

  /// Listens on 127.0.0.1; port 0 is any free one. Fails when the port is taken or forbidden.
  static result<std::unique_ptr<server>> listen(int port, handler answer, sender_check is_known,
                                                observer on_response, ws_server& sockets);

  server(const server&) = delete;
  server& operator=(const server&) = delete;
  ~server();

  /// `http://127.0.0.1:<port>`, without a slash at the end.
  std::string url() const;

  /// Serves until stop() is called. Connections still open are cut when the object goes.
  void run();

  /// Ends run(). May be called from a signal handler.
  void stop();

  /// For the C callback only: one event of libwebsockets. Nonzero closes the connection.
  int on_event(lws* wsi, int reason, const char* in, std::size_t size);

private:
  struct exchange {
    http_request request;
    http_response response;
    std::chrono::steady_clock::time_point deadline;
    std::size_t max_body = max_unknown_body_bytes;
    std::size_t written = 0; ///< bytes of the response's body
    bool received = false;   ///< libwebsockets reported that the body is complete
    bool answered = false;   ///< response is set
    bool headers_written = false;
    bool close_after = false;
  };

  server(handler answer, sender_check is_known, observer on_response, ws_server& sockets)
      : answer_(std::move(answer)), is_known_(std::move(is_known)),
        on_response_(std::move(on_response)), sockets_(sockets) {}

  int begin(lws* wsi);
  int take_body(lws* wsi, const char* in, std::size_t size);
  int complete(lws* wsi);
  int answer(lws* wsi, exchange& current);
  int respond(lws* wsi, exchange& current, http_response response);
  int write_some(lws* wsi);

  handler answer_;
  sender_check is_known_;
  observer on_response_;
  ws_server& sockets_; ///< the WebSocket side
  std::map<lws*, exchange> exchanges_;
  std::set<const lws*> open_; ///< connections, whatever they do
  std::atomic<bool> stopping_{false};
  lws_context* context_ = nullptr;
};

} // namespace spec_kitty::dev_server
