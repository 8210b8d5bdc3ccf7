// Frames of a WebSocket, and each fault that the proxy does to them.
#include "app/chaos/process.hpp"
#include "app/chaos/proxy/network_faults.hpp"
#include "tests/app/chaos/proxy_fixture.hpp"

namespace spec_kitty::chaos {

using namespace std::chrono_literals;
using support::eventually;

namespace {

const std::string key = "\x11\x22\x33\x44";

std::string from_client(const std::string& text) {
  return frame_bytes(ws_frame::text, text, key);
}

std::string from_server(const std::string& text) {
  return frame_bytes(ws_frame::text, text);
}

class frames_test : public testing::Test {
protected:
  static constexpr auto soon = 2000ms;
  static constexpr auto a_moment = 60ms;

  frames_test() {
    client.say("GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n");
    EXPECT_EQ(client.hear(switched.size(), soon), switched);
  }

  void arm(std::string_view name, std::uint64_t drawn = 0) {
    number = line.arm(find_frame_fault(name)->make(drawn));
  }
  /// Says texts and gives what came back.
  std::string talk(const std::vector<std::string>& texts, std::size_t bytes) {
    std::string bytes_out;
    for (const auto& text : texts)
      bytes_out += from_client(text);
    client.say(bytes_out);
    return client.hear(bytes, bytes == 0 ? a_moment : soon);
  }
  bool came(const std::vector<std::string>& texts) {
    return eventually([&] { return server.frames() == texts; }, soon);
  }

  std::string switched = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
  bare_server server{switched};
  std::shared_ptr<ledger> seen = std::make_shared<ledger>();
  proxy line{"server", server.port(), seen};
  bare_client client{line.port()};
  std::size_t number = 0;
};

TEST_F(frames_test, are_found_and_written_at_every_length) {
  for (const std::size_t size : {0U, 1U, 125U, 126U, 65535U, 65536U}) {
    const std::string text(size, 'x');
    for (const auto& mask : {std::string(), key}) {
      const auto bytes = frame_bytes(ws_frame::text, text, mask);
      EXPECT_FALSE(first_frame(std::string_view(bytes).substr(0, bytes.size() - 1)));
      const auto found = first_frame(bytes + "more");
      ASSERT_TRUE(found);
      EXPECT_EQ(found->payload, text);
      EXPECT_EQ(found->raw, bytes);
      EXPECT_EQ(found->masked, !mask.empty());
    }
  }
}

TEST_F(frames_test, are_masked_as_in_the_example_of_rfc_6455) {
  const std::string hello = "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
  EXPECT_EQ(frame_bytes(ws_frame::text, "Hello", "\x37\xfa\x21\x3d"), hello);
  EXPECT_EQ(first_frame(hello)->payload, "Hello");
}

TEST_F(frames_test, go_by_unchanged_without_a_fault) {
  const auto answer = from_server("re:one") + from_server("re:two");
  EXPECT_EQ(talk({"one", "two"}, answer.size()), answer);
  EXPECT_TRUE(came({"one", "two"}));
  EXPECT_EQ(line.websockets(), 1U);
}

TEST_F(frames_test, can_be_lost) {
  arm("an event's frame is lost");
  EXPECT_EQ(talk({"one", "two"}, from_server("re:two").size()), from_server("re:two"));
  arm("an answer's frame is lost");
  EXPECT_EQ(talk({"three", "four"}, from_server("re:four").size()), from_server("re:four"));
  EXPECT_TRUE(came({"two", "three", "four"}));
}

TEST_F(frames_test, can_come_twice) {
  arm("an event's frame comes twice");
  const auto twice = from_server("re:one") + from_server("re:one");
  EXPECT_EQ(talk({"one"}, twice.size()), twice);
  arm("an answer's frame comes twice");
  const auto again = from_server("re:two") + from_server("re:two");
  EXPECT_EQ(talk({"two"}, again.size()), again);
  EXPECT_TRUE(came({"one", "one", "two"}));
}

TEST_F(frames_test, can_come_late) {
  for (const char* name : {"an event's frame comes late", "an answer's frame comes late"}) {
    arm(name, 90); // 100 ms
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(talk({"one"}, from_server("re:one").size()), from_server("re:one")) << name;
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 100ms) << name;
  }
}

TEST_F(frames_test, can_end_in_the_middle) {
  arm("an answer's frame is cut short", 3); // 4 bytes
  EXPECT_EQ(talk({"one"}, 100), from_server("re:one").substr(0, 4));
  EXPECT_EQ(client.look(soon), seen_end::closed);
}

TEST_F(frames_test, of_events_can_end_in_the_middle) {
  arm("an event's frame is cut short", 3);
  EXPECT_EQ(talk({"one"}, 100), "");
  EXPECT_EQ(client.look(soon), seen_end::closed);
  EXPECT_TRUE(server.frames().empty());
}

TEST_F(frames_test, can_be_neither_text_nor_json) {
  arm("an answer is not UTF-8");
  const auto corrupted = from_server("\xff\xfere:one");
  EXPECT_EQ(talk({"one"}, corrupted.size()), corrupted);
  arm("an answer is not JSON");
  const auto broken = from_server("re:two!");
  EXPECT_EQ(talk({"two"}, broken.size()), broken);
}

TEST_F(frames_test, can_change_places) {
  arm("two events change places");
  talk({"one", "two"}, 2 * from_server("re:one").size());
  EXPECT_TRUE(came({"two", "one"}));
  arm("two answers change places");
  const auto answer = from_server("re:b") + from_server("re:a");
  EXPECT_EQ(talk({"a", "b"}, answer.size()), answer);
  EXPECT_EQ(line.used(number), 1U);
}

TEST_F(frames_test, that_are_never_overtaken_pass_and_the_fault_waits) {
  arm("two events change places");
  EXPECT_EQ(talk({"one"}, from_server("re:one").size()), from_server("re:one"));
  EXPECT_EQ(line.used(number), 0U);
}

TEST_F(frames_test, can_be_a_close_with_a_code) {
  arm("the WebSocket is closed with a code", 7); // 4999
  const auto close = frame_bytes(ws_frame::close, close_payload(4999));
  EXPECT_EQ(talk({"one"}, close.size()), close);
  EXPECT_EQ(client.look(soon), seen_end::closed);
}

TEST_F(frames_test, can_follow_a_frame_that_was_not_sent) {
  arm("an error of no event");
  const auto both = from_server(R"({"type":"error","message":"no"})") + from_server("re:one");
  EXPECT_EQ(talk({"one"}, both.size()), both);
}

TEST_F(frames_test, can_fall_silent) {
  arm("the WebSocket falls silent");
  EXPECT_EQ(talk({"one"}, 0), "");
  EXPECT_EQ(talk({"two"}, 0), "");
  EXPECT_EQ(client.look(a_moment), seen_end::open);
  EXPECT_EQ(line.websockets(), 0U);
  line.heal();
  EXPECT_NE(client.look(soon), seen_end::open);
}

} // namespace

} // namespace spec_kitty::chaos
