// The real libcurl client against raw loopback sockets: replies byte by byte, none of them trusted.
#include "actors/http/client.hpp"
#include "util/files.hpp"
#include "util/gzip.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>

namespace spec_kitty {
namespace {

using namespace std::chrono_literals;

/// How long a peer waits for a client that does not come; nothing waits that long when all is well.
constexpr int patience_ms = 20'000;

/// One accepted connection.
class connection {
public:
  explicit connection(unique_fd fd) : fd_(std::move(fd)) {}

  /// The request's head, and its body as long as Content-Length says.
  std::string read_request() {
    std::string text;
    std::size_t whole = std::string::npos;
    while (text.size() < whole) {
      char bytes[4096];
      const auto got = readable() ? ::recv(fd_.get(), bytes, sizeof bytes, 0) : -1;
      if (got <= 0)
        break;
      text.append(bytes, static_cast<std::size_t>(got));
      const auto head = text.find("\r\n\r\n");
      if (head == std::string::npos)
        continue;
      const auto length = text.find("Content-Length: ");
      whole = head + 4 + (length < head ? std::stoul(text.substr(length + 16)) : 0);
    }
    return text;
  }
  void write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0)
        return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// Waits until the client hangs up.
  void wait_for_end() {
    char byte = 0;
    while (readable() && ::recv(fd_.get(), &byte, 1, 0) > 0) {
    }
  }
  /// Ends with a reset instead of an orderly end.
  void reset() {
    const linger now{1, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    fd_ = unique_fd();
  }

private:
  bool readable() const {
    pollfd polled{fd_.get(), POLLIN, 0};
    return ::poll(&polled, 1, patience_ms) == 1;
  }

  unique_fd fd_;
};

/// A peer on a port of its own that serves each connection by a script, one after the other.
class peer {
public:
  explicit peer(std::function<void(connection&)> script, int connections = 1)
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_.get(), name, size), 0);
    EXPECT_EQ(::listen(listener_.get(), 16), 0);
    EXPECT_EQ(::getsockname(listener_.get(), name, &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, script = std::move(script), connections] {
      for (int i = 0; i < connections; ++i) {
        pollfd polled{listener_.get(), POLLIN, 0};
        if (::poll(&polled, 1, patience_ms) != 1)
          return;
        connection each(unique_fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
        script(each);
      }
    });
  }
  ~peer() { thread_.join(); }
  peer(const peer&) = delete;
  peer& operator=(const peer&) = delete;

  std::string url(const std::string& path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }

private:
  unique_fd listener_;
  int port_ = 0;
  std::thread thread_;
};

std::unique_ptr<http_client> make_client() {
  auto made = load_http_client();
  EXPECT_TRUE(made) << (made ? "" : made.error().message);
  return made ? std::move(*made) : nullptr;
}

http_request to(const std::string& url) {
  http_request request;
  request.method = "GET";
  request.url = url;
  request.timeout = 20s;
  return request;
}

/// Starts an exchange; the reply comes through the future, once.
std::future<http_reply> begin(http_client& client, http_request request) {
  auto promise = std::make_shared<std::promise<http_reply>>();
  auto future = promise->get_future();
  client.start(std::move(request),
               [promise](http_reply reply) { promise->set_value(std::move(reply)); });
  return future;
}

/// The whole reply to a GET of a peer that sends these bytes and hangs up.
http_reply reply_to(std::string bytes, const std::function<void(http_request&)>& adjust = {}) {
  peer server([&](connection& from) {
    from.read_request();
    from.write(bytes);
  });
  auto client = make_client();
  http_request request = to(server.url());
  if (adjust)
    adjust(request);
  return begin(*client, std::move(request)).get();
}

std::string with_length(const std::string& body, const std::string& more = "") {
  return "HTTP/1.1 200 OK\r\n" + more + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

TEST(HttpClient, WholeReplyIsAnswered) {
  const auto reply =
      reply_to(with_length("{\"a\":1}", "Content-Type: Application/JSON; charset=utf-8\r\n"
                                        "Retry-After: 120\r\n"));
  EXPECT_EQ(reply.outcome, http_outcome::answered);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.content_type, "application/json");
  EXPECT_EQ(reply.retry_after, "120");
  EXPECT_EQ(reply.body, "{\"a\":1}");
}

TEST(HttpClient, SendsMethodHeadersAndBodyAndNothingElse) {
  std::string seen;
  peer server([&](connection& from) {
    seen = from.read_request();
    from.write(with_length("{}"));
  });
  auto client = make_client();
  http_request request = to(server.url("/api/v1/token/"));
  request.method = "POST";
  request.headers = {"Content-Type: application/json", "Authorization: Bearer t"};
  request.body = std::string("a\0b", 3) + std::string(3000, 'x'); // over 1 KB: no `Expect:` either
  const auto reply = begin(*client, request).get();
  EXPECT_EQ(reply.bytes_sent, request.body.size());
  EXPECT_TRUE(seen.starts_with("POST /api/v1/token/ HTTP/1.1\r\n")) << seen.substr(0, 200);
  EXPECT_NE(seen.find("\r\nAuthorization: Bearer t\r\n"), std::string::npos);
  EXPECT_NE(seen.find("\r\nContent-Type: application/json\r\n"), std::string::npos);
  EXPECT_EQ(seen.find("Expect:"), std::string::npos);
  EXPECT_TRUE(seen.ends_with(request.body));
}

TEST(HttpClient, ChunkedReplyIsPutTogether) {
  const auto reply = reply_to("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                              "3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n");
  EXPECT_EQ(reply.outcome, http_outcome::answered);
  EXPECT_EQ(reply.body, "{\"a\":1}");
}

TEST(HttpClient, ACompressedReplyIsUnpackedWithinTheLimit) {
  const std::string zipped = "Content-Encoding: gzip\r\n";
  const auto at_most_a_megabyte = [](http_request& request) { request.max_reply_bytes = 1 << 20; };
  const auto reply = reply_to(with_length(gzip("{\"a\":1}"), zipped), at_most_a_megabyte);
  EXPECT_EQ(reply.outcome, http_outcome::answered);
  EXPECT_EQ(reply.body, "{\"a\":1}");
  const auto bomb = with_length(gzip(std::string(64 << 20, 'a')), zipped);
  EXPECT_LT(bomb.size(), 1U << 20);
  const auto refused = reply_to(bomb, at_most_a_megabyte);
  EXPECT_EQ(refused.outcome, http_outcome::too_long);
  EXPECT_EQ(refused.error, "the reply is longer than the protocol allows");
  EXPECT_EQ(reply_to(with_length("no gzip", zipped)).outcome, http_outcome::broken);
}

TEST(HttpClient, InterimRepliesAreNotTheReply) {
  const auto reply = reply_to("HTTP/1.1 102 Processing\r\n\r\n" + with_length("{}"));
  EXPECT_EQ(reply.outcome, http_outcome::answered);
  EXPECT_EQ(reply.status, 200);
}

TEST(HttpClient, ReplyCutShortIsBroken) {
  for (const char* bytes :
       {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"a\"",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{}\n\r\n", ""}) {
    const auto reply = reply_to(bytes);
    EXPECT_EQ(reply.outcome, http_outcome::broken) << bytes;
    EXPECT_TRUE(reply.body.empty());
    EXPECT_FALSE(reply.error.empty());
  }
}

TEST(HttpClient, GarbageIsBroken) {
  for (const char* bytes : {"garbage\r\n\r\n", "\x16\x03\x01\x02", "SSH-2.0-OpenSSH_9\r\n",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    const auto reply = reply_to(bytes);
    EXPECT_EQ(reply.outcome, http_outcome::broken) << bytes;
  }
}

TEST(HttpClient, ResetIsBroken) {
  peer server([&](connection& from) {
    from.read_request();
    from.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{");
    from.reset();
  });
  auto client = make_client();
  EXPECT_EQ(begin(*client, to(server.url())).get().outcome, http_outcome::broken);
}

TEST(HttpClient, RedirectIsAnAnswerAndNotFollowed) {
  int connections = 0;
  std::string location;
  peer server([&](connection& from) {
    ++connections;
    from.read_request();
    from.write("HTTP/1.1 302 Found\r\nLocation: " + location + "\r\nContent-Length: 0\r\n\r\n");
    from.wait_for_end();
  });
  location = server.url("/elsewhere");
  {
    auto client = make_client();
    http_request request = to(server.url());
    request.headers = {"Authorization: Bearer t"};
    const auto reply = begin(*client, std::move(request)).get();
    EXPECT_EQ(reply.outcome, http_outcome::answered);
    EXPECT_EQ(reply.status, 302);
  }
  EXPECT_EQ(connections, 1);
}

TEST(HttpClient, SilentServerIsEndedByTheTimeout) {
  for (const char* bytes : {"", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"}) {
    peer server([&](connection& from) {
      from.read_request();
      from.write(bytes);
      from.wait_for_end();
    });
    auto client = make_client();
    http_request request = to(server.url());
    request.timeout = 150ms;
    const auto began = std::chrono::steady_clock::now();
    const auto reply = begin(*client, std::move(request)).get();
    EXPECT_EQ(reply.outcome, http_outcome::timed_out) << bytes;
    EXPECT_GE(std::chrono::steady_clock::now() - began, 140ms);
  }
}

TEST(HttpClient, ReplyOverTheLimitIsTooLong) {
  const auto limit = [](http_request& request) { request.max_reply_bytes = 1000; };
  EXPECT_EQ(reply_to(with_length(std::string(1000, 'x')), limit).body.size(), 1000U);
  const auto reply = reply_to(with_length(std::string(1001, 'x')), limit);
  EXPECT_EQ(reply.outcome, http_outcome::too_long);
  EXPECT_NE(reply.error.find("longer"), std::string::npos) << reply.error;
  const auto endless =
      reply_to("HTTP/1.1 200 OK\r\n\r\n" + std::string(5'000'000, 'x'), limit); // no length at all
  EXPECT_EQ(endless.outcome, http_outcome::too_long);
  EXPECT_TRUE(endless.body.empty());
}

TEST(HttpClient, ReplyWithAHeaderWithoutEndSaysSo) {
  const auto reply = reply_to(with_length("x", "X-Long: " + std::string(200'000, 'x') + "\r\n"));
  EXPECT_EQ(reply.outcome, http_outcome::broken);
  EXPECT_NE(reply.error.find("a header that is too long"), std::string::npos) << reply.error;
}

TEST(HttpClient, RefusedConnectionIsUnreachable) {
  std::string url;
  {
    const peer gone([](connection&) {}, 0);
    url = gone.url();
  }
  auto client = make_client();
  const auto reply = begin(*client, to(url)).get();
  EXPECT_EQ(reply.outcome, http_outcome::unreachable);
  EXPECT_FALSE(reply.error.empty());
}

TEST(HttpClient, OtherSchemesAreNotSpoken) {
  auto client = make_client();
  for (const char* url :
       {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "", "::"}) {
    const auto reply = begin(*client, to(url)).get();
    EXPECT_NE(reply.outcome, http_outcome::answered) << url;
    EXPECT_TRUE(reply.body.empty()) << url;
  }
}

TEST(HttpClient, PlainPeerOnATlsUrlDoesNotCountAsAnAnswer) {
  peer server([](connection& from) { from.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"); });
  auto client = make_client();
  std::string url = server.url();
  url.replace(0, 5, "https:");
  const auto reply = begin(*client, to(url)).get();
  EXPECT_NE(reply.outcome, http_outcome::answered);
  EXPECT_TRUE(reply.body.empty());
}

TEST(HttpClient, ProxyOfTheEnvironmentNeverSeesThisMachinesTraffic) {
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  ::setenv("all_proxy", "http://127.0.0.1:1", 1);
  const auto reply = reply_to(with_length("{}"));
  ::unsetenv("http_proxy");
  ::unsetenv("all_proxy");
  EXPECT_EQ(reply.outcome, http_outcome::answered);
}

TEST(HttpClient, ExchangesRunSideBySide) {
  std::promise<void> second_done;
  peer slow([&](connection& from) {
    from.read_request();
    second_done.get_future().wait_for(std::chrono::milliseconds(patience_ms));
    from.write(with_length("slow"));
  });
  peer quick([](connection& from) {
    from.read_request();
    from.write(with_length("quick"));
  });
  auto client = make_client();
  auto first = begin(*client, to(slow.url()));
  EXPECT_EQ(begin(*client, to(quick.url())).get().body, "quick"); // while the first one is open
  second_done.set_value();
  EXPECT_EQ(first.get().body, "slow");
}

TEST(HttpClient, DestructionCancelsWhatIsInFlight) {
  std::promise<void> asked;
  peer server([&](connection& from) {
    from.read_request();
    asked.set_value();
    from.wait_for_end();
  });
  auto client = make_client();
  auto in_flight = begin(*client, to(server.url()));
  asked.get_future().wait();
  client.reset();
  ASSERT_EQ(in_flight.wait_for(0s), std::future_status::ready); // answered before it is gone
  EXPECT_EQ(in_flight.get().outcome, http_outcome::cancelled);
}

TEST(HttpClient, DestructionRightAfterAStartAnswersToo) {
  const peer server([](connection& from) { from.wait_for_end(); }, 0);
  for (int i = 0; i < 50; ++i) {
    auto client = make_client();
    auto first = begin(*client, to(server.url()));
    auto second = begin(*client, to(server.url()));
    client.reset();
    ASSERT_EQ(first.wait_for(0s), std::future_status::ready);
    ASSERT_EQ(second.wait_for(0s), std::future_status::ready);
  }
}

} // namespace
} // namespace spec_kitty
