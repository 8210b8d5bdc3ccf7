// The key of a refresh: on the disk before anything is asked, and the same until an answer came.
#include "actors/http/kept_offer.hpp"
#include "messages/event.hpp"
#include "tests/actors/fixture.hpp"

namespace spec_kitty {
namespace {

using namespace actor_test;

class RefreshKey : public ActorTest {
protected:
  void offer(std::vector<std::string> capabilities) const {
    kept_offer kept;
    kept.origin = "https://a:443";
    kept.ask_again_at = now_ + 3'600'000'000;
    kept.offer.capabilities = std::move(capabilities);
    keep_offer(home_, kept);
  }
  outcome<access_token> ask_token(const std::string& failed = "access-1") {
    return ask_now<access_token>(auth_, token_request{failed});
  }
  void answer(http_reply reply) {
    network_->answer(std::move(reply));
    run();
  }
  std::string last_key() const { return header_of(network_->requests.back(), "Idempotency-Key"); }

  http_actor http_ = start_http();
  auth_actor auth_ = start_auth(http_, start_queue());
};

TEST_F(RefreshKey, StandsBesideTheTokensBeforeTheServerIsAsked) {
  log_in_as("access-1");
  offer({"idempotent_refresh"});
  const auto token = ask_token();
  ASSERT_EQ(network_->requests.size(), 1U);
  EXPECT_TRUE(is_ulid(last_key()));
  EXPECT_EQ(session()->refresh_key, last_key());
  EXPECT_EQ(session()->refresh, "refresh-1");
  EXPECT_EQ(fs::status(home_ / "credentials").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  answer(tokens("access-2", "refresh-2"));
  EXPECT_EQ(token->access, "access-2");
  EXPECT_EQ(session()->refresh_key, "");
}

TEST_F(RefreshKey, IsUsedByTheVeryFirstRefreshAtAServer) {
  log_in_as("access-1");
  fs::remove(home_ / "server.json");
  const auto token = ask_token();
  ASSERT_EQ(network_->requests.size(), 1U);
  EXPECT_TRUE(network_->requests.back().url.ends_with("/api/v1/")) << "what does it offer?";
  answer(answered(200, R"({"capabilities":["idempotent_refresh"]})"));
  ASSERT_EQ(network_->requests.size(), 2U);
  EXPECT_TRUE(is_ulid(last_key()));
  EXPECT_EQ(session()->refresh_key, last_key());
  answer(tokens("access-2", "refresh-2"));
  EXPECT_EQ(token->access, "access-2");
}

TEST_F(RefreshKey, IsNotNeededForARefreshWhereTheOfferDoesNotCome) {
  log_in_as("access-1");
  fs::remove(home_ / "server.json");
  const auto token = ask_token();
  answer(not_answered(http_outcome::timed_out));
  ASSERT_EQ(network_->requests.size(), 2U);
  EXPECT_EQ(last_key(), "");
  answer(tokens("access-2", "refresh-2"));
  EXPECT_EQ(token->access, "access-2");
}

TEST_F(RefreshKey, IsTheSameAfterEveryReplyThatDidNotAnswer) {
  log_in_as("access-1");
  offer({"idempotent_refresh"});
  std::string first;
  for (const auto& lost :
       {not_answered(http_outcome::broken), not_answered(http_outcome::timed_out), answered(500),
        answered(502, "<html>", "text/html"), answered(200, "{"),
        answered(401, "<html>", "text/html")}) {
    const auto token = ask_token();
    first = first.empty() ? last_key() : first;
    EXPECT_EQ(last_key(), first);
    answer(lost);
    EXPECT_EQ(token.code(), ec::transport);
    EXPECT_EQ(session()->refresh_key, first);
  }
  ask_token();
  answer(tokens("access-2", "refresh-2"));
  ask_token("access-2");
  EXPECT_NE(last_key(), first) << "a key is of one use of one token";
}

TEST_F(RefreshKey, IsKeptThoughTheProcessDiesAndTheServerIsAskedByAnother) {
  log_in_as("access-1");
  offer({"idempotent_refresh"});
  ask_token();
  const std::string first = last_key();
  kill(auth_);
  const auto other = start_auth(http_, start_queue());
  ask_now<access_token>(other, token_request{"access-1"});
  EXPECT_EQ(last_key(), first);
}

TEST_F(RefreshKey, IsDrawnForNoServerThatDoesNotHonourIt) {
  log_in_as("access-1");
  for (const auto& offered : {std::vector<std::string>{}, std::vector<std::string>{"resume"}}) {
    offer(offered);
    ask_token();
    EXPECT_EQ(last_key(), "");
    EXPECT_EQ(session()->refresh_key, "");
    answer(answered(500));
  }
}

TEST_F(RefreshKey, GoesOnWithAServerThatIsKnownToHaveHonouredIt) {
  log_in_as("access-1");
  offer({"idempotent_refresh"});
  ask_token();
  const std::string first = last_key();
  answer(not_answered(http_outcome::broken));
  forget_offer(home_, "https://a:443");
  ask_token();
  EXPECT_EQ(last_key(), first);
}

TEST_F(RefreshKey, GoesWithASessionThatIsRefused) {
  log_in_as("access-1");
  offer({"idempotent_refresh"});
  const auto token = ask_token();
  answer(answered(401, R"({"error":"over","error_code":"session_over"})"));
  EXPECT_EQ(token.code(), ec::login_required);
  EXPECT_FALSE(session());
}

TEST_F(RefreshKey, AReusedSessionIsNamedAsOne) {
  log_in_as("access-1");
  const auto token = ask_token();
  answer(answered(401, R"({"error":"over","error_code":"session_reused"})"));
  EXPECT_EQ(token.code(), ec::login_required);
  EXPECT_NE(token.message().find("used twice"), std::string::npos) << token.message();
  EXPECT_FALSE(session());
}

TEST_F(RefreshKey, ALoginInBetweenIsNotOverwritten) {
  log_in_as("access-1");
  offer({"idempotent_refresh"});
  ask_token();
  log_in_as("fresh", "fresh-refresh");
  answer(not_answered(http_outcome::broken));
  EXPECT_EQ(session()->refresh_key, "");
  EXPECT_EQ(session()->refresh, "fresh-refresh");
}

} // namespace
} // namespace spec_kitty
