// spec-kitty-server as a process: a state folder of its own, commands, a server that runs.
#pragma once

#include "tests/support/tls.hpp"

namespace spec_kitty::support {

struct server_program : ::testing::Test {
  std::filesystem::path state() const { return root.path() / folder; }
  /// A command with --state in front of its words.
  launch command(words arguments, std::string input = {}) const;
  finished command_done(words arguments, std::string input = {}) const;
  /// The same with --json: one JSON object in one line, and the exit status.
  json_document json_of(words arguments, int status = 0, std::string input = {}) const;
  /// The team alpha with its admin ann.
  void init() const;

  /// Starts it; `url` is what it prints.
  void start(words options = {});
  /// SIGTERM, and the end.
  finished stop();
  int port() const;
  /// One request, and the whole reply.
  std::string get(const std::string& path) const;

  static constexpr const char* password = "the password of ann";
  temporary_folder root;
  std::string folder = "state"; ///< a test may go to another one
  std::map<std::string, std::string> env;
  std::unique_ptr<child> process;
  std::string url;
};

} // namespace spec_kitty::support
