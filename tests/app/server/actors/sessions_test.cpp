// Logins, sessions and the withdrawal of access.
#include "service_fixture.hpp"

#include "app/server/core/session_tokens.hpp"
#include "tests/app/server/core/batch_fixture.hpp"

#include <algorithm>
#include <functional>
#include <future>
#include <thread>

namespace spec_kitty::server {
namespace {

using namespace std::chrono_literals;

class Sessions : public service_test {
protected:
  Sessions() {
    add_member("acme", "ann", role::member);
    start();
  }
  int clock_status(const std::string& bearer) {
    return ask("GET", "/api/v1/clock/", {{"authorization", "Bearer " + bearer}}).status;
  }
};

TEST_F(Sessions, ALoginGivesTokensThatWork) {
  const auto reply = try_login("ann", good_password);
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(text_in(reply, "team_slug"), "acme");
  EXPECT_EQ(text_in(reply, "role"), "member");
  EXPECT_TRUE(has_header(reply, "Cache-Control"));
  EXPECT_EQ(clock_status(text_in(reply, "access")), 200);
  EXPECT_EQ(clock_status(text_in(reply, "refresh")), 401) << "a refresh token opens nothing";
}

TEST_F(Sessions, AWrongPasswordAndAnUnknownAccountAreAnsweredAlike) {
  auto wrong = try_login("ann", "wrong password");
  auto unknown = try_login("nobody", "wrong password");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(unknown.status, 401);
  const auto without_id = [](std::string body) { return body.substr(0, body.find("request_id")); };
  EXPECT_EQ(without_id(wrong.body), without_id(unknown.body));
  EXPECT_EQ(wrong.headers.size(), unknown.headers.size());
}

TEST_F(Sessions, AnAccountOfSeveralTeamsNamesOne) {
  add_member("globex", "ann", role::reader);
  const auto reply = try_login("ann", good_password);
  EXPECT_EQ(reply.status, 409);
  EXPECT_EQ(text_in(reply, "error_code"), "team_required");
  EXPECT_NE(reply.body.find(R"("teams":["acme","globex"])"), std::string::npos) << reply.body;
  EXPECT_EQ(text_in(try_login("ann", good_password, "globex"), "role"), "reader");
  add_team("initech");
  const auto not_yours = try_login("ann", good_password, "initech");
  const auto not_there = try_login("ann", good_password, "no-such-team");
  EXPECT_EQ(not_yours.status, 403);
  EXPECT_EQ(not_there.status, 403);
  EXPECT_EQ(text_in(not_yours, "error"), text_in(not_there, "error"));
}

TEST_F(Sessions, ARefreshTokenIsUsedOnceAndReuseEndsTheFamily) {
  const auto first = log_in("ann");
  const auto renewed = refresh(first.refresh);
  ASSERT_EQ(renewed.status, 200) << renewed.body;
  EXPECT_EQ(clock_status(text_in(renewed, "access")), 200);
  EXPECT_EQ(clock_status(first.access), 200) << "it counts until it expires";
  const auto reused = refresh(first.refresh);
  EXPECT_EQ(reused.status, 401);
  EXPECT_EQ(text_in(reused, "error_code"), "session_reused");
  EXPECT_EQ(clock_status(text_in(renewed, "access")), 401);
  EXPECT_EQ(refresh(text_in(renewed, "refresh")).status, 401);
  const auto lines = accounts().read_audit(0, 1000, 0);
  ASSERT_TRUE(lines.ok());
  EXPECT_TRUE(std::any_of(lines->begin(), lines->end(),
                          [](const auto& line) { return line.action == "session.reused"; }));
}

TEST_F(Sessions, ATokenThatWasNeverGivenOutIsOver) {
  for (const std::string& token :
       {std::string("x"), make_refresh_token(std::string(26, '0'), std::string(32, 'x'))}) {
    const auto reply = refresh(token);
    EXPECT_EQ(reply.status, 401) << token;
    EXPECT_EQ(text_in(reply, "error_code"), "session_over");
  }
}

TEST_F(Sessions, AnAccessTokenEndsAfterAQuarterOfAnHour) {
  const auto tokens = log_in("ann");
  move_clocks(14min);
  EXPECT_EQ(clock_status(tokens.access), 200);
  move_clocks(1min);
  EXPECT_EQ(clock_status(tokens.access), 401);
  EXPECT_EQ(refresh(tokens.refresh).status, 200);
}

TEST_F(Sessions, ALoginWhoseReplyWasLostLeavesNoSessionAfterADay) {
  (void)log_in("ann");
  const auto used = log_in("ann");
  EXPECT_EQ(clock_status(used.access), 200);
  // That the session was used is noted by another thread.
  for (int i = 0; i < 200; ++i) {
    const auto all = accounts().sessions_of(users_["ann"].id);
    if (all && std::any_of(all->begin(), all->end(), [](const auto& s) { return s.last_used; }))
      break;
    std::this_thread::sleep_for(10ms);
  }
  move_clocks(24h);
  EXPECT_TRUE(accounts().expire_sessions(wall(), unused_session_s * 1'000'000).ok());
  const auto left = accounts().sessions_of(users_["ann"].id);
  ASSERT_TRUE(left.ok());
  EXPECT_EQ(std::count_if(left->begin(), left->end(), [](const auto& s) { return !s.ended; }), 1);
  EXPECT_EQ(refresh(used.refresh).status, 200);
}

TEST_F(Sessions, ALogoutEndsTheSessionWithEitherToken) {
  const auto by_refresh = log_in("ann");
  EXPECT_EQ(post("/api/v1/token/revoke/", R"({"refresh":")" + by_refresh.refresh + "\"}").status,
            200);
  EXPECT_EQ(refresh(by_refresh.refresh).status, 401);
  EXPECT_EQ(clock_status(by_refresh.access), 401);
  const auto by_access = log_in("ann");
  EXPECT_EQ(
      post("/api/v1/token/revoke/", "{}", {{"authorization", "Bearer " + by_access.access}}).status,
      200);
  EXPECT_EQ(clock_status(by_access.access), 401);
  EXPECT_EQ(post("/api/v1/token/revoke/", R"({"refresh":"x"})").status, 200);
}

TEST_F(Sessions, TheNameOfAFamilyAloneEndsNothing) {
  const auto tokens = log_in("ann");
  const auto family = family_of(tokens.refresh);
  ASSERT_TRUE(family);
  const std::string forged = make_refresh_token(*family, std::string(32, 'x'));
  EXPECT_EQ(post("/api/v1/token/revoke/", R"({"refresh":")" + forged + "\"}").status, 200);
  EXPECT_EQ(refresh(forged).status, 401);
  EXPECT_EQ(refresh(tokens.refresh).status, 200) << "a guess is not a reuse";
}

TEST_F(Sessions, AccessThatIsWithdrawnEndsWithinSeconds) {
  const struct {
    const char* what;
    std::function<void()> withdraw;
  } cases[] = {
      {"disabled",
       [this] { EXPECT_TRUE(accounts().set_disabled(users_["ann"].id, true, note()).ok()); }},
      {"removed",
       [this] {
         EXPECT_TRUE(accounts().remove_member(teams_["acme"].id, users_["ann"].id, note()).ok());
       }},
      {"another role", [this] { add_member("acme", "ann", role::reader); }},
  };
  for (const auto& test_case : cases) {
    EXPECT_TRUE(accounts().set_disabled(users_["ann"].id, false, note()).ok());
    add_member("acme", "ann", role::member);
    move_clocks(5s);
    const auto tokens = log_in("ann");
    EXPECT_EQ(clock_status(tokens.access), 200) << test_case.what;
    test_case.withdraw();
    move_clocks(5s);
    EXPECT_EQ(clock_status(tokens.access), 401) << test_case.what;
  }
}

TEST_F(Sessions, AMachineTokenIsABearerUntilItIsRevoked) {
  const std::string token = add_machine_token("acme", "ann");
  EXPECT_EQ(statuses(send_batch(token, {event_text()})), "success");
  EXPECT_EQ(clock_status(token), 200);
  const auto all = accounts().tokens();
  ASSERT_TRUE(all.ok());
  EXPECT_TRUE(accounts().revoke_token(all->front().id, note()).ok());
  move_clocks(5s);
  EXPECT_EQ(clock_status(token), 401);
  EXPECT_EQ(clock_status(make_machine_token(std::string(32, '?'))), 401);
}

TEST_F(Sessions, GuessingIsStoppedAfterFiveFailures) {
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(try_login("ann", "wrong password").status, 401);
  const auto refused = try_login("ann", good_password);
  EXPECT_EQ(refused.status, 429);
  EXPECT_TRUE(has_header(refused, "Retry-After"));
  EXPECT_EQ(try_login("ann", good_password, {}, "198.51.100.7").status, 200);
  move_clocks(61s);
  EXPECT_EQ(try_login("ann", good_password).status, 200);
}

TEST_F(Sessions, GuessesThatComeAtOnceAreCountedLikeOthers) {
  std::vector<std::future<int>> replies;
  for (int i = 0; i < 20; ++i)
    replies.push_back(std::async(std::launch::async,
                                 [this] { return try_login("ann", "wrong password").status; }));
  std::map<int, int> statuses;
  for (auto& reply : replies)
    ++statuses[reply.get()];
  EXPECT_EQ(statuses[401], 5);
  EXPECT_EQ(statuses[429], 15);
}

TEST_F(Sessions, TheOfferNamesTheCallerWithABearer) {
  const auto open = ask("GET", "/api/v1/");
  EXPECT_EQ(open.status, 200);
  EXPECT_EQ(ask("GET", "/api/v1/", {{"authorization", "Bearer x"}}).status, 200);
  EXPECT_EQ(open.body.find("account"), std::string::npos);
  const auto tokens = log_in("ann");
  const auto own = ask("GET", "/api/v1/", {{"authorization", "Bearer " + tokens.access}});
  EXPECT_NE(own.body.find(R"("account":{"username":"ann","team_slug":"acme","role":"member"})"),
            std::string::npos)
      << own.body;
}

TEST_F(Sessions, NothingSecretIsLogged) {
  const auto tokens = log_in("ann");
  (void)refresh(tokens.refresh);
  (void)send_batch(tokens.access, {event_text()}, {{"idempotency-key", id_of(77)}});
  (void)ask("GET", "/link/secret-of-a-link");
  const std::lock_guard hold(log_guard_);
  ASSERT_GE(log_.size(), 3U);
  std::string all;
  for (const std::string& line : log_)
    all += line + "\n";
  for (const std::string& secret : {tokens.access, tokens.refresh, std::string(good_password),
                                    std::string("WP01"), std::string("secret-of-a-link")})
    EXPECT_EQ(all.find(secret), std::string::npos) << all;
  EXPECT_NE(all.find("key=" + id_of(77)), std::string::npos) << all;
  EXPECT_NE(all.find("events=1 new=1 duplicate=0 rejected=0"), std::string::npos) << all;
  EXPECT_NE(all.find("account=ann team=acme"), std::string::npos) << all;
}

} // namespace
} // namespace spec_kitty::server
