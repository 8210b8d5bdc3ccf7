// The dev-server's sessions: logins, tokens, and which calls need them.
#include "dev_server_fixture.hpp"

#include <algorithm>

namespace spec_kitty::dev_server {
namespace {

TEST_F(DevServer, RefusesAWrongPassword) {
  EXPECT_EQ(post("/api/v1/token/", R"({"username":"dev","password":"no"})").status, 401);
  EXPECT_EQ(post("/api/v1/token/", R"({"username":"dev"})").status, 400);
  EXPECT_EQ(post("/api/v1/token/", "not json").status, 400);
  EXPECT_EQ(send({"POST", "/api/v1/token/", {}, "{}"}).status, 415);
}

TEST_F(DevServer, AnswersALoginWithEverythingAClientNeeds) {
  const auto reply = log_in();
  EXPECT_EQ(text_of(reply, "team_slug"), "dev-team");
  EXPECT_EQ(whole_number_of(reply, "access_lifetime"), 900);
  EXPECT_EQ(whole_number_of(reply, "refresh_lifetime"), 604800);
  EXPECT_EQ(std::count(access_.begin(), access_.end(), '.'), 2) << "the shape of a JWT";
}

TEST_F(DevServer, AcceptsARefreshTokenOnce) {
  const auto first = log_in();
  const std::string body = R"({"refresh":")" + *text_of(first, "refresh") + "\"}";
  const auto second = post("/api/v1/token/refresh/", body);
  EXPECT_EQ(second.status, 200);
  EXPECT_NE(text_of(*parse_json(second.body), "refresh"), text_of(first, "refresh"));
  EXPECT_EQ(post("/api/v1/token/refresh/", body).status, 401);
}

TEST_F(DevServer, KeepsTheRefreshTokenWhereItDoesNotRotate) {
  boot({900, 604800, false});
  const auto first = log_in();
  const std::string body = R"({"refresh":")" + *text_of(first, "refresh") + "\"}";
  EXPECT_FALSE(text_of(*parse_json(post("/api/v1/token/refresh/", body).body), "refresh"));
  EXPECT_EQ(post("/api/v1/token/refresh/", body).status, 200);
}

TEST_F(DevServer, RefusesAnExpiredToken) {
  const auto reply = log_in();
  const http_request clock{"GET", "/api/v1/clock/", {}, {}};
  EXPECT_EQ(send(clock, start + 899).status, 200);
  EXPECT_EQ(send(clock, start + 900).status, 401);
  const std::string body = R"({"refresh":")" + *text_of(reply, "refresh") + "\"}";
  EXPECT_EQ(post("/api/v1/token/refresh/", body, start + 604800).status, 401);
}

TEST_F(DevServer, AsksForABearerEverywhereButAtTheTokenCalls) {
  for (const char* path : {"/api/v1/ws-token/", "/api/v1/events/batch/"})
    EXPECT_EQ(post(path, "{}").status, 401) << path;
  for (const char* path : {"/api/v1/clock/", "/api/v1/events/"})
    EXPECT_EQ(send({"GET", path, {}, {}}).status, 401) << path;
  EXPECT_EQ(send({"GET", "/api/v1/clock/", {{"authorization", "Bearer a.b.c"}}, {}}).status, 401);
}

TEST_F(DevServer, NamesTheMethodThatAPathAnswers) {
  const auto reply = send({"GET", "/api/v1/token/", {}, {}});
  EXPECT_EQ(reply.status, 405);
  ASSERT_EQ(reply.headers.size(), 1U);
  EXPECT_EQ(reply.headers[0].second, "POST");
  EXPECT_EQ(send({"GET", "/api/v1/token", {}, {}}).status, 404);
}

TEST_F(DevServer, HandsOutNoTokenThatItCouldNotSave) {
  save_result_ = failure{ec::store_full, "disk full", {}};
  EXPECT_EQ(
      post("/api/v1/token/", R"({"username":"dev","password":")" + login_.password + "\"}").status,
      500);
}

TEST_F(DevServer, KeepsSessionsAndPasswordOverARestart) {
  log_in();
  const std::string password = login_.password;
  boot();
  EXPECT_EQ(login_.password, password);
  EXPECT_EQ(send({"GET", "/api/v1/clock/", {}, {}}).status, 200);
}

} // namespace
} // namespace spec_kitty::dev_server
