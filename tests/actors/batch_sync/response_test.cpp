// What a reply to a batch means: both tables of docs/protocol.md, and replies outside of them.
#include "actors/batch_sync/response.hpp"

#include "util/json.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace spec_kitty {
namespace {

const std::vector<leased_event> sent = {
    {11, "A", 1, 0, false, "{}"}, {12, "B", 2, 0, false, "{}"}, {13, "C", 3, 0, false, "{}"}};

http_reply reply_of(int status, std::string body, std::string type = "application/json") {
  http_reply reply;
  reply.outcome = http_outcome::answered;
  reply.status = status;
  reply.content_type = std::move(type);
  reply.body = std::move(body);
  return reply;
}

batch_reply reply_with(const std::string& list, const std::string& more = "") {
  return interpret(reply_of(200, "{\"results\":[" + list + "]" + more + "}"), sent);
}

std::string result_json(const std::string& id, const std::string& status,
                        const std::string& more = "") {
  return R"({"event_id":")" + id + R"(","status":")" + status + "\"" + more + "}";
}

std::vector<event_outcome> outcomes(const batch_reply& reply) {
  std::vector<event_outcome> all;
  for (const auto& verdict : reply.verdicts)
    all.push_back(verdict.what);
  return all;
}

const std::vector<event_outcome> all_kept(3, event_outcome::kept);

/// Nothing is known: every event stays, none is blamed.
void expect_nothing_known(const batch_reply& reply, const std::string& what) {
  EXPECT_NE(reply.kind, reply_kind::results) << what;
  EXPECT_EQ(outcomes(reply), all_kept) << what;
  EXPECT_FALSE(reply.why.message.empty()) << what;
  EXPECT_NE(reply.why.code, ec::ok) << what;
}

TEST(BatchReply, EveryStatusWordHasItsFate) {
  const struct {
    const char* status;
    event_outcome expected;
  } cases[] = {{"success", event_outcome::delivered}, {"accepted", event_outcome::delivered},
               {"warning", event_outcome::delivered}, {"duplicate", event_outcome::duplicate},
               {"pending", event_outcome::pending},   {"queued", event_outcome::pending},
               {"error", event_outcome::rejected},    {"rejected", event_outcome::rejected}};
  for (const auto& row : cases) {
    const auto reply = reply_with(result_json("B", row.status));
    EXPECT_EQ(reply.kind, reply_kind::results);
    EXPECT_EQ(outcomes(reply),
              (std::vector{event_outcome::kept, row.expected, event_outcome::kept}))
        << row.status;
    EXPECT_TRUE(reply.warnings.empty()) << row.status;
  }
}

TEST(BatchReply, VerdictsComeInTheOrderSentWhateverTheOrderOfTheReply) {
  const auto reply = reply_with(result_json("C", "pending") + "," + result_json("A", "success") +
                                "," + result_json("B", "duplicate"));
  EXPECT_EQ(outcomes(reply), (std::vector{event_outcome::delivered, event_outcome::duplicate,
                                          event_outcome::pending}));
  EXPECT_EQ(reply.verdicts[0].seq, 11U);
  EXPECT_EQ(reply.verdicts[0].event_id, "A");
  EXPECT_EQ(reply.verdicts[2].seq, 13U);
}

TEST(BatchReply, MessageIsReadUnderAllFourNames) {
  for (const char* name : {"error_message", "error", "reason", "detail"}) {
    const auto reply = reply_with(
        result_json("A", "rejected", std::string(",\"") + name + "\":\"wp_id is missing\""));
    EXPECT_EQ(reply.verdicts[0].message, "wp_id is missing") << name;
  }
}

TEST(BatchReply, MostSpecificMessageIsKept) {
  const auto reply = reply_with(result_json(
      "A", "error",
      R"(,"error":"rejected","detail":"invalid","reason":"payload.wp_id: WP1 does not match",)"
      R"("error_message":"bad event")"));
  EXPECT_EQ(reply.verdicts[0].message, "payload.wp_id: WP1 does not match");
}

TEST(BatchReply, RefusalWithoutAReasonSaysSo) {
  for (const char* more : {"", R"(,"error":null)", R"(,"error":{"a":1})", R"(,"detail":"")"})
    EXPECT_EQ(reply_with(result_json("A", "error", more)).verdicts[0].message,
              "refused without a reason");
}

TEST(BatchReply, EndlessMessageIsCut) {
  const auto reply =
      reply_with(result_json("A", "error", ",\"error\":\"" + std::string(100'000, 'x') + "\""));
  EXPECT_LT(reply.verdicts[0].message.size(), 2100U);
}

TEST(BatchReply, MissingResultLeavesTheEventAsItWas) {
  EXPECT_EQ(outcomes(reply_with(result_json("A", "success"))),
            (std::vector{event_outcome::delivered, event_outcome::kept, event_outcome::kept}));
  const auto empty = reply_with("");
  EXPECT_EQ(empty.kind, reply_kind::results); // a reply of the protocol, that says nothing
  EXPECT_EQ(outcomes(empty), all_kept);
}

TEST(BatchReply, ResultForAnEventThatWasNotSentIsAWarning) {
  const auto reply =
      reply_with(result_json("Z", "success") + "," + result_json("A", "success") + ",7,null,{}");
  EXPECT_EQ(outcomes(reply),
            (std::vector{event_outcome::delivered, event_outcome::kept, event_outcome::kept}));
  ASSERT_EQ(reply.warnings.size(), 1U);
  EXPECT_TRUE(reply.warnings[0].starts_with("4 results")) << reply.warnings[0];
}

TEST(BatchReply, FirstValidResultCounts) {
  const auto reply = reply_with(result_json("A", "success") + "," + result_json("A", "rejected"));
  EXPECT_EQ(reply.verdicts[0].what, event_outcome::delivered);
  EXPECT_EQ(reply.warnings.size(), 1U);
  const auto after_unknown =
      reply_with(result_json("A", "splendid") + "," + result_json("A", "duplicate"));
  EXPECT_EQ(after_unknown.verdicts[0].what, event_outcome::duplicate);
}

TEST(BatchReply, UnknownStatusIsAWarningThatNamesIt) {
  for (const char* status : {"splendid", "SUCCESS", "", " success"}) {
    const auto reply = reply_with(result_json("A", status));
    EXPECT_EQ(outcomes(reply), all_kept) << status;
    ASSERT_EQ(reply.warnings.size(), 1U) << status;
    EXPECT_NE(reply.warnings[0].find(std::string("\"") + status + "\""), std::string::npos);
  }
  EXPECT_EQ(outcomes(reply_with(R"({"event_id":"A","status":true})")), all_kept);
}

TEST(BatchReply, ManyUnknownStatusesAreCounted) {
  std::string results = result_json("A", "s0");
  for (int i = 1; i < 1000; ++i)
    results += "," + result_json("A", ("s" + std::to_string(i)).c_str());
  const auto reply = reply_with(results);
  ASSERT_EQ(reply.warnings.size(), 2U);
  EXPECT_EQ(reply.warnings[1], "999 more results with an unknown status are ignored");
}

TEST(BatchReply, ServerClockIsReadWhereItIsAWholeNumber) {
  const auto clock = [](const std::string& value) {
    return reply_with("", ",\"server_clock\":" + value);
  };
  EXPECT_EQ(clock("7").server_clock, 7U);
  EXPECT_EQ(clock("0").server_clock, 0U);
  EXPECT_EQ(clock("18446744073709551615").server_clock, 18446744073709551615U); // CLOCK refuses
  EXPECT_EQ(reply_with("").server_clock, std::nullopt);
  EXPECT_TRUE(clock("null").warnings.empty());
  for (const char* value : {"7.5", "-1", "\"7\"", "[7]", "{}", "true", "1e3", "1e300"}) {
    const auto reply = clock(value);
    EXPECT_EQ(reply.kind, reply_kind::results) << value;
    EXPECT_EQ(reply.server_clock, std::nullopt) << value;
    EXPECT_EQ(reply.warnings.size(), 1U) << value;
  }
}

TEST(BatchReply, ThatIsNotTheProtocolsSaysNothingAboutAnyEvent) {
  const std::string good = "{\"results\":[" + result_json("A", "success") + "]}";
  for (const auto& reply :
       {reply_of(200, "<html>please log in</html>", "text/html"),
        reply_of(200, good, "text/html"),
        reply_of(200, good, ""),
        reply_of(200, good, "text/plain"),
        reply_of(200, ""),
        reply_of(200, "garbage"),
        reply_of(200, good.substr(0, good.size() - 2)),
        reply_of(200, "[]"),
        reply_of(200, "{}"),
        reply_of(200, R"({"results":{}})"),
        reply_of(200, R"({"results":null})"),
        reply_of(200, "null"),
        reply_of(200, good + good),
        reply_of(200, "{\"results\":[\"\xff\"]}"),
        reply_of(200, "{\"results\":" + std::string(1000, '[') + std::string(1000, ']') + "}"),
        reply_of(201, good),
        reply_of(204, ""),
        reply_of(301, good),
        reply_of(302, good),
        reply_of(307, good),
        reply_of(400, "<h1>Bad Request</h1>", "text/html"),
        reply_of(400, "[]"),
        reply_of(418, good),
        reply_of(422, "oops")}) {
    const auto read = interpret(reply, sent);
    expect_nothing_known(read, std::to_string(reply.status) + " " + reply.body.substr(0, 60));
    EXPECT_EQ(read.kind, reply_kind::failed);
    EXPECT_EQ(read.why.code, ec::transport);
  }
}

TEST(BatchReply, WrongServerIsSaidPlainly) {
  for (const int status : {404, 405}) {
    const auto reply = interpret(reply_of(status, "not here", "text/html"), sent);
    expect_nothing_known(reply, std::to_string(status));
    EXPECT_EQ(reply.why.code, ec::wrong_server);
    EXPECT_FALSE(reply.retryable);
  }
}

TEST(BatchReply, ServerErrorIsTriedAgain) {
  for (const int status : {408, 500, 502, 503, 504, 599}) {
    const auto reply = interpret(reply_of(status, "", "text/html"), sent);
    expect_nothing_known(reply, std::to_string(status));
    EXPECT_EQ(reply.kind, reply_kind::failed);
    EXPECT_TRUE(reply.retryable) << status;
    EXPECT_NE(reply.why.message.find(std::to_string(status)), std::string::npos);
  }
}

TEST(BatchReply, WordsOfAServerErrorArePassedOn) {
  const auto reply = interpret(reply_of(503, R"({"detail":"maintenance until noon"})"), sent);
  EXPECT_NE(reply.why.message.find("maintenance until noon"), std::string::npos);
}

TEST(BatchReply, LostConnectionIsTriedAgainAndASpentTimeoutIsNot) {
  const struct {
    http_outcome outcome;
    bool again;
  } cases[] = {{http_outcome::unreachable, true},
               {http_outcome::broken, true},
               {http_outcome::timed_out, false},
               {http_outcome::tls_refused, false},
               {http_outcome::cancelled, false}};
  for (const auto& row : cases) {
    http_reply reply;
    reply.outcome = row.outcome;
    reply.status = 200; // whatever was read before does not count
    reply.content_type = "application/json";
    reply.body = "{\"results\":[" + result_json("A", "success") + "]}";
    const auto read = interpret(reply, sent);
    expect_nothing_known(read, "outcome");
    EXPECT_EQ(read.retryable, row.again);
  }
}

TEST(BatchReply, AReplyThatIsTooLongBlamesNoEvent) {
  http_reply reply;
  reply.outcome = http_outcome::too_long;
  const auto read = interpret(reply, sent);
  EXPECT_EQ(read.kind, reply_kind::too_long);
  expect_nothing_known(read, "too long");
}

TEST(BatchReply, StatusLinesWithAMeaningOfTheirOwn) {
  EXPECT_EQ(interpret(reply_of(401, "{}"), sent).kind, reply_kind::unauthorized);
  EXPECT_EQ(interpret(reply_of(401, "{}"), sent).why.code, ec::login_required);
  const auto forbidden = interpret(reply_of(403, R"({"detail":"not your team"})"), sent);
  EXPECT_EQ(forbidden.kind, reply_kind::forbidden);
  EXPECT_EQ(forbidden.why.code, ec::held);
  EXPECT_NE(forbidden.why.message.find("not your team"), std::string::npos);
  const auto upgrade = interpret(reply_of(412, R"({"upgrade_guidance":"get 2.0"})"), sent);
  EXPECT_EQ(upgrade.kind, reply_kind::upgrade);
  EXPECT_EQ(upgrade.why.code, ec::upgrade_required);
  EXPECT_EQ(upgrade.why.hint, "get 2.0");
  for (const int status : {401, 403, 412})
    for (const char* body : {"", "[]", "7", "garbage"})
      EXPECT_EQ(outcomes(interpret(reply_of(status, body), sent)), all_kept) << status << body;
}

TEST(BatchReply, WhatIsNotTheServersOwnBlamesAndHoldsNothing) {
  for (const int status : {200, 400, 401, 403, 412, 422})
    for (const auto& reply :
         {reply_of(status, R"({"detail":"no","results":[]})", "text/html"), reply_of(status, "[]"),
          reply_of(status, "<html>", "text/html"), reply_of(status, ""), reply_of(status, "{", "")})
      expect_nothing_known(interpret(reply, sent), std::to_string(status));
  EXPECT_FALSE(interpret(reply_of(413, "<html>", "text/html"), sent).by_server);
  EXPECT_NE(interpret(reply_of(413, "<html>", "text/html"), sent).why.message.find("on the way"),
            std::string::npos);
  EXPECT_TRUE(interpret(reply_of(413, "{}"), sent).by_server);
}

TEST(BatchReply, RefusalThatNamesEventsBlamesOnlyThose) {
  for (const char* details :
       {R"([{"event_id":"B","message":"x","error":"too old"},{"event_id":"Z","error":"alien"}])",
        R"("[{\"event_id\":\"B\",\"reason\":\"too old\"}]")", R"({"B":"too old"})"}) {
    const auto reply =
        interpret(reply_of(400, std::string(R"({"error":"no","details":)") + details + "}"), sent);
    EXPECT_EQ(reply.kind, reply_kind::named) << details;
    EXPECT_EQ(reply.verdicts[0].what, event_outcome::kept);
    EXPECT_EQ(reply.verdicts[1].what, event_outcome::rejected);
    EXPECT_EQ(reply.verdicts[1].message, "too old") << details;
    EXPECT_EQ(reply.verdicts[2].what, event_outcome::kept);
  }
}

TEST(BatchReply, RefusalWithoutAKnownNameBlamesNobody) {
  for (const char* body :
       {R"({"error":"bad"})", R"({"detail":"bad","details":[{"event_id":"Z"}]})",
        R"({"error":"bad","details":"not json"})", R"({"error":"bad","details":7})"})
    for (const int status : {400, 422}) {
      const auto reply = interpret(reply_of(status, body), sent);
      EXPECT_EQ(reply.kind, reply_kind::unnamed) << body;
      EXPECT_EQ(outcomes(reply), all_kept) << body;
      EXPECT_EQ(reply.why.message, "bad");
    }
}

TEST(BatchReply, ClockBehindIsNoRefusal) {
  const auto reply = interpret(
      reply_of(200, R"({"results":[{"event_id":"A","status":"error","error_code":"clock_behind"},)"
                    R"({"event_id":"B","status":"success"}],"server_clock":70})"),
      sent);
  EXPECT_EQ(reply.behind, (std::vector<std::uint64_t>{11}));
  EXPECT_EQ(reply.verdicts[0].what, event_outcome::kept);
  EXPECT_EQ(reply.verdicts[1].what, event_outcome::delivered);
  EXPECT_EQ(reply.server_clock, 70U);
}

TEST(BatchReply, ClockBehindWithAReasonIsSaidOnceWithItsRemedy) {
  const std::string behind = R"("status":"error","error_code":"clock_behind",)"
                             R"("error_message":"another event of this node"})";
  const auto reply = interpret(reply_of(200, R"({"results":[{"event_id":"A",)" + behind +
                                                 R"(,{"event_id":"B",)" + behind + "]}"),
                               sent);
  EXPECT_EQ(reply.behind.size(), 2U);
  ASSERT_EQ(reply.warnings.size(), 1U);
  EXPECT_NE(reply.warnings[0].find("another event of this node"), std::string::npos);
  EXPECT_NE(reply.warnings[0].find("spec-kitty clock renew"), std::string::npos);
}

TEST(BatchReply, TooLargeBelievesTheServersLimits) {
  const auto reply = interpret(
      reply_of(413, R"({"error":"big","limits":{"max_events":"10","max_bytes":-1}})"), sent);
  EXPECT_EQ(reply.kind, reply_kind::too_large);
  EXPECT_EQ(reply.limits.max_events, 10U);
  EXPECT_EQ(reply.limits.max_bytes, 4096U) << "the nearest bound";
  EXPECT_EQ(interpret(reply_of(413, "", "text/html"), sent).kind, reply_kind::too_large);
}

TEST(BatchReply, LimitsOfAnyReplyAreReadWithinBounds) {
  const auto limits_of_a_reply = [](const std::string& limits) {
    return interpret(reply_of(200, R"({"results":[],"limits":)" + limits + "}"), sent).limits;
  };
  const auto usual = limits_of_a_reply(
      R"({"max_batch_events":5000,"max_batch_bytes":1048576,"min_gap_ms":20,"new":[]})");
  EXPECT_EQ(usual.max_events, 5000U);
  EXPECT_EQ(usual.max_bytes, 1048576U);
  EXPECT_EQ(usual.min_gap, std::chrono::milliseconds(20));
  const auto huge =
      limits_of_a_reply(R"({"max_batch_events":9007199254740991,"min_gap_ms":86400000})");
  EXPECT_EQ(huge.max_events, 100'000U);
  EXPECT_EQ(huge.min_gap, std::chrono::minutes(1));
  const auto wrong =
      limits_of_a_reply(R"({"max_batch_events":"many","max_batch_bytes":1e300,"min_gap_ms":[]})");
  EXPECT_EQ(wrong.max_events, std::nullopt);
  EXPECT_EQ(wrong.max_bytes, std::nullopt);
  EXPECT_EQ(wrong.min_gap, std::nullopt);
}

TEST(BatchReply, SlowDownKeepsTheHeaderAsItWasSent) {
  auto slow = reply_of(429, "");
  slow.retry_after = "12";
  EXPECT_EQ(interpret(slow, sent).kind, reply_kind::slow_down);
  EXPECT_EQ(interpret(slow, sent).retry_after, "12");
}

TEST(BatchReply, UpgradeGuidanceIsInTheServersWords) {
  const auto reply = interpret(
      reply_of(412, R"({"error_description":"client too old","upgrade_guidance":"get 2.0"})"),
      sent);
  EXPECT_NE(reply.why.message.find("client too old"), std::string::npos);
  EXPECT_EQ(reply.why.hint, "get 2.0");
}

TEST(MessageOf, IsEmptyForWhatHasNone) {
  for (const char* text : {"{}", "[]", "7", "null", R"({"message":"x"})"})
    EXPECT_TRUE(message_of(*parse_json(text)).empty()) << text;
}

} // namespace
} // namespace spec_kitty
