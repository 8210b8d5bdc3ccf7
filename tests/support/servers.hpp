// Servers for the command-line tests: the dev-server as a process, and a server that does not speak
// the protocol.
#pragma once

#include "app/chaos/server_process.hpp"
#include "tests/support/programs.hpp"

#include <atomic>
#include <thread>

namespace spec_kitty::support {

/// `spec-kitty dev-server` of this build tree.
class dev_server : public server_process {
public:
  explicit dev_server(const std::filesystem::path& state, std::vector<std::string> options = {})
      : server_process(program_folder() + "/spec-kitty", state, std::move(options)) {}
};

/// Listens on loopback and gives every connection the same bytes, or, if they are empty, no
/// answer at all.
class raw_server {
public:
  /// `port` 0: any free one.
  explicit raw_server(std::string reply, int port = 0);
  ~raw_server();
  raw_server(const raw_server&) = delete;
  raw_server& operator=(const raw_server&) = delete;

  int port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  int connections() const { return connections_; }

private:
  void serve();
  void answer(int connection) const;

  std::string reply_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

/// A whole HTTP/1.1 reply.
std::string http_reply_text(const std::string& status, const std::string& headers,
                            const std::string& body);

} // namespace spec_kitty::support
