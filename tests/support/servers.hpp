// Servers for the command-line tests: the dev-server as a process, and one that is no sync server.
#pragma once

#include "tests/support/process.hpp"

#include <atomic>
#include <memory>
#include <thread>

namespace spec_kitty::support {

/// `spec-kitty dev-server` on a state folder of its own, on any free port.
class dev_server {
public:
  /// `options` go onto its command line. Throws std::runtime_error when it does not greet.
  explicit dev_server(const std::filesystem::path& state, std::vector<std::string> options = {});

  const std::string& url() const { return url_; }
  const std::string& username() const { return username_; }
  const std::string& password() const { return password_; }
  const std::string& team() const { return team_; }
  int port() const;
  pid_t pid() const { return process_->pid(); }

  /// Ends it as kill -9 does; what it printed is kept.
  void kill();
  /// Starts it again on the same state and port, `options` in place of the earlier ones.
  void restart(std::vector<std::string> options = {});
  /// Ends it kindly: every line it printed after the greeting, over all its lives.
  std::vector<std::string> stop();

  /// Every event it keeps: one JSON text each, in arrival order.
  std::vector<std::string> events() const;

private:
  void start(const std::string& port);
  finished end(int signal);

  std::filesystem::path state_;
  std::vector<std::string> options_;
  std::unique_ptr<child> process_;
  std::string url_;
  std::string username_;
  std::string password_;
  std::string team_;
  std::string printed_;
};

/// Listens on loopback and gives every connection the same bytes, or, when there are none, no
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
