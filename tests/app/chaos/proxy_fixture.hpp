// A bare server and a bare client, for both ends of a proxy.
#pragma once

#include "app/chaos/proxy/frames.hpp"
#include "app/chaos/proxy/proxy.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace spec_kitty::chaos {

/// Takes connections one after the other, keeps what comes on each until it ends or is a whole
/// request, and gives each the same reply. After a 101 it keeps the texts of frames and answers
/// each with a frame `re:` and the text.
class bare_server {
public:
  explicit bare_server(std::string reply);
  ~bare_server();
  bare_server(const bare_server&) = delete;
  bare_server& operator=(const bare_server&) = delete;

  int port() const { return port_; }
  /// What came, a text for each connection.
  std::vector<std::string> requests() const;
  /// Texts of frames.
  std::vector<std::string> frames() const;

private:
  void serve();
  void talk(int socket);

  std::string reply_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::vector<std::string> frames_;
  std::vector<std::thread> talks_;
  std::thread thread_;
};

/// How a connection looked to its client in the end.
enum class seen_end { open, closed, reset };

class bare_client {
public:
  explicit bare_client(int port);
  ~bare_client();
  bare_client(const bare_client&) = delete;
  bare_client& operator=(const bare_client&) = delete;

  void say(const std::string& bytes);
  /// Reads until there are so many bytes, or the connection ends, or the time is over.
  std::string hear(std::size_t bytes, std::chrono::milliseconds patience);
  /// How it stands, after at most that long.
  seen_end look(std::chrono::milliseconds patience);

private:
  int socket_ = -1;
  std::string extra_;
};

/// A proxy before a bare server.
class proxy_test : public testing::Test {
protected:
  static constexpr auto soon = std::chrono::milliseconds(2000);
  static constexpr auto a_moment = std::chrono::milliseconds(60);

  std::shared_ptr<ledger> seen = std::make_shared<ledger>();
  std::string reply = reply_text(200, R"({"a":"reply that is long enough to be cut anywhere"})");
  bare_server server{reply};
  proxy line{"server", server.port(), seen};
  std::string request = "POST /x HTTP/1.1\r\nHost: here\r\nContent-Length: 40\r\n\r\n"
                        "0123456789012345678901234567890123456789";
};

} // namespace spec_kitty::chaos
