// Peers that take their time: each is ended by a deadline that no byte renews.
#include "tests/app/listener/listener_fixture.hpp"

#include <gtest/gtest.h>

namespace spec_kitty::listener {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

listener_options quick() {
  listener_options options;
  options.limits.first_request = options.limits.idle = milliseconds(300);
  options.limits.head = milliseconds(300);
  options.limits.body = milliseconds(800);
  options.limits.body_grace = milliseconds(300);
  options.limits.min_body_rate = 100'000;
  options.limits.reply = milliseconds(500);
  options.limits.linger = milliseconds(200);
  return options;
}

/// Sends one byte each 20 ms until the peer ends the connection; what it answered.
std::string drip(raw_client& client, const std::string& begun, milliseconds& took) {
  const auto start = steady_clock::now();
  client.send(begun);
  std::string replies;
  while (!client.ended() && steady_clock::now() - start < client_patience) {
    client.send("x");
    replies += client.read(1000, milliseconds(20));
  }
  took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - start);
  return replies;
}

class SlowPeers : public testing::Test {
protected:
  /// What comes until the connection ends, which takes between `min` and `max`.
  std::string until_end(raw_client& client, int min, int max) {
    const auto start = steady_clock::now();
    const auto replies = client.read_all();
    const auto took = steady_clock::now() - start;
    EXPECT_TRUE(client.ended());
    EXPECT_GE(took, milliseconds(min));
    EXPECT_LT(took, milliseconds(max));
    return replies;
  }

  test_program program_{quick()};
};

TEST_F(SlowPeers, ThatSayNothingAreClosed) {
  raw_client client(program_.port());
  EXPECT_EQ(until_end(client, 200, 5'000), "");
  EXPECT_EQ(program_.listener().counters().timeouts_idle, 1U);
}

TEST_F(SlowPeers, ThatSayNothingMoreAreClosed) {
  raw_client client(program_.port());
  client.send(get("/healthz"));
  EXPECT_EQ(statuses_in(client.read_reply()), std::vector<int>{200});
  EXPECT_EQ(until_end(client, 200, 5'000), "");
}

TEST_F(SlowPeers, WithHalfAHeadAreAnswered408) {
  raw_client client(program_.port());
  client.send("GET /healthz HTTP/1.1\r\nHost");
  EXPECT_EQ(statuses_in(until_end(client, 200, 5'000)), std::vector<int>{408});
}

TEST_F(SlowPeers, ThatDripAHeadGainNothing) {
  raw_client client(program_.port());
  milliseconds took{};
  const auto replies = drip(client, "GET /healthz HTTP/1.1\r\nX: ", took);
  EXPECT_EQ(statuses_in(replies), std::vector<int>{408});
  EXPECT_LT(took, milliseconds(5'000));
  EXPECT_EQ(program_.listener().counters().timeouts_head, 1U);
}

TEST_F(SlowPeers, ThatDripABodyGainNothing) {
  raw_client client(program_.port());
  milliseconds took{};
  const auto replies =
      drip(client, "POST /echo/ HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n", took);
  EXPECT_EQ(statuses_in(replies), std::vector<int>{408});
  EXPECT_LT(took, milliseconds(5'000));
  EXPECT_EQ(program_.listener().counters().timeouts_body, 1U);
}

TEST_F(SlowPeers, ThatDripAChunkExtensionGainNothing) {
  raw_client client(program_.port());
  milliseconds took{};
  const auto replies =
      drip(client, "POST /echo/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;", took);
  EXPECT_EQ(statuses_in(replies), std::vector<int>{408});
  EXPECT_LT(took, milliseconds(5'000));
}

TEST_F(SlowPeers, ThatStopInTheBodyAreAnswered408) {
  raw_client client(program_.port());
  client.send("POST /echo/ HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\nhello");
  EXPECT_EQ(statuses_in(until_end(client, 200, 5'000)), std::vector<int>{408});
}

TEST(SlowBodies, AboveTheLeastRateHaveTheWholeTime) {
  listener_options options;
  options.limits.body_grace = milliseconds(200);
  options.limits.min_body_rate = 10'000;
  test_program program(options);
  raw_client client(program.port());
  const std::string quarter(30'000, 'x'); // pays for three seconds
  client.send("POST /echo/ HTTP/1.1\r\nHost: a\r\nContent-Length: 120000\r\n\r\n");
  for (int count = 0; count < 3; ++count) {
    client.send(quarter);
    EXPECT_EQ(client.read(1, milliseconds(200)), "");
  }
  client.send(quarter);
  EXPECT_EQ(statuses_in(client.read_reply()), std::vector<int>{200});
}

TEST_F(SlowPeers, ThatLeaveInTheMiddleLeaveNothingBehind) {
  for (const std::string& begun :
       {std::string("GET /hea"), get("/slow/"),
        std::string("POST /echo/ HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\nhello")}) {
    raw_client client(program_.port());
    client.send(begun);
    client.reset();
  }
  program_.release();
  EXPECT_TRUE(program_.eventually([&] { return program_.listener().counters().connections == 0; }));
  EXPECT_EQ(program_.listener().counters().body_bytes, 0U);
}

TEST_F(SlowPeers, ThatEndTheirHalfAreAnswered) {
  raw_client client(program_.port());
  client.send(get("/healthz"));
  client.finish_sending();
  EXPECT_EQ(statuses_in(until_end(client, 0, 5'000)), std::vector<int>{200});
  raw_client half(program_.port());
  half.send("POST /echo/ HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\nhello");
  half.finish_sending();
  EXPECT_EQ(statuses_in(until_end(half, 0, 5'000)), std::vector<int>{400});
}

TEST_F(SlowPeers, ThatDoNotReadTheirReplyAreCut) {
  client_options small;
  small.receive_buffer = 4096;
  raw_client client(program_.port(), small);
  for (int count = 0; count < 4; ++count)
    client.send(get("/big/"));
  EXPECT_TRUE(
      program_.eventually([&] { return program_.listener().counters().timeouts_reply == 1; }));
  EXPECT_TRUE(program_.eventually([&] { return program_.listener().counters().connections == 0; }));
}

} // namespace
} // namespace spec_kitty::listener
