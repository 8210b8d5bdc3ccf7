// The WebSocket side's sockets: upgrades are admitted or refused, messages go between
// libwebsockets and the hub. Runs on the server's one thread.
#pragma once

#include "app/dev_server/ws_hub.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>

struct lws;

namespace spec_kitty::dev_server {

/// Longest message that is received, in bytes.
inline constexpr std::size_t max_message_bytes = std::size_t{8} * 1024 * 1024;

class ws_server {
public:
  /// The owner of a token; the call uses the token up.
  using admission = std::function<std::optional<token_owner>(const std::string& ws_token)>;

  ws_server(ws_hub& hub, admission admit);
  ws_server(const ws_server&) = delete;
  ws_server& operator=(const ws_server&) = delete;

  /// One event of libwebsockets: what its callback returns, or nothing where the event is not
  /// about a WebSocket.
  std::optional<int> on_event(lws* wsi, int reason, const char* in, std::size_t size);
  /// All that could be read at once was read.
  void on_read() { hub_.commit(); }

private:
  using clock = std::chrono::steady_clock;
  struct connection {
    ws_hub::id id = 0;
    std::string incoming;
    clock::time_point cut_at = clock::time_point::max();
    clock::time_point ping_at = clock::time_point::max();
    int close_code = 0; ///< the connection is closed with it at the next write; 0: it stays open
  };

  int admit(lws* wsi);
  int open(lws* wsi);
  int receive(lws* wsi, connection& from, const char* in, std::size_t size);
  int write(lws* wsi, connection& to);
  int on_timer(lws* wsi, connection& of);
  void set_timer(lws* wsi, const connection& of);

  ws_hub& hub_;
  admission admit_;
  std::map<lws*, token_owner> admitted_; ///< between the upgrade's check and its end
  std::map<lws*, connection> connections_;
  std::map<ws_hub::id, lws*> sockets_; ///< of the connections
  std::string frames_;                 ///< that go out together
};

} // namespace spec_kitty::dev_server
