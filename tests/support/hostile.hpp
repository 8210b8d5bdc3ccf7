// The hostile server (hostile_server.py) as a process, and the fixture of the tests against it.
#pragma once

#include "tests/support/cli_test.hpp"

namespace spec_kitty::support {

class hostile_server {
public:
  /// Correct until a fault is switched on. Throws std::runtime_error when it does not greet.
  hostile_server();

  const std::string& url() const { return url_; }
  int port() const { return port_; }
  const std::string& elsewhere() const { return elsewhere_; } ///< another origin, which only counts
  const std::string& password() const { return password_; }   ///< of every account

  /// Switches a fault of the table on; it strikes as often as the table says, or `times` times.
  void fault(const std::string& name, int times = 0);
  /// Lets the replies go that a `late` fault holds back.
  void release();
  void well() { fault(""); }
  /// Of tokens from now on, JSON: seconds as a number or a text.
  void set_access_lifetime(const std::string& seconds_json);
  /// The same, under the synonyms `expires_in` and `refresh_expires_in`.
  void set_expires_in(const std::string& seconds_json);
  void refuse_every_access_token();
  void reset_counters();
  json_document state() const;
  json_document tokens() const;

  /// The names of the table, in its order.
  static std::vector<std::string> faults();

private:
  json_document control(const std::string& path, const std::string& body) const;

  child process_;
  std::string url_;
  std::string elsewhere_;
  std::string password_;
  int port_ = 0;
  int control_ = 0;
};

/// One request over plain TCP to this machine, and all that comes back until the end, or until
/// nothing more came for 10 s.
std::string exchange(int port, const std::string& request);

/// A port that no process listens on right now.
int free_port();

/// One line of `events list`.
struct listed {
  std::string event_id;
  std::string state;
  std::string last_error;
  std::string reason;
  std::int64_t retry_count = 0;
  std::int64_t lamport_clock = 0;
};

struct hostile_test : cli_test {
  hostile_test();

  /// Sets `url` (the peer's unless given) as the server and logs in.
  void be_logged_in(const std::string& user = "anna");
  finished log_in(const std::string& user, words options = {}) const;
  /// Records `count` events; those at the positions of `bad` hold the word poison. Their ids.
  std::vector<std::string> record(int count, const std::set<int>& bad = {},
                                  std::size_t bad_bytes = 0) const;
  /// `sync now --json`: one object, the documented status, books that balance.
  json_document sync(int status = 0) const;
  std::vector<listed> list(words options = {}) const;
  /// The ids on the server, in order of arrival.
  std::vector<std::string> stored() const;
  /// On the server: these events and no others, each once; the protocol kept all the way.
  void expect_delivered(std::vector<std::string> ids) const;
  std::int64_t counted(const char* what) const { return number_in(peer.state(), {what}); }
  /// A command that runs beside the test.
  std::unique_ptr<child> start(words arguments) const;
  /// True as soon as the fault has struck so often.
  bool struck(int times = 1) const;
  void expect_no_token_used_twice(std::int64_t refreshes) const;

  hostile_server peer;
};

/// selected = the sum of the disjoint buckets.
void expect_books_balanced(const json_value& report);

} // namespace spec_kitty::support
