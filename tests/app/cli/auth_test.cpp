// spec-kitty auth …: the session with the server, and what it never does with a secret.
#include "config/credentials.hpp"
#include "tests/support/cli_test.hpp"

namespace spec_kitty::support {
namespace {

struct Auth : cli_test {
  json_document login(const std::string& password, int status = 0) const {
    return json_of({"auth", "login", "--username", server->username(), "--password-stdin"}, status,
                   password + "\n");
  }
};

TEST_F(Auth, LoginNamesUserTeamAndServer) {
  server_set();
  const auto answer = login(server->password());
  EXPECT_EQ(text_of(answer, "username"), server->username());
  EXPECT_EQ(text_of(answer, "team_slug"), server->team());
  EXPECT_EQ(text_of(answer, "server"), server->url());
  const auto status = json_of({"auth", "status"});
  EXPECT_EQ(text_of(status, "state"), "authenticated");
  EXPECT_EQ(text_of(status, "team_slug"), server->team());
  EXPECT_TRUE(text_of(status, "access_expires_at"));
}

TEST_F(Auth, AWrongPasswordIsStatusThreeAndKeepsTheSessionThereWas) {
  logged_in();
  const auto before = read_text(home() / "credentials");
  const auto refused = login("not-the-password", 3);
  EXPECT_EQ(error_part(refused, "code"), "login_refused");
  EXPECT_NE(error_part(refused, "hint").find("auth login"), std::string::npos);
  EXPECT_EQ(read_text(home() / "credentials"), before);
}

TEST_F(Auth, ThePasswordCanComeFromTheEnvironment) {
  server_set();
  env["SPEC_KITTY_PASSWORD"] = server->password();
  EXPECT_EQ(cli({"auth", "login", "--username", server->username()}).status, 0);
}

TEST_F(Auth, WithoutATerminalItSaysHowToGiveThePassword) {
  server_set();
  const auto answer = json_of({"auth", "login", "--username", "dev"}, 1);
  EXPECT_EQ(error_part(answer, "code"), "bad_input");
  EXPECT_NE(error_part(answer, "hint").find("--password-stdin"), std::string::npos);
  EXPECT_EQ(
      error_part(json_of({"auth", "login", "--username", "dev", "--password-stdin"}, 1), "code"),
      "bad_input")
      << "an empty stdin";
}

TEST_F(Auth, ThereIsNoOptionThatTakesAPassword) {
  server_set();
  EXPECT_EQ(cli({"auth", "login", "--username", "dev", "--password", "x"}).status, 2);
}

TEST_F(Auth, LoginWithoutAServerSaysWhichCommandSetsOne) {
  const auto answer = json_of({"auth", "login", "--username", "dev"}, 1);
  EXPECT_EQ(error_part(answer, "code"), "no_server");
}

TEST_F(Auth, CredentialsAreAPrivateFileInAPrivateHome) {
  logged_in();
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(home() / "credentials").permissions(),
            perms::owner_read | perms::owner_write);
  EXPECT_EQ(std::filesystem::status(home()).permissions(), perms::owner_all);
  const auto session = read_credentials(home());
  ASSERT_TRUE(session && *session);
  EXPECT_EQ((*session)->server, server->url());
  EXPECT_EQ((*session)->username, server->username());
}

TEST_F(Auth, LogoutForgetsTheSessionAndKeepsTheEvents) {
  logged_in();
  emit(2);
  EXPECT_TRUE(member(json_of({"auth", "logout"}), "was_logged_in")->GetBool());
  EXPECT_FALSE(std::filesystem::exists(home() / "credentials"));
  EXPECT_EQ(text_of(json_of({"auth", "status"}, 3), "state"), "logged_out");
  EXPECT_FALSE(member(json_of({"auth", "logout"}), "was_logged_in")->GetBool());
  EXPECT_EQ(cli({"sync", "now"}).status, 3);
  EXPECT_EQ(log_in(*server).status, 0);
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 2);
}

TEST_F(Auth, TheFirstLoginAdoptsWhatWasRecordedBefore) {
  emit(3);
  server_set();
  const auto answer = login(server->password());
  EXPECT_EQ(number_in(answer, {"adopted"}), 3);
  EXPECT_EQ(number_in(answer, {"left_local"}), 0);
  EXPECT_EQ(number_in((*member(answer, "projects"))[0], {"events"}), 3);
}

TEST_F(Auth, AnotherAccountAdoptsOnlyWhenTold) {
  logged_in();
  EXPECT_EQ(cli({"auth", "logout"}).status, 0);
  emit(2);
  server.reset();
  std::filesystem::remove_all(root() / "server");
  server_set({"--username", "another", "--team", "other-team"});
  const auto first = login(server->password());
  EXPECT_EQ(number_in(first, {"adopted"}), 0);
  EXPECT_EQ(number_in(first, {"left_local"}), 2);
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"selected"}), 0);
  EXPECT_EQ(number_in(json_of({"sync", "status"}), {"queue", "held"}), 2);
  const auto adopting =
      json_of({"auth", "login", "--username", "another", "--password-stdin", "--adopt-local"}, 0,
              server->password() + "\n");
  EXPECT_EQ(number_in(adopting, {"adopted"}), 2);
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 2);
}

TEST_F(Auth, ATokenNeverGoesToAnotherServer) {
  logged_in();
  emit();
  const raw_server stranger(http_reply_text("200 OK", "Content-Type: text/html\r\n", "hello"));
  EXPECT_EQ(cli({"sync", "server", stranger.url()}).status, 0);
  const auto report = json_of({"sync", "now"}, 3);
  EXPECT_EQ(error_part(report, "code"), "login_required");
  EXPECT_EQ(stranger.connections(), 0);
  EXPECT_EQ(cli({"sync", "server", server->url()}).status, 0);
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 1);
}

TEST_F(Auth, ManyProcessesRefreshOneSessionWithoutLosingIt) {
  logged_in({"--access-lifetime", "1"});
  emit(40);
  env["SPEC_KITTY_SYNC_BATCH_EVENTS"] = "10";
  std::vector<std::unique_ptr<child>> drains;
  for (int i = 0; i < 4; ++i)
    drains.push_back(std::make_unique<child>(command({"sync", "now"})));
  for (auto& drain : drains) {
    drain->close_input();
    const auto done = drain->wait();
    EXPECT_EQ(done.status, 0) << done.out << done.err;
  }
  EXPECT_EQ(server->events().size(), 40U);
  EXPECT_TRUE(std::filesystem::exists(home() / "credentials"));
}

TEST_F(Auth, DamagedCredentialsAreNamedAndLoggingInAgainRepairsThem) {
  logged_in();
  emit();
  write_text(home() / "credentials", "[tokens\naccess = \"secret-token-text");
  for (const words& reader : {words{"auth", "status"}, words{"sync", "now"}}) {
    const auto answer = json_of(reader, 1);
    EXPECT_EQ(error_part(answer, "code"), "bad_config");
    EXPECT_NE(error_part(answer, "message").find((home() / "credentials").string()),
              std::string::npos);
    EXPECT_EQ(to_text(answer).find("secret-token-text"), std::string::npos);
    EXPECT_NE(error_part(answer, "hint").find("auth logout"), std::string::npos);
  }
  EXPECT_EQ(cli({"sync", "status"}).status, 0);
  const auto recorded = cli({"emit", "WPStatusChanged", "--payload", good_payload});
  EXPECT_EQ(recorded.status, 0) << "events are recorded without a session";
  EXPECT_TRUE(recorded.err.starts_with("warning: ")) << recorded.err;
  EXPECT_EQ(cli({"auth", "logout"}).status, 0);
  EXPECT_EQ(log_in(*server).status, 0);
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 2);
}

} // namespace
} // namespace spec_kitty::support
