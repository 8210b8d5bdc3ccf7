// Which token goes to which server: accounts, teams, origins, logout.
#include "config/credentials.hpp"
#include "tests/support/hostile.hpp"

#include <algorithm>

namespace spec_kitty::support {
namespace {

using std::chrono::seconds;

struct Accounts : hostile_test {};

// A failure of the older tool: a token issued by server A went to server B in clear text.
TEST_F(Accounts, ATokenGoesOnlyToTheOriginThatIssuedIt) {
  be_logged_in();
  const auto ids = record(2);
  const auto nothing_elsewhere = [&] {
    EXPECT_EQ(counted("elsewhere"), 0);
    EXPECT_FALSE(member(peer.state(), "elsewhere_authorized")->GetBool());
  };
  for (const char* redirect : {"redirect_302", "redirect_307", "redirect_308"}) {
    peer.fault(redirect);
    sync(4);
  }
  peer.fault("refresh_redirect");
  sync(4);
  nothing_elsewhere();
  peer.well();
  EXPECT_EQ(cli({"sync", "server", peer.elsewhere()}).status, 0);
  EXPECT_EQ(error_part(sync(3), "code"), "login_required");
  EXPECT_EQ(cli({"clock", "reconcile"}).status, 3);
  nothing_elsewhere();
  EXPECT_EQ(cli({"sync", "server", peer.url()}).status, 0);
  sync();
  expect_delivered(ids);
}

TEST_F(Accounts, LogoutAtAnotherServersUrlSendsTheTokenNowhere) {
  be_logged_in();
  EXPECT_EQ(cli({"sync", "server", peer.elsewhere()}).status, 0);
  const auto answer = json_of({"auth", "logout"});
  EXPECT_FALSE(member(answer, "revoked")->GetBool());
  EXPECT_NE(text_of(answer, "not_revoked").value_or(""), "");
  EXPECT_EQ(counted("elsewhere"), 0);
  EXPECT_FALSE(std::filesystem::exists(home() / "credentials"));
}

TEST_F(Accounts, LogoutRevokesAtTheServerAndReportsIt) {
  be_logged_in();
  const auto session = read_credentials(home());
  ASSERT_TRUE(session && *session);
  peer.reset_counters();
  const auto answer = json_of({"auth", "logout"});
  EXPECT_TRUE(member(answer, "was_logged_in")->GetBool());
  EXPECT_TRUE(member(answer, "cleared")->GetBool());
  EXPECT_TRUE(member(answer, "revoked")->GetBool());
  EXPECT_EQ(counted("refreshes"), 1);
  const std::string body = "{\"refresh\":\"" + (*session)->refresh + "\"}";
  const auto stolen = exchange(peer.port(), "POST /api/v1/token/refresh/ HTTP/1.1\r\nConnection: "
                                            "close\r\nContent-Length: " +
                                                std::to_string(body.size()) + "\r\n\r\n" + body);
  EXPECT_TRUE(stolen.starts_with("HTTP/1.1 401")) << stolen;
}

TEST_F(Accounts, LogoutAlwaysClearsHereAndSaysThatTheServerWasNotReached) {
  for (const char* fault : {"refresh_500", "refresh_hangs", "refused", "portal", "black_hole"}) {
    SCOPED_TRACE(fault);
    be_logged_in();
    peer.fault(fault);
    const auto done = cli({"auth", "logout", "--json"});
    EXPECT_EQ(done.status, 0);
    EXPECT_LT(done.took, seconds(5));
    const auto answer = only_object(done);
    EXPECT_TRUE(member(answer, "cleared")->GetBool());
    EXPECT_FALSE(member(answer, "revoked")->GetBool());
    EXPECT_NE(text_of(answer, "not_revoked").value_or(""), "");
    EXPECT_FALSE(std::filesystem::exists(home() / "credentials"));
    peer.well();
  }
}

TEST_F(Accounts, EventsOfOneTeamNeverGoWithATokenOfAnother) {
  be_logged_in("anna");
  auto ids = record(5);
  be_logged_in("bert");
  EXPECT_EQ(number_in(sync(), {"selected"}), 0);
  EXPECT_TRUE(stored().empty());
  const auto of_bert = record(3);
  EXPECT_EQ(number_in(sync(), {"synced"}), 3);
  EXPECT_EQ(stored(), of_bert);
  EXPECT_EQ(number_in(json_of({"sync", "status"}), {"queue", "held"}), 5);
  be_logged_in("anna");
  EXPECT_EQ(number_in(sync(), {"synced"}), 5);
  ids.insert(ids.end(), of_bert.begin(), of_bert.end());
  const auto state = peer.state();
  for (const auto& event : member(state, "stored")->GetArray()) {
    const bool is_berts =
        std::find(of_bert.begin(), of_bert.end(), text_of(event, "event_id")) != of_bert.end();
    EXPECT_EQ(text_of(event, "team_slug"), is_berts ? "team-b" : "team-a");
  }
  expect_delivered(ids);
}

TEST_F(Accounts, ALoginAsAnotherAccountAmidADrainStopsItBeforeItMixesTeams) {
  be_logged_in("anna");
  const auto ids = record(20);
  env["SPEC_KITTY_SYNC_BATCH_EVENTS"] = "1";
  peer.fault("slow_but_good");
  const auto drain = start({"sync", "now", "--json"});
  ASSERT_TRUE(struck(3));
  EXPECT_EQ(log_in("bert").status, 0);
  peer.refuse_every_access_token();
  const auto done = drain->wait();
  EXPECT_EQ(done.status, 4) << done.out << done.err;
  expect_books_balanced(only_object(done));
  peer.well();
  EXPECT_EQ(number_in(sync(), {"selected"}), 0) << "nothing of it is bert's";
  be_logged_in("anna");
  sync();
  expect_delivered(ids);
}

TEST_F(Accounts, AnotherAccountsLoginLeavesWhatWasRecordedLocallyUntilItIsTold) {
  be_logged_in("anna");
  cli({"auth", "logout"});
  const auto ids = record(2);
  be_logged_in("bert");
  EXPECT_EQ(number_in(sync(), {"selected"}), 0);
  EXPECT_TRUE(stored().empty());
  EXPECT_NE(cli({"sync", "doctor"}).out.find("auth login --adopt-local"), std::string::npos);
  EXPECT_EQ(log_in("bert", {"--adopt-local"}).status, 0);
  sync();
  expect_delivered(ids);
}

} // namespace
} // namespace spec_kitty::support
