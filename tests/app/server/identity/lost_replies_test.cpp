// Lost replies: whatever is lost between the client and the server, the same session continues.
#include "actors/http/kept_offer.hpp"
#include "app/server/core/session_tokens.hpp"
#include "tests/actors/fixture.hpp"
#include "tests/app/server/actors/service_fixture.hpp"

#include <random>

#ifndef SPEC_KITTY_LOST_REPLIES
#define SPEC_KITTY_LOST_REPLIES 50 // a quick form; the long one has 1,000
#endif

namespace spec_kitty::server {
namespace {

using namespace std::chrono_literals;

/// A home whose network is the test.
class home : public actor_test::ActorTest {
public:
  home() : queue_(start_queue()), http_(start_http()), auth_(start_auth(http_, queue_)) {}
  /// What the home knows of the server.
  void learn_offer() {
    kept_offer kept;
    kept.origin = "https://a:443";
    kept.ask_again_at = first_offer_ends;
    kept.offer.capabilities = {"idempotent_refresh"};
    keep_offer(home_, kept);
  }
  void TestBody() override {}

  using ActorTest::log_in_as;
  using ActorTest::pass;
  using ActorTest::run;
  using ActorTest::session;

  actor_test::outcome<access_token> ask_token(const std::string& failed) {
    return ask_now<access_token>(auth_, token_request{failed});
  }
  actor_test::outcome<login_done> wait_for_device(const std::string& code) {
    login_request asked;
    asked.device = {code, 5s, 600s};
    return ask_now<login_done>(auth_, asked);
  }
  /// AUTH ends, as when its process is killed, and another one begins.
  void restart() {
    kill(auth_);
    auth_ = start_auth(http_, queue_);
  }
  void set_time(epoch_us now) { now_ = now; }
  actor_test::network& wire() { return *network_; }

private:
  static constexpr epoch_us first_offer_ends = 4'000'000'000'000'000;
  queue_actor queue_;
  http_actor http_;
  auth_actor auth_;
};

class LostReplies : public service_test {
protected:
  LostReplies() {
    add_member("acme", "ann", role::member);
    start();
  }
  /// Brings the oldest open request to the server. The reply is lost where the test says so.
  int carry(bool lost) {
    const http_request request = home_.wire().open.front().request;
    asked_headers headers = {{"content-type", "application/json"}};
    if (const auto key = actor_test::header_of(request, "Idempotency-Key"); !key.empty())
      headers.push_back({"idempotency-key", key});
    const auto reply =
        ask(request.method, request.url.substr(request.url.find("/api")), headers, request.body);
    home_.wire().answer(lost ? actor_test::not_answered(http_outcome::broken)
                             : actor_test::answered(reply.status, reply.body));
    home_.run();
    return reply.status;
  }
  void sleep(std::chrono::seconds time) {
    move_clocks(time);
    home_.set_time(wall());
  }
  bool is_good(const std::string& access) {
    return ask("GET", "/api/v1/clock/", {{"authorization", "Bearer " + access}}).status == 200;
  }

  home home_;
  std::mt19937 random_{20261201};
};

TEST_F(LostReplies, OfRefreshesCostNoSession) {
  const auto first = log_in("ann");
  home_.set_time(wall());
  home_.log_in_as(first.access, first.refresh);
  home_.learn_offer();
  const auto family = family_of(first.refresh);
  std::string access = first.access;
  for (int lost = 0; lost < SPEC_KITTY_LOST_REPLIES;) {
    sleep(lost % 7 == 0 ? 8h : 20min);
    for (bool answered = false; !answered;) {
      const auto token = home_.ask_token(access);
      ASSERT_EQ(home_.wire().open.size(), 1U);
      const bool loses = random_() % 3 != 0 && lost < SPEC_KITTY_LOST_REPLIES;
      lost += loses ? 1 : 0;
      ASSERT_EQ(carry(loses), 200) << "after " << lost << " lost replies";
      answered = !loses;
      if (answered) {
        ASSERT_TRUE(token.ok()) << token.message();
        access = token->access;
      } else if (random_() % 4 == 0) {
        home_.restart();
      } else if (random_() % 4 == 0) {
        sleep(8h);
      }
    }
    ASSERT_TRUE(home_.session());
    ASSERT_EQ(family_of(home_.session()->refresh), family);
    ASSERT_TRUE(is_good(access));
  }
  const auto sessions = accounts().sessions_of(users_["ann"].id);
  ASSERT_TRUE(sessions.ok());
  EXPECT_EQ(sessions->size(), 1U) << "no session was opened in its place";
  EXPECT_FALSE(sessions->front().ended);
}

TEST_F(LostReplies, OfDeviceLoginsOpenOneSession) {
  home_.set_time(wall());
  for (int round = 0; round < SPEC_KITTY_LOST_REPLIES / 5; ++round) {
    const auto code = post("/api/v1/device/code", R"({"client":"test","host":"laptop"})");
    ASSERT_EQ(code.status, 200) << code.body;
    std::string letters = text_in(code, "user_code");
    letters.erase(4, 1);
    ASSERT_TRUE(
        accounts()
            .decide_device_login(sha256(letters), true, users_["ann"].id, teams_["acme"].id, note())
            .ok());
    const auto done = home_.wait_for_device(text_in(code, "device_code"));
    for (int lost = 0; lost < 6; ++lost) {
      for (int i = 0; i < 120 && home_.wire().open.empty(); ++i)
        home_.pass(1000ms, 1000ms);
      ASSERT_EQ(home_.wire().open.size(), 1U);
      EXPECT_EQ(carry(lost < 5), 200);
    }
    ASSERT_TRUE(done.ok()) << done.message();
    EXPECT_EQ(done->username, "ann");
    ASSERT_TRUE(is_good(home_.session()->access));
    const auto sessions = accounts().sessions_of(users_["ann"].id);
    EXPECT_EQ(sessions->size(), static_cast<std::size_t>(round) + 1);
  }
}

} // namespace
} // namespace spec_kitty::server
