// A link and what it reports, and the peers it is tested against, each a process of its own.
#pragma once

#include "actors/link/link.hpp"
#include "tests/support/cli_test.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <ostream>
#include <string>
#include <vector>

namespace spec_kitty {

inline std::ostream& operator<<(std::ostream& out, const link_ended& end) {
  return out << "end " << static_cast<int>(end.how) << ", status " << end.http_status << ", code "
             << end.close_code << ": " << end.words;
}

} // namespace spec_kitty

namespace spec_kitty::support {

inline constexpr const char* secret_token = "secret-token";

/// What a link has reported, in order.
class link_log {
public:
  link_handlers handlers(); ///< the object must outlive the link

  std::vector<std::string> texts() const;
  std::size_t bytes() const;
  int drained() const;
  int opened() const;
  int calls_after_end() const;

  /// Waits until it holds, a minute at most; asked again at each call of a handler.
  bool wait(const std::function<bool()>& condition, milliseconds patience = long_enough) const;
  bool wait_opened() const;
  bool wait_texts(std::size_t count) const;
  /// How it ended; fails the test when it did not.
  link_ended wait_ended() const;
  bool has_ended() const;

private:
  template <class Change>
  void note(Change&& change);

  mutable std::recursive_mutex guard_;
  mutable std::condition_variable_any changed_;
  std::vector<std::string> texts_;
  std::size_t bytes_ = 0;
  int drained_ = 0;
  int opened_ = 0;
  int after_end_ = 0;
  std::vector<link_ended> ended_;
};

/// A link with what it link_log; no word of it ever holds the token.
class open_link {
public:
  explicit open_link(link_request request);
  ~open_link();
  open_link(const open_link&) = delete;
  open_link& operator=(const open_link&) = delete;

  link_log seen;
  std::unique_ptr<ws_link> link;
};

/// hostile_ws.py with one of its plays.
class hostile_ws {
public:
  explicit hostile_ws(const std::string& play, const std::string& address = "127.0.0.1");

  link_request request() const; ///< to it, with patience for a slow machine
  /// The next thing it reports under that name, others skipped; empty when none comes,
  /// or the connection has ended before.
  std::string next(const std::string& name, milliseconds patience = long_enough);
  void go_on() { process_.write("\n"); }

private:
  child process_;
  std::string address_;
  int port_ = 0;
};

/// ws_server.py: python3-websockets.
class ws_server {
public:
  ws_server();

  int port() const { return port_; }
  link_request request() const;

private:
  child process_;
  int port_ = 0;
};

} // namespace spec_kitty::support
