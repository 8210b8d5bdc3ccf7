// A table of frames that hostile and careless clients send, and of requests for an upgrade.
#include "tests/app/listener/listener_fixture.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace spec_kitty::listener {
namespace {

constexpr int text = 0x81;
constexpr int binary = 0x82;
constexpr int text_begins = 0x01;
constexpr int continues = 0x00;
constexpr int continues_and_ends = 0x80;
constexpr int closes = 0x88;
constexpr int ping = 0x89;
constexpr int pong = 0x8a;
constexpr int cut = 0; ///< the connection ends without a close frame

struct frame_case {
  const char* name;
  std::string sent;
  int code; ///< of the close frame that is answered
};

std::string close_frame(int code, const std::string& reason = "") {
  std::string payload = {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  return masked_frame(closes, payload + reason);
}

/// A header as it is, then a mask of zeros and the payload.
std::string raw_frame(std::vector<int> header, const std::string& payload) {
  std::string frame;
  for (const int byte : header)
    frame += static_cast<char>(byte);
  return frame + std::string(4, '\0') + payload;
}

std::vector<frame_case> frame_cases() {
  const std::string bad_text = "\xc3\x28";
  const std::string long_ping(126, 'p');
  return {
      {"unmasked", "\x81\x05hello", 1002},
      {"the first reserved bit", masked_frame(text | 0x40, "hello"), 1002},
      {"the second reserved bit", masked_frame(text | 0x20, "hello"), 1002},
      {"the third reserved bit", masked_frame(text | 0x10, "hello"), 1002},
      {"a reserved opcode", masked_frame(0x83, "hello"), 1002},
      {"another reserved opcode", masked_frame(0x87, "hello"), 1002},
      {"a reserved control opcode", masked_frame(0x8b, ""), 1002},
      {"the last opcode", masked_frame(0x8f, ""), 1002},
      {"5 in 16 bits", raw_frame({text, 0x80 | 126, 0, 5}, "hello"), 1002},
      {"5 in 64 bits", raw_frame({text, 0x80 | 127, 0, 0, 0, 0, 0, 0, 0, 5}, "hello"), 1002},
      {"2^62 bytes", raw_frame({text, 0x80 | 127, 0x40, 0, 0, 0, 0, 0, 0, 0}, "x"), 1009},
      {"2^63 bytes", raw_frame({text, 0x80 | 127, 0x80, 0, 0, 0, 0, 0, 0, 0}, "x"), 1009},
      {"2 MiB announced", raw_frame({text, 0x80 | 127, 0, 0, 0, 0, 0, 0x20, 0, 0}, "x"), 1009},
      {"2 MiB sent", masked_frame(text, std::string(2U << 20, 'x')), 1009},
      {"2 MiB in two fragments",
       masked_frame(text_begins, std::string(700'000, 'x')) +
           masked_frame(continues_and_ends, std::string(700'000, 'x')),
       1009},
      {"bytes that are not UTF-8", masked_frame(text, bad_text), 1007},
      {"UTF-8 that is cut off", masked_frame(text, "\xc3"), 1007},
      {"a surrogate", masked_frame(text, "\xed\xa0\x80"), 1007},
      {"an overlong form", masked_frame(text, "\xc0\x80"), 1007},
      {"above the last code point", masked_frame(text, "\xf4\x90\x80\x80"), 1007},
      {"bad UTF-8 in a later fragment",
       masked_frame(text_begins, "ok") + masked_frame(continues_and_ends, bad_text), 1007},
      {"a continuation of nothing", masked_frame(continues_and_ends, "hello"), 1002},
      {"a message within a message", masked_frame(text_begins, "a") + masked_frame(text, "b"),
       1002},
      {"a binary message within a message",
       masked_frame(text_begins, "a") + masked_frame(binary, "b"), 1002},
      {"a ping in fragments", masked_frame(0x09, "a"), 1002},
      {"a close in fragments", masked_frame(0x08, ""), 1002},
      {"a ping of 126 bytes", masked_frame(ping, long_ping), 1002},
      {"a close of 126 bytes", close_frame(1000, std::string(124, 'r')), 1002},
      {"a close of one byte", masked_frame(closes, "\x03"), 1002},
      {"a close with bad UTF-8", close_frame(1000, bad_text), 1002},
      {"close code 0", close_frame(0), 1002},
      {"close code 999", close_frame(999), 1002},
      {"close code 1004", close_frame(1004), 1002},
      {"close code 1005", close_frame(1005), 1002},
      {"close code 1006", close_frame(1006), 1002},
      {"close code 1015", close_frame(1015), 1002},
      {"close code 1016", close_frame(1016), 1002},
      {"close code 2999", close_frame(2999), 1002},
      {"close code 5000", close_frame(5000), 1002},
      {"close code 65535", close_frame(65'535), 1002},
      {"close code 1000", close_frame(1000), 1000},
      {"close code 1001 with a reason", close_frame(1001, "going"), 1001},
      {"close code 3000", close_frame(3000), 3000},
      {"close code 4999", close_frame(4999), 4999},
      {"a ping flood",
       [] {
         std::string pings;
         for (int count = 0; count < 200; ++count)
           pings += masked_frame(ping, "p");
         return pings;
       }(),
       1008},
      {"HTTP after the upgrade", get("/healthz"), 1002},
  };
}

/// What a server sends: frames without a mask. The code of the close frame; -1 without one.
int close_code_in(std::string_view frames) {
  while (frames.size() >= 2) {
    const int kind = frames[0] & 0x0f;
    std::size_t size = static_cast<unsigned char>(frames[1]) & 0x7f;
    std::size_t head = 2;
    if (size == 126 && frames.size() >= 4) {
      size = static_cast<std::size_t>(static_cast<unsigned char>(frames[2])) << 8 |
             static_cast<unsigned char>(frames[3]);
      head = 4;
    }
    if (kind == 8 && size >= 2 && frames.size() >= head + 2)
      return static_cast<unsigned char>(frames[head]) << 8 |
             static_cast<unsigned char>(frames[head + 1]);
    if (kind == 8)
      return cut;
    frames.remove_prefix(std::min(head + size, frames.size()));
  }
  return -1;
}

class WebsocketFrames : public testing::TestWithParam<transport_kind> {
protected:
  std::unique_ptr<raw_client> open() {
    auto client = std::make_unique<raw_client>(program_.port(), client_options{GetParam()});
    client->send(upgrade_request());
    EXPECT_EQ(statuses_in(client->read_reply(false)), std::vector<int>{101});
    return client;
  }

  static listener_options quick() {
    listener_options options;
    options.limits.linger = std::chrono::milliseconds(300);
    return options;
  }

  test_program program_{quick(), GetParam()};
};

TEST_P(WebsocketFrames, ThatBreakTheProtocolAreAnsweredWithTheCodeOfTheirFault) {
  for (const auto& played : frame_cases()) {
    SCOPED_TRACE(played.name);
    const auto client = open();
    client->send(played.sent);
    const auto frames = client->read_all();
    EXPECT_TRUE(client->ended());
    EXPECT_EQ(close_code_in(frames), played.code);
  }
  ASSERT_TRUE(program_.eventually([&] { return program_.listener().counters().websockets == 0; }));
  EXPECT_EQ(program_.closed().size(), frame_cases().size());
}

TEST_P(WebsocketFrames, ThatAreRightAreEchoed) {
  const auto client = open();
  client->send(masked_frame(text, "hello"));
  EXPECT_EQ(client->read(7), "\x81\x05hello");
  client->send(masked_frame(text_begins, "he") + masked_frame(ping, "now") +
               masked_frame(continues, "l") + masked_frame(continues_and_ends, "lo"));
  EXPECT_EQ(client->read(5), "\x8a\x03now");
  EXPECT_EQ(client->read(7), "\x81\x05hello");
  client->send(masked_frame(text, ""));
  EXPECT_EQ(client->read(2), std::string("\x81\0", 2));
  client->send(masked_frame(pong, "unasked"));
  client->send(masked_frame(text_begins, "\xc3") + masked_frame(continues_and_ends, "\xa4"));
  EXPECT_EQ(client->read(4), "\x81\x02\xc3\xa4");
  client->send(masked_frame(text, std::string(100'000, 'x')));
  EXPECT_EQ(client->read(10), std::string("\x81\x7f\0\0\0\0\0\x01\x86\xa0", 10));
  EXPECT_EQ(client->read(100'000).size(), 100'000U);
}

TEST_P(WebsocketFrames, MayComeOneByteAtATime) {
  const auto client = open();
  for (const char byte : masked_frame(text, "hello") + close_frame(1000))
    client->send({&byte, 1});
  EXPECT_EQ(client->read(11), std::string("\x81\x05hello\x88\x02\x03\xe8", 11));
}

struct upgrade_case {
  const char* name;
  std::string sent;
  int status;
};

TEST_P(WebsocketFrames, BeginOnlyAfterAProperUpgrade) {
  const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const std::string version = "Sec-WebSocket-Version: 13\r\n";
  const std::string asked = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
  const std::string path = "/ws/v1/events/";
  const std::vector<upgrade_case> cases = {
      {"a proper one", upgrade_request(), 101},
      {"with other words",
       get(path, "Upgrade: h2c, WebSocket\r\nConnection: keep-alive, UPGRADE\r\n" + key + version),
       101},
      {"by POST",
       "POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n" + asked + key + version +
           "\r\n",
       426},
      {"in HTTP/1.0", "GET " + path + " HTTP/1.0\r\nHost: a\r\n" + asked + key + version + "\r\n",
       426},
      {"without Connection", get(path, "Upgrade: websocket\r\n" + key + version), 426},
      {"without Upgrade", get(path, "Connection: Upgrade\r\n" + key + version), 426},
      {"of version 8", get(path, asked + key + "Sec-WebSocket-Version: 8\r\n"), 426},
      {"without a version", get(path, asked + key), 426},
      {"of two versions", get(path, asked + key + version + version), 426},
      {"without a key", get(path, asked + version), 400},
      {"with two keys", get(path, asked + key + key + version), 400},
      {"with a short key", get(path, asked + "Sec-WebSocket-Key: dGhl\r\n" + version), 400},
      {"with a key that is not base64",
       get(path, asked + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j!!==\r\n" + version), 400},
      {"with a length", upgrade_request("Content-Length: 0\r\n"), 400},
      {"with chunks",
       "GET " + path + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n" + asked + key +
           version + "\r\n",
       400},
      {"with frames before the answer", upgrade_request() + masked_frame(text, "early"), 400},
      {"with an extension that is not offered",
       upgrade_request("Sec-WebSocket-Extensions: permessage-deflate\r\n"), 101},
  };
  for (const auto& played : cases) {
    SCOPED_TRACE(played.name);
    raw_client client(program_.port(), {GetParam()});
    client.send(played.sent);
    const auto reply = client.read_reply();
    EXPECT_EQ(statuses_in(reply), std::vector<int>{played.status});
    EXPECT_EQ(reply.find("permessage-deflate"), std::string::npos);
  }
}

TEST_P(WebsocketFrames, OfARefusedUpgradeNeverBegin) {
  program_.refuse_upgrades = true;
  raw_client client(program_.port(), {GetParam()});
  client.send(upgrade_request());
  EXPECT_EQ(statuses_in(client.read_reply()), std::vector<int>{401});
  client.send(get("/healthz")); // the connection is HTTP as before
  EXPECT_EQ(statuses_in(client.read_reply()), std::vector<int>{200});
  EXPECT_EQ(program_.channels(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Transports, WebsocketFrames,
                         testing::Values(transport_kind::plain, transport_kind::tls),
                         [](const auto& info) {
                           return info.param == transport_kind::tls ? "tls" : "plain";
                         });

} // namespace
} // namespace spec_kitty::listener
