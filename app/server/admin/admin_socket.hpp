// admin.sock in the state folder: administration of a running server.
//
//   spec-kitty-server team add … ──one JSON line──▶ admin.sock ──▶ the server's administration
//                                ◀──one JSON line──
//
// The socket has mode 0600, and the kernel names the peer: only the owner of the folder and root
// are answered. One request at a time, each a bounded line that has to come within seconds.
#pragma once

#include "util/files.hpp"
#include "util/result.hpp"

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace spec_kitty::server {

inline constexpr std::string_view admin_socket_name = "admin.sock";
inline constexpr std::size_t max_admin_request_bytes = std::size_t{2} << 20;
inline constexpr std::size_t max_admin_reply_bytes = std::size_t{16} << 20;

/// The server's side: a thread of its own, which may wait for the disk.
class admin_listener {
public:
  /// One line in, one line out, without line breaks.
  using responder = std::function<std::string(std::string_view request)>;

  /// Only for the process that has the store open: it replaces a socket that another one left.
  static result<std::unique_ptr<admin_listener>> start(const std::filesystem::path& state,
                                                       responder answer);
  /// Ends after the request that is being answered, and removes the socket.
  ~admin_listener();
  admin_listener(const admin_listener&) = delete;
  admin_listener& operator=(const admin_listener&) = delete;

private:
  admin_listener(std::filesystem::path state, unique_fd listening, responder answer);
  void serve();
  void answer_next();

  std::filesystem::path state_;
  unique_fd listening_;
  responder answer_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

/// Asks the running server; nothing where none runs in the folder.
result<std::optional<std::string>> ask_running_server(const std::filesystem::path& state,
                                                      std::string_view request);

} // namespace spec_kitty::server
