// The usual acknowledgement, read in place: where it says yes, the careful path says the same.
#include "actors/websocket/message.hpp"
#include "actors/websocket/plain_ack.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace spec_kitty {
namespace {

/// Both readers on one text; whether the plain one took it.
bool agrees(const std::string& text) {
  const auto plain = read_plain_ack(text);
  if (!plain)
    return false;
  const auto careful = read_server_message(text);
  EXPECT_TRUE(careful) << text;
  if (careful) {
    EXPECT_EQ(careful->what, server_message::kind::ack) << text;
    EXPECT_EQ(careful->event_id, plain->event_id) << text;
    EXPECT_EQ(careful->status, plain->status) << text;
  }
  return true;
}

TEST(PlainAck, TheUsualFormsAreTaken) {
  EXPECT_TRUE(
      agrees(R"({"type":"ack","event_id":"01K0000000000000000000000A","status":"accepted"})"));
  EXPECT_TRUE(agrees(R"({"type":"ack","event_id":"01K0000000000000000000000A"})"));
  EXPECT_TRUE(agrees(R"( { "status" : "duplicate" , "event_id":"x", "type":"ack" } )"));
  EXPECT_TRUE(agrees("{\"type\":\"ack\",\t\"event_id\":\"grüße\"}\n"));
}

TEST(PlainAck, EverythingElseIsLeftToTheCarefulPath) {
  for (const char* text :
       {"", "{", "{}", "[]", R"({"type":"ack"})", R"({"type":"ack","event_id":null})",
        R"({"type":"ack","event_id":"a","status":null})", R"({"type":"error","event_id":"a"})",
        R"({"event_id":"a"})", R"({"type":"ack","event_id":"a","server_clock":7})",
        R"({"type":"ack","event_id":"a","event_id":"b"})", R"({"type":"ack","event_id":"\u0061"})",
        R"({"type":"ack","event_id":"a"}})", R"({"type":"ack","event_id":"a",})",
        R"({"type":"ack" "event_id":"a"})", R"({"type":"ack","event_id":"a"} x)",
        R"({"type":"ack","event_id":"a)", R"({type:"ack","event_id":"a"})",
        "{\"type\":\"ack\",\"event_id\":\"a\nb\"}"})
    EXPECT_FALSE(read_plain_ack(text)) << text;
}

TEST(PlainAck, NeverTakesWhatTheCarefulPathReadsOtherwise) {
  const std::string whole =
      R"({"type":"ack","event_id":"01K0000000000000000000000A","status":"accepted"})";
  const std::string bytes = "{}[]\",:\\ \t\n\x01"
                            "aeu0-9";
  std::mt19937 random(7);
  std::size_t taken = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::string text = whole;
    for (auto changes = random() % 3 + 1; changes > 0; --changes) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
      case 0:
        text[at] = bytes[random() % bytes.size()];
        break;
      case 1:
        text.insert(at, 1, bytes[random() % bytes.size()]);
        break;
      default:
        text.erase(at, 1);
      }
    }
    taken += agrees(text) ? 1 : 0;
  }
  EXPECT_GT(taken, 1000U) << "the texts are not near enough to an ack to show anything";
}

} // namespace
} // namespace spec_kitty
