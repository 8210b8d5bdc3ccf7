// A device login: asked for until a person has decided, whatever is lost on the way.
#include "tests/actors/fixture.hpp"

namespace spec_kitty {
namespace {

using namespace actor_test;

class DeviceLogin : public ActorTest {
protected:
  outcome<login_done> begin(std::chrono::seconds lifetime = 600s) {
    login_request asked;
    asked.device = {"device-code", 5s, lifetime};
    return ask_now<login_done>(auth_, asked);
  }
  /// What the server answers while nobody has decided.
  static http_reply refused(const std::string& error) {
    return answered(400, R"({"error":")" + error + R"(","error_description":"x"})");
  }
  static http_reply approved() {
    // The claims are {"sub":"ann"}.
    return answered(200, R"({"access":"e30.eyJzdWIiOiJhbm4ifQ.x","refresh":"refresh-1",)"
                         R"("team_slug":"team-a","role":"member"})");
  }
  void answer(http_reply reply) {
    network_->answer(std::move(reply));
    run();
  }

  auth_actor auth_ = start_auth(start_http(), start_queue());
};

TEST_F(DeviceLogin, WaitsForItsIntervalAndKeepsTheSession) {
  const auto done = begin();
  pass(4900ms, 100ms);
  EXPECT_TRUE(network_->requests.empty());
  pass(200ms, 100ms);
  ASSERT_EQ(network_->requests.size(), 1U);
  EXPECT_EQ(network_->requests[0].url, "https://a:443/api/v1/device/token");
  EXPECT_EQ(network_->requests[0].body,
            R"({"device_code":"device-code",)"
            R"("grant_type":"urn:ietf:params:oauth:grant-type:device_code"})");
  answer(refused("authorization_pending"));
  pass(5100ms, 100ms);
  answer(approved());
  ASSERT_TRUE(done.ok()) << done.message();
  EXPECT_EQ(done->username, "ann");
  EXPECT_EQ(done->team_slug, "team-a");
  EXPECT_EQ(session()->refresh, "refresh-1");
}

TEST_F(DeviceLogin, SlowsDownForGood) {
  const auto done = begin();
  pass(5100ms, 100ms);
  answer(refused("slow_down"));
  pass(9800ms, 100ms);
  EXPECT_EQ(network_->requests.size(), 1U);
  pass(400ms, 100ms);
  ASSERT_EQ(network_->requests.size(), 2U);
  answer(refused("authorization_pending"));
  pass(9800ms, 100ms);
  EXPECT_EQ(network_->requests.size(), 2U);
  pass(400ms, 100ms);
  EXPECT_EQ(network_->requests.size(), 3U);
  EXPECT_FALSE(done.there());
}

TEST_F(DeviceLogin, ALostReplyIsAskedForAgainWithTheSameCode) {
  const auto done = begin();
  for (const auto& lost : {not_answered(http_outcome::broken), answered(502, "<html>", "text/html"),
                           answered(503), answered(429)}) {
    for (int i = 0; i < 120 && network_->open.empty(); ++i)
      pass(1000ms, 1000ms);
    answer(lost);
    EXPECT_FALSE(done.there());
  }
  for (int i = 0; i < 120 && network_->open.empty(); ++i)
    pass(1000ms, 1000ms);
  EXPECT_NE(network_->requests.back().body.find("device-code"), std::string::npos);
  answer(approved());
  EXPECT_TRUE(done.ok());
}

TEST_F(DeviceLogin, EndsWhenItIsDeniedOrExpired) {
  for (const char* error : {"access_denied", "expired_token"}) {
    const auto done = begin();
    pass(5100ms, 100ms);
    answer(refused(error));
    EXPECT_EQ(done.code(), ec::login_refused) << error;
    EXPECT_FALSE(session());
  }
}

TEST_F(DeviceLogin, EndsThoughTheServerNeverAnswers) {
  const auto done = begin(60s);
  for (int i = 0; i < 600 && !done.there(); ++i) {
    pass(1000ms, 1000ms);
    if (!network_->open.empty())
      answer(not_answered(http_outcome::broken));
  }
  EXPECT_EQ(done.code(), ec::login_refused);
}

TEST_F(DeviceLogin, IsAnsweredWhenAuthDies) {
  const auto done = begin();
  kill(auth_);
  EXPECT_EQ(done.code(), ec::stopping);
}

} // namespace
} // namespace spec_kitty
