// Logins with teams, roles and tokens for machines; what the client learns of a server, and what
// its refusals mean, against a server that has all of these (tests/support/team_server.py).
#include "config/credentials.hpp"
#include "tests/support/cli_test.hpp"

#include <filesystem>

namespace spec_kitty::support {
namespace {

struct Team : cli_test {
  void start(words options = {}) {
    words argv = {"/usr/bin/python3", SPEC_KITTY_SOURCE_DIR "/tests/support/team_server.py"};
    argv.insert(argv.end(), options.begin(), options.end());
    peer = std::make_unique<child>(launch{argv, {}, {}, {}});
    const auto line = peer->next_line();
    ASSERT_TRUE(line) << "the server does not greet";
    const auto greeting = parsed(*line);
    url = text_of(greeting, "url").value_or("");
    password = text_of(greeting, "password").value_or("");
    token = text_of(greeting, "token").value_or("");
    ASSERT_EQ(cli({"sync", "server", url}).status, 0);
  }

  json_document log_in(const std::string& user, words options = {}, int status = 0) const {
    words arguments = {"auth", "login", "--username", user, "--password-stdin"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return json_of(arguments, status, password + "\n");
  }
  json_document log_in_by_token(int status = 0) const {
    return json_of({"auth", "login", "--token-stdin"}, status, token + "\n");
  }
  void record(const std::string& text) const {
    const auto done = cli({"emit", "HistoryAdded", "--wp", "WP01", "--field", "entry_type=note",
                           "--field", "entry_content=" + text});
    ASSERT_EQ(done.status, 0) << done.err;
  }
  /// The requests so far of this method and path.
  std::size_t asked(const std::string& line) {
    for (auto& each : peer->lines_so_far())
      seen.push_back(each);
    return static_cast<std::size_t>(std::count(seen.begin(), seen.end(), line));
  }

  std::unique_ptr<child> peer;
  words seen;
  std::string url;
  std::string password;
  std::string token;
};

TEST_F(Team, AnAccountOfSeveralTeamsIsShownThemAndTheCommandThatWorks) {
  start();
  const auto refused = log_in("ann", {}, 3);
  EXPECT_EQ(error_part(refused, "code"), "login_refused");
  EXPECT_EQ(error_part(refused, "message"), "ann is in several teams: alpha, beta");
  EXPECT_NE(error_part(refused, "hint").find("auth login --username ann --team alpha"),
            std::string::npos);
  const auto done = log_in("ann", {"--team", "beta"});
  EXPECT_EQ(text_of(done, "team_slug"), "beta");
  EXPECT_EQ(text_of(done, "role"), "member");
  EXPECT_EQ(error_part(log_in("ann", {"--team", "gamma"}, 3), "code"), "login_refused");
  EXPECT_EQ(text_of(json_of({"auth", "status"}), "team_slug"), "beta") << "the session stays";
}

TEST_F(Team, StatusShowsTeamAndRoleAndEndsWithThreeWithoutALogin) {
  start();
  const auto before = json_of({"auth", "status"}, 3);
  EXPECT_EQ(error_part(before, "code"), "login_required");
  EXPECT_EQ(text_of(before, "state"), "logged_out");
  (void)log_in("rea");
  const auto status = json_of({"auth", "status"});
  EXPECT_EQ(text_of(status, "team_slug"), "alpha");
  EXPECT_EQ(text_of(status, "role"), "reader");
  EXPECT_NE(cli({"auth", "status"}).out.find("rea in the team alpha (reader)"), std::string::npos);
}

TEST_F(Team, AMachineTokenIsKeptPrivatelyAndSendsWithoutARefresh) {
  start();
  record("one");
  const auto done = log_in_by_token();
  EXPECT_EQ(text_of(done, "username"), "build");
  EXPECT_EQ(text_of(done, "team_slug"), "beta");
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(home() / "credentials").permissions(),
            perms::owner_read | perms::owner_write);
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 1);
  const auto status = json_of({"auth", "status"});
  EXPECT_TRUE(member(status, "machine_token")->GetBool());
  EXPECT_TRUE(member(status, "access_expires_at")->IsNull());
  const auto shown = cli({"auth", "status"});
  EXPECT_EQ((shown.out + shown.err).find(token), std::string::npos);
  EXPECT_EQ(asked("POST /api/v1/token/refresh/"), 0U);
  const auto out = json_of({"auth", "logout"});
  EXPECT_FALSE(member(out, "revoked")->GetBool());
  EXPECT_NE(text_of(out, "not_revoked").value_or("").find("administrator"), std::string::npos);
  EXPECT_EQ(asked("POST /api/v1/token/revoke/"), 0U) << "other machines may use it";
}

TEST_F(Team, AMachineTokenThatIsNoTokenOrIsRefusedOpensNoSession) {
  start();
  for (const std::string& bad : {std::string("hunter2"), std::string("skt_wrong")}) {
    const auto refused = json_of({"auth", "login", "--token-stdin"}, 3, bad + "\n");
    EXPECT_EQ(error_part(refused, "code"), "login_refused") << bad;
    EXPECT_EQ(error_part(refused, "message").find(bad), std::string::npos);
  }
  EXPECT_EQ(asked("GET /api/v1/clock/"), 1U) << "only what looks like a token is sent";
  EXPECT_FALSE(std::filesystem::exists(home() / "credentials"));
  EXPECT_EQ(cli({"auth", "login", "--token-stdin", "--username", "ann"}).status, 2);
}

TEST_F(Team, LogoutEndsTheSessionAtTheServer) {
  start();
  (void)log_in("rea");
  EXPECT_TRUE(member(json_of({"auth", "logout"}), "revoked")->GetBool());
  EXPECT_EQ(asked("POST /api/v1/token/revoke/"), 1U);
  EXPECT_EQ(asked("POST /api/v1/token/refresh/"), 0U);
}

TEST_F(Team, LogoutUsesTheRefreshTokenUpWhereTheServerHasNoCallForIt) {
  start({"--no-revoke"});
  (void)log_in("rea");
  EXPECT_TRUE(member(json_of({"auth", "logout"}), "revoked")->GetBool());
  EXPECT_EQ(asked("POST /api/v1/token/refresh/"), 1U);
}

TEST_F(Team, LogoutOfASilentServerIsBoundedAndSaysSo) {
  start({"--hang-revoke"});
  (void)log_in("rea");
  env["SPEC_KITTY_SYNC_TIMEOUT_S"] = "1";
  const auto out = json_of({"auth", "logout"});
  EXPECT_FALSE(member(out, "revoked")->GetBool());
  EXPECT_NE(text_of(out, "not_revoked").value_or(""), "");
  EXPECT_FALSE(std::filesystem::exists(home() / "credentials"));
}

TEST_F(Team, AReadersEventsAreHeldInTheServersWords) {
  start();
  record("one");
  (void)log_in("rea");
  const auto report = json_of({"sync", "now"}, 4);
  EXPECT_EQ(error_part(report, "code"), "held");
  EXPECT_NE(error_part(report, "message").find("readers send no events"), std::string::npos);
  EXPECT_NE(error_part(report, "hint").find("role member"), std::string::npos);
  EXPECT_EQ(number_in(report, {"held"}), 1);
}

TEST_F(Team, RefusalsThatCannotGetBetterAreDeadLettersAtOnce) {
  start();
  (void)log_in("ann", {"--team", "alpha"});
  for (const char* text : {"conflict", "foreign", "broken", "good"})
    record(text);
  const auto report = json_of({"sync", "now"}, 5);
  EXPECT_EQ(number_in(report, {"dead"}), 3);
  EXPECT_EQ(number_in(report, {"synced"}), 1);
  const auto dead = json_of({"events", "list", "--state", "dead"});
  words reasons;
  for (const auto& event : member(dead, "events")->GetArray())
    reasons.push_back(text_of(event, "reason").value_or(""));
  EXPECT_EQ(reasons, (words{"id_conflict", "unknown_type", "invalid"}));
}

TEST_F(Team, TheOfferIsAskedForOnceAnHourAndItsLimitsCount) {
  start();
  (void)log_in("ann", {"--team", "alpha"});
  record("one");
  EXPECT_EQ(cli({"sync", "now"}).status, 0);
  EXPECT_EQ(asked("GET /api/v1/"), 1U);
  for (int i = 0; i < 5; ++i)
    record("more");
  EXPECT_EQ(cli({"sync", "now"}).status, 0);
  EXPECT_EQ(asked("GET /api/v1/"), 1U) << "the answer is kept";
  EXPECT_EQ(asked("batch of 5"), 0U);
  EXPECT_EQ(asked("batch of 2"), 2U);
}

TEST_F(Team, AServerWithoutAnOfferIsNotAskedAgain) {
  start({"--no-offer"});
  (void)log_in("ann", {"--team", "alpha"});
  for (int i = 0; i < 2; ++i) {
    record("one");
    EXPECT_EQ(cli({"sync", "now"}).status, 0);
  }
  EXPECT_EQ(asked("GET /api/v1/"), 1U);
  const auto findings = to_text(json_of({"sync", "doctor"}));
  EXPECT_EQ(findings.find("server_version"), std::string::npos);
}

struct Extensions : Team {
  void TearDown() override { cli({"sync", "daemon", "stop"}); }

  /// A refresh, and a daemon that asks for a WebSocket, at such a server.
  void expect_extensions(bool used, const words& server) {
    start(server);
    (void)log_in("rea");
    ASSERT_TRUE(update_credentials(home(), [](const auto& now) {
      auto over = now;
      over->access_expires_at = 1000;
      return over;
    }));
    record("one");
    ASSERT_EQ(cli({"sync", "daemon", "start"}).status, 0);
    ASSERT_TRUE(eventually([&] { return asked("GET /ws/v1/events/") > 0; }));
    ASSERT_GT(asked("POST /api/v1/token/refresh/"), 0U);
    EXPECT_EQ(asked("a refresh under a key") > 0, used);
    EXPECT_EQ(asked("an upgrade with extensions") > 0, used);
  }
};

TEST_F(Extensions, AreUsedAtAServerThatOffersThem) {
  expect_extensions(true, {"--extensions"});
}

TEST_F(Extensions, AreOffAtAServerThatOffersNone) {
  expect_extensions(false, {});
}

TEST_F(Extensions, AreOffAtAServerThatKnowsNoOffer) {
  expect_extensions(false, {"--no-offer"});
}

TEST_F(Extensions, ALoginOnATerminalAsksForANameWhereNoBrowserLoginIsOffered) {
  start({"--no-offer"});
  auto login = command({"auth", "login"});
  words argv = {"/usr/bin/python3", SPEC_KITTY_SOURCE_DIR "/tests/support/answer_on_terminal.py",
                "Username: ", ""};
  argv.insert(argv.end(), login.argv.begin(), login.argv.end());
  login.argv = argv;
  const auto done = run(login);
  EXPECT_NE(done.out.find("Username: "), std::string::npos) << done.out << done.err;
  EXPECT_EQ(asked("GET /api/v1/"), 1U);
  EXPECT_EQ(asked("POST /api/v1/device/code"), 0U);
}

TEST_F(Team, DoctorNamesTheServersVersionAndTheAccountsRole) {
  start();
  (void)log_in("rea");
  const auto findings = to_text(json_of({"sync", "doctor"}));
  EXPECT_NE(findings.find("spec-kitty-server 9.8.7"), std::string::npos) << findings;
  EXPECT_NE(findings.find("rea has the role reader in the team alpha"), std::string::npos);
  EXPECT_NE(findings.find("capabilities: none"), std::string::npos);
}

} // namespace
} // namespace spec_kitty::support
