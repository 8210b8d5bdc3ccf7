// What strangers can take of the dev-server: little memory, few connections, nobody else's time.
#include "tests/support/cli_test.hpp"
#include "util/files.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace spec_kitty::support {
namespace {

using std::chrono::steady_clock;

struct DevServerLimits : cli_test {
  DevServerLimits() { server_set(); }

  unique_fd connected() const {
    const std::string url = server->url();
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1))));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    unique_fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    return fd;
  }

  static void send(const unique_fd& fd, const std::string& bytes) {
    (void)!::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

  /// What the server says first; empty where it hangs up without a word, "silent" at the end of
  /// patience.
  static std::string reply(const unique_fd& fd, milliseconds patience = milliseconds(20'000)) {
    pollfd readable{fd.get(), POLLIN, 0};
    if (::poll(&readable, 1, static_cast<int>(patience.count())) == 0)
      return "silent";
    std::string text(4096, '\0');
    const auto got = ::recv(fd.get(), text.data(), text.size(), 0);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
  }

  std::string answer_to(const std::string& request) const {
    const auto fd = connected();
    send(fd, request);
    return reply(fd).substr(0, 12);
  }
};

TEST_F(DevServerLimits, OnlyNamesOfThisMachineAreServed) {
  const auto asked_as = [this](const std::string& host) {
    return answer_to("GET /api/v1/clock/ HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
  };
  for (const char* name : {"127.0.0.1", "127.0.0.1:80", "localhost", "LocalHost:8080", "[::1]:1"})
    EXPECT_EQ(asked_as(name), "HTTP/1.1 401") << name;
  for (const char* name :
       {"evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost:x"})
    EXPECT_EQ(asked_as(name), "HTTP/1.1 421") << name;
  const std::string upgrade =
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13"
      "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  EXPECT_EQ(answer_to("GET /ws/v1/events/ HTTP/1.1\r\nHost: evil.example\r\n" + upgrade),
            "HTTP/1.1 421");
}

TEST_F(DevServerLimits, ABodyWithoutALoginIsSmall) {
  const auto announced = [this](std::size_t bytes, const std::string& more = {}) {
    return answer_to("POST /api/v1/events/batch/ HTTP/1.1\r\nHost: localhost\r\n" + more +
                     "Content-Type: application/json\r\nContent-Length: " + std::to_string(bytes) +
                     "\r\n\r\n" + std::string(bytes, ' '));
  };
  EXPECT_EQ(announced(64 * 1024), "HTTP/1.1 401");
  EXPECT_EQ(announced(64 * 1024 + 1), "HTTP/1.1 413");
  ASSERT_EQ(log_in(*server).status, 0);
  const auto stored = read_text(home() / "credentials");
  const std::string begin = "access = \"";
  const auto at = stored.find(begin) + begin.size();
  const auto token = stored.substr(at, stored.find('"', at) - at);
  EXPECT_EQ(announced(64 * 1024 + 1, "Authorization: Bearer " + token + "\r\n"), "HTTP/1.1 415");
}

TEST_F(DevServerLimits, AHeadWithoutEndIsRefused) {
  EXPECT_FALSE(answer_to("GET /api/v1/clock/ HTTP/1.1\r\nHost: localhost\r\nX: " +
                         std::string(100'000, 'a') + "\r\n\r\n")
                   .starts_with("HTTP/1.1 2"));
  EXPECT_EQ(answer_to("GET /api/v1/clock/ HTTP/1.1\r\nHost: localhost\r\n\r\n"), "HTTP/1.1 401");
}

TEST_F(DevServerLimits, SlowHeadsHoldUpNobodyAndAFurtherConnectionIsClosed) {
  std::vector<unique_fd> slow;
  for (int number = 0; number < 255; ++number) {
    slow.push_back(connected());
    send(slow.back(), "GET /api/v1/clock/ HTTP/1.1\r\nHost:");
  }
  const auto began = steady_clock::now();
  {
    const auto last = connected();
    send(last, "GET /api/v1/clock/ HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(reply(last).substr(0, 12), "HTTP/1.1 401");
    EXPECT_LT(steady_clock::now() - began, std::chrono::seconds(10));
    EXPECT_EQ(reply(connected()), "") << "the connection beyond the limit";
  }
  slow.clear();
  EXPECT_TRUE(eventually([this] {
    return answer_to("GET /api/v1/clock/ HTTP/1.1\r\nHost: localhost\r\n\r\n") == "HTTP/1.1 401";
  }));
}

TEST_F(DevServerLimits, AHeadThatComesByteByByteIsCutAfterThirtySeconds) {
  const auto fd = connected();
  send(fd, "GET /api/v1/clock/ HTTP/1.1\r\nX:");
  const auto began = steady_clock::now();
  std::string heard = "silent";
  while (heard == "silent" && steady_clock::now() - began < std::chrono::seconds(50)) {
    send(fd, "a");
    heard = reply(fd, milliseconds(1000));
  }
  EXPECT_FALSE(heard.starts_with("HTTP/1.1 2")) << heard;
  EXPECT_NE(heard, "silent");
  EXPECT_LT(steady_clock::now() - began, std::chrono::seconds(45));
}

} // namespace
} // namespace spec_kitty::support
