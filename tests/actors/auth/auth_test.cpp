// AUTH: the session, refreshed once however many ask, and never shown to another server.
#include "tests/actors/fixture.hpp"

namespace spec_kitty {
namespace {

using namespace actor_test;
using support::write_text;

class Auth : public ActorTest {
protected:
  outcome<access_token> ask_token(const std::string& failed = "") {
    return ask_now<access_token>(auth_, token_request{failed});
  }
  outcome<login_done> log_in(bool adopt_local = false) {
    return ask_now<login_done>(auth_, login_request{"ann", "s3cret", adopt_local});
  }
  void answer(http_reply reply) {
    network_->answer(std::move(reply));
    run();
  }
  std::string path_of(std::size_t request) const {
    const auto& url = network_->requests.at(request).url;
    return url.substr(url.find("/api"));
  }

  queue_actor queue_ = start_queue();
  http_actor http_ = start_http();
  auth_actor auth_ = start_auth(http_, queue_);
};

TEST_F(Auth, LoginKeepsAPrivateSessionBoundToTheOrigin) {
  const auto done = log_in();
  ASSERT_EQ(network_->requests.size(), 1U);
  const auto& request = network_->requests[0];
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://a:443/api/v1/token/");
  EXPECT_EQ(request.body, R"({"username":"ann","password":"s3cret"})");
  EXPECT_EQ(header_of(request, "Content-Type"), "application/json");
  EXPECT_EQ(header_of(request, "Authorization"), "");
  EXPECT_EQ(request.timeout, 2s);

  answer(tokens("access-1", "refresh-1"));
  ASSERT_TRUE(done.ok()) << done.message();
  EXPECT_EQ(done->username, "ann");
  EXPECT_EQ(done->team_slug, "team-a");
  ASSERT_TRUE(session());
  EXPECT_EQ(session()->access, "access-1");
  EXPECT_EQ(session()->server, "https://a:443");
  EXPECT_EQ(session()->access_expires_at, now_ / 1'000'000 + 900);
  EXPECT_EQ(fs::status(home_ / "credentials").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(Auth, FirstLoginAdoptsWhatWasEmittedBefore) {
  append(queue_, 3, "local");
  const auto done = log_in();
  answer(tokens("access-1", "refresh-1"));
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(done->adopted, 3U);
  EXPECT_EQ(done->left_local, 0U);
  EXPECT_EQ(ask_now<due_count>(queue_, due_request{"team-a"})->due, 3U);
}

TEST_F(Auth, AnotherAccountAdoptsOnlyOnRequest) {
  log_in();
  answer(tokens("access-1", "refresh-1"));
  append(queue_, 2, "local");
  const auto other = ask_now<login_done>(auth_, login_request{"bob", "x", false});
  answer(tokens("access-2", "refresh-2", "team-b"));
  EXPECT_EQ(other->adopted, 0U);
  EXPECT_EQ(other->left_local, 2U);
  const auto done = ask_now<login_done>(auth_, login_request{"bob", "x", true});
  answer(tokens("access-3", "refresh-3", "team-b"));
  EXPECT_EQ(done->adopted, 2U);
}

TEST_F(Auth, LoginWithoutATeamAdoptsNothing) {
  append(queue_, 1, "local");
  const auto done = log_in();
  answer(tokens("opaque", "refresh-1", ""));
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(done->team_slug, "");
  EXPECT_EQ(done->adopted, 0U);
}

TEST_F(Auth, RefusedLoginKeepsTheSessionThatWas) {
  log_in_as("access-1");
  const auto done = log_in();
  answer(answered(401));
  EXPECT_EQ(done.code(), ec::login_refused);
  EXPECT_EQ(done.message().find("s3cret"), std::string::npos);
  EXPECT_EQ(session()->access, "access-1");
}

TEST_F(Auth, LoginThatMeetsNoServerIsTransportFailure) {
  for (const auto& reply : {not_answered(http_outcome::unreachable), answered(302),
                            answered(200, "<html>", "text/html"), answered(500)}) {
    const auto done = log_in();
    answer(reply);
    EXPECT_EQ(done.code(), ec::transport);
    EXPECT_FALSE(session());
  }
}

TEST_F(Auth, LoginIsAnsweredThoughTheStoreCannotAdopt) {
  kill(queue_);
  const auto done = log_in();
  answer(tokens("access-1", "refresh-1"));
  EXPECT_TRUE(done.there());
  EXPECT_FALSE(done.ok());
  EXPECT_TRUE(session()); // the login itself was good
}

TEST_F(Auth, LoginUnderWayIsAnsweredWhenAuthDies) {
  const auto done = log_in();
  kill(auth_);
  EXPECT_EQ(done.code(), ec::stopping);
}

TEST_F(Auth, LoginUnderWayIsAnsweredWhenHttpDies) {
  const auto done = log_in();
  kill(http_);
  EXPECT_TRUE(done.there());
  EXPECT_FALSE(done.ok());
}

TEST_F(Auth, LogoutClearsTheSessionAtOnceAndEndsItAtTheServer) {
  log_in_as("access-1");
  const auto done = ask_now<logout_done>(auth_, logout_request{});
  EXPECT_FALSE(session()) << "before the server is asked";
  ASSERT_EQ(network_->requests.size(), 1U);
  EXPECT_EQ(path_of(0), "/api/v1/token/revoke/");
  EXPECT_EQ(header_of(network_->requests[0], "Authorization"), "Bearer access-1");
  answer(answered(200));
  EXPECT_TRUE(done->was_logged_in);
  EXPECT_TRUE(done->revoked);
  EXPECT_EQ(ask_token().code(), ec::login_required);
}

TEST_F(Auth, LogoutReportsWhatTheServerDidNotRevoke) {
  for (const auto& reply : {answered(503), answered(200, "<html>", "text/html")}) {
    log_in_as("access-1");
    const auto done = ask_now<logout_done>(auth_, logout_request{});
    answer(reply);
    EXPECT_TRUE(done->was_logged_in);
    EXPECT_FALSE(done->revoked);
    EXPECT_FALSE(done->not_revoked.empty());
    EXPECT_FALSE(session());
  }
}

TEST_F(Auth, LogoutWithoutASessionAsksNoServer) {
  EXPECT_FALSE(ask_now<logout_done>(auth_, logout_request{})->was_logged_in);
  EXPECT_TRUE(network_->requests.empty());
}

TEST_F(Auth, GoodTokenIsGivenWithoutARequest) {
  log_in_as("access-1");
  const auto token = ask_token();
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(token->access, "access-1");
  EXPECT_EQ(token->team_slug, "team-a");
  EXPECT_TRUE(network_->requests.empty());
}

TEST_F(Auth, TokenNeverGoesToAnotherOrigin) {
  log_in_as("access-1", "refresh-1", "https://b:443");
  for (const char* failed : {"", "access-1"}) {
    const auto token = ask_token(failed);
    EXPECT_EQ(token.code(), ec::login_required);
    EXPECT_EQ(token.message().find("access-1"), std::string::npos);
  }
  EXPECT_TRUE(network_->requests.empty());
}

TEST_F(Auth, RefusedTokenIsRefreshed) {
  log_in_as("access-1");
  const auto token = ask_token("access-1");
  ASSERT_EQ(network_->requests.size(), 1U);
  EXPECT_EQ(path_of(0), "/api/v1/token/refresh/");
  EXPECT_EQ(network_->requests[0].body, R"({"refresh":"refresh-1"})");
  answer(tokens("access-2", "refresh-2"));
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(token->access, "access-2");
  EXPECT_EQ(session()->refresh, "refresh-2");
}

TEST_F(Auth, TokenThatIsOverIsRefreshedBeforeItIsSent) {
  log_in_as("access-1");
  now_ += std::int64_t{900} * 1'000'000;
  const auto token = ask_token();
  ASSERT_EQ(network_->requests.size(), 1U);
  answer(tokens("access-2", "refresh-2"));
  EXPECT_EQ(token->access, "access-2");
}

TEST_F(Auth, SessionThatIsOverNeedsALoginWithoutARequest) {
  log_in_as("access-1");
  now_ += std::int64_t{604'800} * 1'000'000;
  EXPECT_EQ(ask_token().code(), ec::login_required);
  EXPECT_TRUE(network_->requests.empty());
}

TEST_F(Auth, ManyRequestsShareOneRefresh) {
  log_in_as("access-1");
  std::vector<outcome<access_token>> open;
  for (int i = 0; i < 20; ++i)
    open.push_back(ask_token("access-1"));
  answer(tokens("access-2", "refresh-2"));
  for (const auto& pending : open)
    EXPECT_EQ(pending->access, "access-2");
  EXPECT_EQ(network_->requests.size(), 1U);
}

TEST_F(Auth, TwoProcessesOfOneHomeShareOneRefresh) {
  log_in_as("access-1");
  const auto other = start_auth(http_, queue_); // its own lock, as another process would have
  const auto first = ask_token("access-1");
  const auto second = ask_now<access_token>(other, token_request{"access-1"});
  pass(200ms);
  EXPECT_EQ(network_->requests.size(), 1U);
  EXPECT_FALSE(second.there());
  answer(tokens("access-2", "refresh-2"));
  pass(200ms);
  EXPECT_EQ(first->access, "access-2");
  EXPECT_EQ(second->access, "access-2");
  EXPECT_EQ(network_->requests.size(), 1U);
}

TEST_F(Auth, ReadersDoNotWaitForARefreshElsewhere) {
  log_in_as("access-1");
  const auto other = start_auth(http_, queue_);
  ask_token("access-1");
  EXPECT_TRUE(ask_now<access_token>(other, token_request{}).ok());
}

TEST_F(Auth, RefreshLockOfAnotherProcessIsWaitedForAtMostTheTimeout) {
  log_in_as("access-1");
  auto held = file_lock::take(home_ / "refresh.lock", 0ms);
  ASSERT_TRUE(held && *held);
  const auto token = ask_token("access-1");
  pass(1900ms);
  EXPECT_FALSE(token.there());
  pass(200ms);
  EXPECT_EQ(token.code(), ec::transport);
  EXPECT_TRUE(network_->requests.empty());
  EXPECT_TRUE(session()); // nothing is known against it

  held->reset(); // and the next one asks
  const auto next = ask_token("access-1");
  answer(tokens("access-2", "refresh-2"));
  EXPECT_EQ(next->access, "access-2");
}

TEST_F(Auth, SessionRenewedWhileWaitingForTheLockIsTaken) {
  log_in_as("access-1");
  auto held = file_lock::take(home_ / "refresh.lock", 0ms);
  const auto token = ask_token("access-1");
  pass(100ms);
  log_in_as("access-2", "refresh-2");
  held->reset();
  pass(100ms);
  EXPECT_EQ(token->access, "access-2");
  EXPECT_TRUE(network_->requests.empty());
}

TEST_F(Auth, LogoutWhileWaitingForTheLockEndsTheWait) {
  log_in_as("access-1");
  auto held = file_lock::take(home_ / "refresh.lock", 0ms);
  const auto token = ask_token("access-1");
  ask_now<logout_done>(auth_, logout_request{});
  held->reset();
  pass(100ms);
  EXPECT_EQ(token.code(), ec::login_required);
  EXPECT_TRUE(network_->requests.empty());
}

TEST_F(Auth, RefusedRefreshEndsTheSession) {
  log_in_as("access-1");
  const auto token = ask_token("access-1");
  answer(answered(401));
  EXPECT_EQ(token.code(), ec::login_required);
  EXPECT_FALSE(session());
}

TEST_F(Auth, RefusalClearsOnlyWhatIsStillCurrent) {
  log_in_as("access-1");
  const auto token = ask_token("access-1");
  log_in_as("fresh", "fresh-refresh"); // a login elsewhere, while the old session is refused
  answer(answered(401));
  EXPECT_EQ(token->access, "fresh");
  EXPECT_EQ(session()->refresh, "fresh-refresh");
}

TEST_F(Auth, LateRefreshDoesNotOverwriteANewerLogin) {
  log_in_as("access-1");
  const auto token = ask_token("access-1");
  log_in_as("fresh", "fresh-refresh");
  answer(tokens("access-2", "refresh-2"));
  EXPECT_EQ(token->access, "fresh");
  EXPECT_EQ(session()->refresh, "fresh-refresh");
}

TEST_F(Auth, LateRefreshDoesNotUndoALogout) {
  log_in_as("access-1");
  const auto token = ask_token("access-1");
  ask_now<logout_done>(auth_, logout_request{});
  answer(tokens("access-2", "refresh-2"));
  EXPECT_EQ(token.code(), ec::login_required);
  EXPECT_FALSE(session());
}

TEST_F(Auth, LogoutDoesNotWaitForARefreshOfItsOwn) {
  log_in_as("access-1");
  const auto token = ask_token("access-1");
  const auto began = std::chrono::steady_clock::now();
  const auto done = ask_now<logout_done>(auth_, logout_request{});
  EXPECT_LT(std::chrono::steady_clock::now() - began, 700ms) << "it would wait for itself";
  EXPECT_TRUE(done->was_logged_in);
  EXPECT_FALSE(done->revoked) << "the refresh is using the token up";
}

TEST_F(Auth, LoginToAnotherServerInMidRefreshIsNotSentHere) {
  log_in_as("access-1");
  const auto token = ask_token("access-1");
  log_in_as("fresh", "fresh-refresh", "https://b:443");
  answer(answered(401));
  EXPECT_EQ(token.code(), ec::login_required);
  EXPECT_EQ(session()->access, "fresh");
}

TEST_F(Auth, TransportFailureKeepsTheSession) {
  for (const auto& reply :
       {not_answered(http_outcome::timed_out), answered(302), answered(403), answered(404),
        answered(500), answered(200, "<html>", "text/html"), answered(200, "{")}) {
    log_in_as("access-1");
    const auto token = ask_token("access-1");
    answer(reply);
    EXPECT_TRUE(token.there());
    EXPECT_FALSE(token.ok());
    EXPECT_NE(token.code(), ec::login_required) << reply.status;
    ASSERT_TRUE(session());
    EXPECT_EQ(session()->refresh, "refresh-1");
  }
}

TEST_F(Auth, RefreshLockIsFreeAfterEveryEnding) {
  for (const auto& reply : {tokens("access-2", "refresh-2"), answered(401), answered(500)}) {
    log_in_as("access-1");
    ask_token("access-1");
    answer(reply);
    const auto lock = file_lock::take(home_ / "refresh.lock", 0ms);
    EXPECT_TRUE(lock && *lock) << reply.status;
  }
}

TEST_F(Auth, WaitingRequestsAreAnsweredAndTheLockIsFreeWhenItDies) {
  log_in_as("access-1");
  const auto token = ask_token("access-1");
  kill(auth_);
  EXPECT_EQ(token.code(), ec::stopping);
  const auto lock = file_lock::take(home_ / "refresh.lock", 0ms);
  EXPECT_TRUE(lock && *lock);
}

TEST_F(Auth, WaitingRequestsAreAnsweredWhenHttpDies) {
  log_in_as("access-1");
  const auto token = ask_token("access-1");
  kill(http_);
  EXPECT_TRUE(token.there());
  EXPECT_FALSE(token.ok());
  EXPECT_TRUE(session());
}

TEST_F(Auth, DamagedCredentialsAreNamed) {
  fs::create_directories(home_);
  write_text(home_ / "credentials", "[tokens\n");
  EXPECT_EQ(ask_token().code(), ec::bad_config);
  EXPECT_TRUE(network_->requests.empty());
}

TEST_F(Auth, NoFailureShowsAToken) {
  log_in_as("access-1", "refresh-1");
  for (const auto& reply : {answered(401, R"({"detail":"refresh-1 is dead"})"), answered(500),
                            answered(200, "refresh-1", "text/html")}) {
    log_in_as("access-1", "refresh-1");
    const auto token = ask_token("access-1");
    answer(reply);
    EXPECT_EQ(token.message().find("refresh-1"), std::string::npos);
    EXPECT_EQ(token.message().find("access-1"), std::string::npos);
  }
}

} // namespace
} // namespace spec_kitty
