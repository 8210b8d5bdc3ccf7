// Token replies in all their shapes, and what to do with a session.
#include "actors/auth/tokens.hpp"
#include "config/token_claims.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace spec_kitty {
namespace {

constexpr std::int64_t now = 1'770'000'000;
constexpr const char* origin = "https://a:443";

http_reply token_answer(int status, std::string body, std::string type = "application/json") {
  http_reply reply;
  reply.outcome = http_outcome::answered;
  reply.status = status;
  reply.content_type = std::move(type);
  reply.body = std::move(body);
  return reply;
}

result<credentials> log_in(const std::string& body) {
  return read_login_reply(token_answer(200, body), "ann", origin, now);
}

credentials before() {
  return {"access-1", "refresh-1", now - 10, now + 1000, "ann", "team-a", origin};
}

result<credentials> refresh(const std::string& body) {
  return read_refresh_reply(token_answer(200, body), before(), now);
}

/// `header.{"team_slug":…}.signature`: the claims in base64url without padding.
constexpr const char* jwt_of_team_a = "eyJhbGciOiJIUzI1NiJ9.eyJ0ZWFtX3NsdWciOiJ0ZWFtLWEifQ.c2ln";
constexpr const char* jwt_without_claim = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2ln";

TEST(LoginReply, OpensASessionBoundToTheOrigin) {
  const auto session = log_in(R"({"access":"a","refresh":"r","access_lifetime":60,
                                  "refresh_lifetime":600,"team_slug":"team-a"})");
  ASSERT_TRUE(session);
  EXPECT_EQ(*session, (credentials{"a", "r", now + 60, now + 600, "ann", "team-a", origin}));
}

TEST(LoginReply, LifetimesHaveSynonymsAndMayBeNumericStrings) {
  for (const char* body :
       {R"({"access":"a","refresh":"r","expires_in":60,"refresh_expires_in":600})",
        R"({"access":"a","refresh":"r","expires_in":"60",
                               "refresh_expires_in":"600"})",
        R"({"access":"a","refresh":"r","access_lifetime":"60",
                               "refresh_lifetime":"600"})"}) {
    const auto session = log_in(body);
    ASSERT_TRUE(session) << body;
    EXPECT_EQ(session->access_expires_at, now + 60) << body;
    EXPECT_EQ(session->refresh_expires_at, now + 600) << body;
  }
}

TEST(LoginReply, WithoutLifetimesHasTheDefaults) {
  const auto session = log_in(R"({"access":"a","refresh":"r"})");
  ASSERT_TRUE(session);
  EXPECT_EQ(session->access_expires_at, now + 900);
  EXPECT_EQ(session->refresh_expires_at, now + 604800);
}

TEST(LoginReply, AbsurdLifetimesAreTheDefaults) {
  for (const char* value :
       {"0", "-1", "1e300", "9223372036854775807", "18446744073709551615", "\"soon\"", "\"\"",
        "null", "true", "[]", "{}", "60.5", "\"60s\"", "315360001", "\"-5\""}) {
    const auto session = log_in(std::string(R"({"access":"a","refresh":"r","access_lifetime":)") +
                                value + R"(,"refresh_lifetime":)" + value + "}");
    ASSERT_TRUE(session) << value;
    EXPECT_EQ(session->access_expires_at, now + 900) << value;
    EXPECT_EQ(session->refresh_expires_at, now + 604800) << value;
  }
}

TEST(LoginReply, TeamComesFromTheReplyElseFromTheTokenElseIsUnknown) {
  const std::string rest = R"(,"refresh":"r"})";
  const std::string jwt = jwt_of_team_a;
  EXPECT_EQ(log_in(R"({"access":")" + jwt + R"(","team_slug":"team-b")" + rest)->team_slug,
            "team-b");
  EXPECT_EQ(log_in(R"({"access":")" + jwt + '"' + rest)->team_slug, "team-a");
  EXPECT_EQ(log_in(R"({"access":")" + jwt + R"(","team_slug":"")" + rest)->team_slug, "team-a");
  EXPECT_EQ(log_in(R"({"access":")" + jwt + R"(","team_slug":7)" + rest)->team_slug, "team-a");
  EXPECT_EQ(log_in(R"({"access":"opaque")" + rest)->team_slug, "");
}

TEST(LoginReply, TeamNameThatCannotBeUsedIsRefused) {
  for (const std::string& team :
       {std::string("local"), std::string(256, 'x'), std::string(R"(a\r\nX-Admin: 1)"),
        std::string(R"(a\u0000b)"), std::string(R"(\u001b[2J)")}) {
    const auto session = log_in(R"({"access":"a","refresh":"r","team_slug":")" + team + "\"}");
    ASSERT_FALSE(session) << team;
    EXPECT_EQ(session.error().code, ec::login_refused) << team;
  }
  EXPECT_TRUE(
      log_in(R"({"access":"a","refresh":"r","team_slug":")" + std::string(255, 'x') + "\"}"));
}

TEST(LoginReply, RefusedCredentialsAreNotATransportFailure) {
  const auto refused = read_login_reply(token_answer(401, "{}"), "ann", origin, now);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ec::login_refused);
}

TEST(LoginReply, IsTransportFailureWhereTheReplyIsNotTheProtocols) {
  for (const char* body :
       {"", "garbage", "{", "[]", "{}", R"({"access":"a"})", R"({"access":"","refresh":"r"})",
        R"({"access":7,"refresh":"r"})", R"({"access":"a b","refresh":"r"})",
        R"({"access":"a\r\nX: y","refresh":"r"})", R"({"access":"a","refresh":""})",
        R"({"access":"a","refresh":"\u00e4"})", "{\"access\":\"\xff\",\"refresh\":\"r\"}"}) {
    const auto session = log_in(body);
    ASSERT_FALSE(session) << body;
    EXPECT_EQ(session.error().code, ec::transport) << body;
  }
  EXPECT_FALSE(log_in(R"({"refresh":"r","access":")" + std::string(20'000, 'a') + "\"}"));
}

TEST(LoginReply, OfALoginPageOrARedirectIsTransportFailure) {
  const std::string good = R"({"access":"a","refresh":"r"})";
  for (const http_reply& reply :
       {token_answer(200, "<html>welcome</html>", "text/html"),
        token_answer(200, good, "text/html"), token_answer(200, good, ""), token_answer(302, good),
        token_answer(301, ""), token_answer(204, ""), token_answer(201, good),
        token_answer(400, good), token_answer(403, good), token_answer(500, good),
        token_answer(503, "busy", "text/plain")}) {
    const auto session = read_login_reply(reply, "ann", origin, now);
    ASSERT_FALSE(session) << reply.status;
    EXPECT_EQ(session.error().code, ec::transport) << reply.status;
  }
}

TEST(LoginReply, OfAServerWithoutThePathIsTheWrongServer) {
  for (const int status : {404, 405})
    EXPECT_EQ(read_login_reply(token_answer(status, ""), "ann", origin, now).error().code,
              ec::wrong_server);
}

TEST(LoginReply, FailureNeverQuotesTheBody) {
  for (const int status : {200, 401, 302, 404, 500}) {
    const auto session = read_login_reply(
        token_answer(status, R"({"access":"s3cret"})", "text/html"), "ann", origin, now);
    ASSERT_FALSE(session);
    EXPECT_EQ((session.error().message + session.error().hint).find("s3cret"), std::string::npos);
  }
}

TEST(LoginReply, EachMissingAnswerHasItsOwnFailure) {
  const struct {
    http_outcome outcome;
    ec code;
    const char* words;
  } cases[] = {{http_outcome::unreachable, ec::transport, "cannot be reached"},
               {http_outcome::tls_refused, ec::transport, "certificate"},
               {http_outcome::timed_out, ec::transport, "in time"},
               {http_outcome::broken, ec::transport, "broke"},
               {http_outcome::cancelled, ec::stopping, "stopped"}};
  for (const auto& test_case : cases) {
    http_reply reply;
    reply.outcome = test_case.outcome;
    reply.error = "the reason";
    const auto why = read_login_reply(reply, "ann", origin, now).error();
    EXPECT_EQ(why.code, test_case.code);
    EXPECT_NE(why.message.find(test_case.words), std::string::npos) << why.message;
    EXPECT_FALSE(why.hint.empty());
    if (test_case.outcome != http_outcome::timed_out) {
      EXPECT_NE(why.message.find("the reason"), std::string::npos) << why.message;
    }
  }
}

TEST(RefreshReply, WithoutARefreshTokenKeepsTheOldOneAndItsEnd) {
  const auto after = refresh(R"({"access":"a2"})");
  ASSERT_TRUE(after);
  EXPECT_EQ(after->access, "a2");
  EXPECT_EQ(after->access_expires_at, now + 900);
  EXPECT_EQ(after->refresh, "refresh-1");
  EXPECT_EQ(after->refresh_expires_at, now + 1000);
  EXPECT_EQ(after->username, "ann");
  EXPECT_EQ(after->team_slug, "team-a");
  EXPECT_EQ(after->server, origin);
}

TEST(RefreshReply, NewRefreshTokenReplacesTheOldOne) {
  const auto after = refresh(R"({"access":"a2","refresh":"r2","refresh_expires_in":"50"})");
  ASSERT_TRUE(after);
  EXPECT_EQ(after->refresh, "r2");
  EXPECT_EQ(after->refresh_expires_at, now + 50);
}

TEST(RefreshReply, NewTeamOfTheAccountIsTaken) {
  EXPECT_EQ(refresh(R"({"access":"a2","team_slug":"team-b"})")->team_slug, "team-b");
  EXPECT_EQ(refresh(std::string(R"({"access":")") + jwt_without_claim + "\"}")->team_slug,
            "team-a");
}

TEST(RefreshReply, OnlyA401OfTheServerItselfEndsTheSession) {
  EXPECT_EQ(read_refresh_reply(token_answer(401, "{}"), before(), now).error().code,
            ec::login_required);
  for (const int status : {200, 302, 400, 401, 403, 404, 429, 500, 502})
    EXPECT_NE(
        read_refresh_reply(token_answer(status, "<html>", "text/html"), before(), now).error().code,
        ec::login_required)
        << status;
}

TEST(TeamSlugClaim, IsReadFromAJwtAndFromNothingElse) {
  EXPECT_EQ(claim_of(jwt_of_team_a, "team_slug"), "team-a");
  EXPECT_EQ(claim_of("x.eyJ0ZWFtX3NsdWciOiLEmCJ9.y", "team_slug"), "Ę"); // not padded, not ASCII
  EXPECT_EQ(claim_of("x.eyJ0ZWFtX3NsdWciOiJ0ZWFtLWEifQ==.y", "team_slug"), "team-a");
  for (const char* token :
       {"", ".", "..", "opaque", "a.b", jwt_without_claim, "a.!!!.c", "a.e30.c", "a.bm90IGpzb24.c",
        "a.W10.c", "a.eyJ0ZWFtX3NsdWciOjd9.c", "a.eyJ0ZWFtX3NsdWciOiL_In0.c"})
    EXPECT_EQ(claim_of(token, "team_slug"), std::nullopt) << token;
}

TEST(TokenBodies, AreJsonWhateverTheyHold) {
  EXPECT_EQ(login_body("ann\"", "p\\w\n", ""), R"({"username":"ann\"","password":"p\\w\n"})");
  EXPECT_EQ(refresh_body("r"), R"({"refresh":"r"})");
}

TEST(NextTokenStep, FollowsTheTable) {
  const auto session = [](std::int64_t access_left, std::int64_t refresh_left) {
    return credentials{"t", "r", now + access_left, now + refresh_left, "ann", "team-a", origin};
  };
  const struct {
    const char* what;
    std::optional<credentials> held;
    const char* failed;
    token_step expected;
  } cases[] = {
      {"nobody logged in", std::nullopt, "", token_step::log_in},
      {"good token", session(100, 1000), "", token_step::use},
      {"good token, another one failed", session(100, 1000), "old", token_step::use},
      {"the token failed", session(100, 1000), "t", token_step::refresh},
      {"the token failed, session over", session(100, 0), "t", token_step::log_in},
      {"token over", session(0, 1000), "", token_step::refresh},
      {"token long over", session(-5000, 1000), "", token_step::refresh},
      {"token ends on its way", session(expiry_margin_s, 1000), "", token_step::refresh},
      {"token just long enough", session(expiry_margin_s + 1, 1000), "", token_step::use},
      {"both over", session(-1, 0), "", token_step::log_in},
      {"session over but token good", session(100, -1), "", token_step::use},
  };
  for (const auto& test_case : cases)
    EXPECT_EQ(next_token_step(test_case.held, origin, test_case.failed, now), test_case.expected)
        << test_case.what;
}

TEST(NextTokenStep, NothingIsSentToAnotherOrigin) {
  credentials held = before();
  for (const char* other : {"https://a:444", "http://a:443", "https://b:443", ""})
    for (const char* failed : {"", "access-1"})
      EXPECT_EQ(next_token_step(held, other, failed, now), token_step::wrong_home) << other;
  held.server.clear();
  EXPECT_EQ(next_token_step(held, origin, "", now), token_step::wrong_home);
}

TEST(NextTokenStep, MissingTokensAreNeverSent) {
  credentials held = before();
  held.access_expires_at = now + 100;
  held.access.clear();
  EXPECT_EQ(next_token_step(held, origin, "", now), token_step::refresh);
  held.refresh.clear();
  EXPECT_EQ(next_token_step(held, origin, "", now), token_step::log_in);
}

} // namespace
} // namespace spec_kitty
