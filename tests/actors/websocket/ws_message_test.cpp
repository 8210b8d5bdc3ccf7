// The messages of servers over the WebSocket, and how an event is wrapped for them.
#include "actors/websocket/handshake.hpp"
#include "actors/websocket/message.hpp"

#include <gtest/gtest.h>

namespace spec_kitty {
namespace {

using kind = server_message::kind;

server_message read(std::string_view text) {
  auto message = read_server_message(text);
  EXPECT_TRUE(message) << text;
  return message ? *message : server_message{};
}

TEST(ServerMessage, EveryTypeOfTheProtocolIsKnown) {
  EXPECT_EQ(read(R"({"type":"snapshot","work_packages":[]})").what, kind::snapshot);
  EXPECT_EQ(read(R"({"type":"event","event":{}})").what, kind::event);
  EXPECT_EQ(read(R"({"type":"ping","timestamp":1})").what, kind::ping);
  EXPECT_EQ(read(R"({"type":"ack","event_id":"a"})").what, kind::ack);
  EXPECT_EQ(read(R"({"type":"error","event_id":"a"})").what, kind::error);
  EXPECT_EQ(read(R"({"type":"weather"})").what, kind::unknown);
}

TEST(ServerMessage, AnEventIsReadNestedAndFlat) {
  const std::string event = R"({"event_id":"01A","lamport_clock":7,"payload":{"a":1.50}})";
  const auto nested = read(R"({"type":"event","event":)" + event + "}");
  const auto flat = read(R"({"type":"event",)" + event.substr(1));
  for (const auto& message : {nested, flat}) {
    EXPECT_EQ(message.event_id, "01A");
    EXPECT_EQ(message.lamport_clock, 7U);
  }
  EXPECT_EQ(flat.event.find("\"type\""), std::string::npos);
}

TEST(ServerMessage, AnEventIsPassedOnDigitForDigit) {
  const std::string event = R"({"event_id":"01A","payload":{"a":[1.50,1E5,12345678901234567890]}})";
  EXPECT_EQ(read(R"({"type":"event", "event": )" + event + "}").event, event);
  EXPECT_EQ(read(R"({"type":"event",)" + event.substr(1)).event, event);
}

TEST(ServerMessage, ANumberThatNoReaderTakesEndsNothingButTheMessage) {
  for (const char* number : {"5.5e+308", "0.00000000000000000001e-2147483639"}) {
    EXPECT_FALSE(read_server_message(std::string(R"({"type":"ping","timestamp":)") + number + "}"));
    EXPECT_FALSE(
        read_server_message(std::string(R"({"type":"event","event":{"x":)") + number + "}}"));
  }
}

TEST(ServerMessage, AClockThatIsNotAWholeNumberIsLeftOut) {
  for (const char* clock : {"-1", "1.5", "\"7\"", "null"})
    EXPECT_EQ(read(std::string(R"({"type":"event","event":{"lamport_clock":)") + clock + "}}")
                  .lamport_clock,
              std::nullopt)
        << clock;
  EXPECT_EQ(read(R"({"type":"event","event":{}})").lamport_clock, std::nullopt);
}

TEST(ServerMessage, AnErrorsWordsAreFoundUnderEachOfTheirNames) {
  for (const char* name : {"error_message", "message", "detail", "reason", "error"})
    EXPECT_EQ(
        read(std::string(R"({"type":"error","event_id":"a",")") + name + R"(":"bad"})").message,
        "bad")
        << name;
}

TEST(ServerMessage, TextThatIsNotAMessageIsRefused) {
  for (const char* text : {"", "nonsense", "[]", "7", "{}", R"({"type":7})", R"({"type":"ack")"})
    EXPECT_FALSE(read_server_message(text)) << text;
  EXPECT_FALSE(read_server_message(std::string(100'000, '[')));
}

TEST(ServerMessage, APongRepeatsTheTimestampAsItCame) {
  EXPECT_EQ(pong(read(R"({"type":"ping","timestamp":1717.25})")),
            R"({"type":"pong","timestamp":1717.25})");
  EXPECT_EQ(pong(read(R"({"type":"ping","timestamp":1717.250E0})")),
            R"({"type":"pong","timestamp":1717.250E0})");
  EXPECT_EQ(pong(read(R"({"type":"ping","timestamp":"2026-01-01"})")),
            R"({"type":"pong","timestamp":"2026-01-01"})");
  EXPECT_EQ(pong(read(R"({"type":"ping"})")), R"({"type":"pong","timestamp":null})");
}

TEST(Envelope, EachFormIsAsTheProtocolWritesIt) {
  const std::string event = R"({"event_id":"01A","payload":{}})";
  EXPECT_EQ(in_envelope("bare", event), event);
  EXPECT_EQ(in_envelope("flat", event), R"({"type":"event","event_id":"01A","payload":{}})");
  EXPECT_EQ(in_envelope("nested", event),
            R"({"type":"event","event":{"event_id":"01A","payload":{}}})");
}

TEST(WsToken, IsReadFromAReplyOfTheProtocolOnly) {
  http_reply reply;
  reply.outcome = http_outcome::answered;
  reply.status = 200;
  reply.content_type = "application/json";
  reply.body = R"({"ws_token":"w1"})";
  EXPECT_EQ(*read_ws_token(reply), "w1");
  for (const char* body : {"{}", R"({"ws_token":""})", R"({"ws_token":7})", "<html>",
                           R"({"ws_token":"a\r\nX-Evil: b"})"}) {
    reply.body = body;
    EXPECT_FALSE(read_ws_token(reply)) << body;
  }
}

TEST(WsToken, A401AsksForALoginAndOtherStatusesAreTransportFailures) {
  http_reply reply;
  reply.outcome = http_outcome::answered;
  reply.status = 401;
  EXPECT_EQ(read_ws_token(reply).error().code, ec::transport) << "of a proxy";
  reply.content_type = "application/json";
  reply.body = R"({"detail":"expired"})";
  EXPECT_EQ(read_ws_token(reply).error().code, ec::login_required);
  for (const int status : {302, 403, 404, 429, 500}) {
    reply.status = status;
    EXPECT_NE(read_ws_token(reply).error().code, ec::login_required) << status;
  }
}

TEST(Link, GoesToTheServersHostWithTheTokenInTheHeaderOnly) {
  const auto to = link_to(*parse_server_url("https://a.example/base"), "/ca.pem", "", "w1");
  EXPECT_EQ(to.host, "a.example");
  EXPECT_EQ(to.port, 443);
  EXPECT_TRUE(to.tls);
  EXPECT_EQ(to.path, "/base/ws/v1/events/");
  EXPECT_EQ(to.bearer, "w1");
  EXPECT_EQ(to.ca_file, "/ca.pem");
  EXPECT_EQ(link_to(*parse_server_url("http://[::1]:8080"), "", "", "w").host, "::1");
  EXPECT_FALSE(link_to(*parse_server_url("http://127.0.0.1:1"), "", "", "w").tls);
}

TEST(Link, EveryEndHasAMessageThatBlamesNoEvent) {
  for (int i = 0; i <= static_cast<int>(link_end::asked); ++i) {
    link_ended how;
    how.how = static_cast<link_end>(i);
    how.http_status = 503;
    how.close_code = 1001;
    const auto why = link_failure(how);
    EXPECT_NE(why.message, "");
    EXPECT_EQ(why.code, how.how == link_end::asked ? ec::stopping : ec::transport);
  }
  EXPECT_NE(link_failure({link_end::refused, 503, 0, {}}).message.find("503"), std::string::npos);
  EXPECT_EQ(link_failure({link_end::closed, 0, 1000, "bye"}).message,
            "the server closed the connection (code 1000): bye");
  EXPECT_NE(link_failure({link_end::closed, 0, 4401, "bye"}).message.find("4401"),
            std::string::npos);
}

} // namespace
} // namespace spec_kitty
