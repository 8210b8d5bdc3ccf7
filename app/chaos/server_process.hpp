// A server for trying out as a process: started, killed, started again on the same state and port.
#pragma once

#include "app/chaos/process.hpp"

#include <memory>

namespace spec_kitty::support {

/// `spec-kitty dev-server` on a state folder of its own, on any free port.
class server_process {
public:
  /// `program` is spec-kitty; `options` go onto its command line. Throws std::runtime_error when it
  /// does not greet.
  server_process(std::filesystem::path program, std::filesystem::path state,
                 std::vector<std::string> options = {});

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
  /// Ends it by SIGTERM: every line it printed after the greeting, over all its lives.
  std::vector<std::string> stop();

  /// Runs a command of spec-kitty-server on its state, whether it runs or not.
  finished administer(std::vector<std::string> words) const;
  /// Every event of its team that it keeps: one JSON text each, in arrival order. Throws
  /// std::runtime_error where they cannot be read.
  std::vector<std::string> events() const;

private:
  void start(const std::string& port);
  finished end(int signal);

  std::filesystem::path program_;
  std::filesystem::path server_; ///< spec-kitty-server
  std::filesystem::path state_;
  std::vector<std::string> options_;
  std::unique_ptr<child> process_;
  std::string url_;
  std::string username_;
  std::string password_;
  std::string team_;
  std::string printed_;
};

} // namespace spec_kitty::support
