// The fixture of the command-line tests: a home of its own, the real binary, and a look at every
// word it prints: a password or token in it fails the test.
#pragma once

#include "tests/support/servers.hpp"
#include "util/json.hpp"

#include <gtest/gtest.h>

#include <set>

namespace spec_kitty::support {

using words = std::vector<std::string>;

/// A payload that the contract accepts as WPStatusChanged.
inline constexpr const char* good_payload =
    R"({"wp_id":"WP01","previous_status":"planned","new_status":"doing"})";

/// A line for `emit --stdin`; `number` goes into the payload.
std::string stdin_line(int number);

class cli_test : public ::testing::Test {
protected:
  cli_test();
  ~cli_test() override;

  /// Everything of this test; the parent of home, the user's home folder and the working folder.
  const std::filesystem::path& root() const { return root_.path(); }
  std::filesystem::path home() const { return root() / "home"; }
  std::filesystem::path work() const { return root() / "work"; }

  /// How `spec-kitty <arguments>` is started; tests may change it first.
  launch command(words arguments, std::string input = {}) const;
  finished run(const launch& what) const;
  finished cli(words arguments, std::string input = {}) const;
  /// The same with --json: exactly one JSON object in one line, and the exit status.
  json_document json_of(words arguments, int status = 0, std::string input = {}) const;

  /// A shell script that must succeed, run in root() with the environment of the commands.
  void shell(const std::string& script) const;

  /// Records `count` events, all of them good.
  void emit(int count = 1) const;
  /// Starts a dev-server, sets it as the server and logs in.
  dev_server& logged_in(std::vector<std::string> options = {});
  /// Starts a dev-server and sets it as the server.
  dev_server& server_set(std::vector<std::string> options = {});
  finished log_in(const dev_server& server) const;

  std::map<std::string, std::string> env; ///< added to every command's environment
  std::unique_ptr<dev_server> server;

private:
  /// What must never be printed: password and tokens, as far as they are known.
  std::set<std::string> secrets() const;

  void expect_no_secret_written() const;

  temporary_folder root_;
  mutable std::set<std::string> seen_secrets_; ///< of every command run so far
};

/// Checks that the output is one JSON object in one line, and parses it.
json_document only_object(const finished& done);

/// Parses a text that must be JSON.
json_document parsed(const std::string& text);

/// `error.code`, `error.message` or `error.hint` of a failure object; empty if it is missing.
std::string error_part(const json_value& object, const char* part);

/// A number inside nested objects: `number_in(status, {"queue", "queued"})`; -1 if it is missing.
std::int64_t number_in(const json_value& object, std::initializer_list<const char*> path);

/// The ids of events, each a JSON text.
std::vector<std::string> ids_of(const std::vector<std::string>& events);

} // namespace spec_kitty::support
