// States of the session, the server and the daemon, and their remedies.
#include "config/credentials.hpp"
#include "tests/app/cli/doctor_fixture.hpp"

#include <csignal>

namespace spec_kitty::support {
namespace {

TEST_F(DoctorStates, WaitingEventsWithoutALoginNeedOne) {
  server_set();
  emit();
  expect_fixed("logged_out");
}

TEST_F(DoctorStates, ASessionThatIsOverNeedsALogin) {
  logged_in();
  emit();
  ASSERT_TRUE(update_credentials(home(), [](const auto& now) {
    auto over = now;
    over->access_expires_at = over->refresh_expires_at = 1000;
    return over;
  }));
  expect_fixed("session_over");
}

TEST_F(DoctorStates, CredentialsThatCannotBeReadAreRemovedAndMadeAgain) {
  logged_in();
  emit();
  write_text(home() / "credentials", "access = [\n");
  expect_fixed("credentials_damaged");
}

TEST_F(DoctorStates, ASessionOfAnotherServerNeedsALoginAtThisOne) {
  logged_in();
  emit();
  ASSERT_TRUE(update_credentials(home(), [](const auto& now) {
    auto elsewhere = now;
    elsewhere->server = "https://elsewhere.example:443";
    return elsewhere;
  }));
  expect_fixed("session_of_another_server");
}

TEST_F(DoctorStates, ATokenThatTheServerForgotNeedsALogin) {
  logged_in();
  emit();
  server->kill();
  std::filesystem::remove_all(root() / "server");
  server->restart();
  expect_fixed("session_refused");
}

TEST_F(DoctorStates, EventsOfAnotherTeamNeedALoginThere) {
  logged_in();
  emit();
  ASSERT_TRUE(update_credentials(home(), [](const auto& now) {
    auto elsewhere = now;
    elsewhere->team_slug = "another-team";
    return elsewhere;
  }));
  expect_fixed("other_team");
}

TEST_F(DoctorStates, EventsThatWaitWithoutAServerNeedOne) {
  server_set();
  std::filesystem::remove(home() / "config.toml");
  emit();
  expect_fixed("no_server");
}

TEST_F(DoctorStates, AServerThatIsNotThereIsNamedAndGoodAgainWhenItIsBack) {
  logged_in();
  server->kill();
  EXPECT_TRUE(says("server_unreachable"));
  EXPECT_EQ(cli({"sync", "status"}).status, 0);
  EXPECT_EQ(cli({"sync", "status", "--check"}).status, 4);
  server->restart();
  EXPECT_FALSE(says("server_unreachable"));
  EXPECT_EQ(cli({"sync", "status", "--check"}).status, 0);
}

TEST_F(DoctorStates, APortalThatAnswersInTheServersPlaceIsNotCalledWell) {
  const raw_server portal(http_reply_text("200 OK", "Content-Type: text/html\r\n", "<html>"));
  ASSERT_EQ(cli({"sync", "server", portal.url()}).status, 0);
  EXPECT_TRUE(says("wrong_server"));
}

TEST_F(DoctorStates, AServerThatWantsAnotherVersionIsNotCalledWell) {
  const raw_server newer(
      http_reply_text("412 Precondition Failed", "Content-Type: application/json\r\n", "{}"));
  ASSERT_EQ(cli({"sync", "server", newer.url()}).status, 0);
  EXPECT_TRUE(says("upgrade_required"));
}

TEST_F(DoctorStates, ForbiddenAndBrokenServersAreNotCalledWell) {
  for (const auto& [line, id] : {std::pair("403 Forbidden", "forbidden"),
                                 std::pair("503 Service Unavailable", "server_error")}) {
    const raw_server broken(http_reply_text(line, "Content-Type: application/json\r\n", "{}"));
    ASSERT_EQ(cli({"sync", "server", broken.url()}).status, 0);
    EXPECT_TRUE(says(id)) << line;
  }
}

struct DoctorOfDaemons : DoctorStates {
  /// A daemon in the background, as a person starts it; its process.
  pid_t daemon() const {
    return static_cast<pid_t>(number_in(json_of({"sync", "daemon", "start"}), {"pid"}));
  }
  void TearDown() override {
    cli({"sync", "daemon", "stop"});
    DoctorStates::TearDown();
  }
};

TEST_F(DoctorOfDaemons, OneThatRunsIsNothingToSay) {
  logged_in();
  daemon();
  for (const auto& found : findings())
    EXPECT_FALSE(found.id.starts_with("daemon")) << found.id;
}

TEST_F(DoctorOfDaemons, OneThatWasKilledIsStartedAgain) {
  logged_in();
  ::kill(daemon(), SIGKILL);
  ASSERT_TRUE(eventually([&] { return says("daemon_gone"); }));
  expect_fixed("daemon_gone");
}

TEST_F(DoctorOfDaemons, OneThatDoesNotAnswerIsStartedAnew) {
  logged_in();
  const pid_t pid = daemon();
  // Stopped, and the record does not say so: as one that hangs.
  std::filesystem::rename(home() / "daemon.json", home() / "daemon.json.aside");
  ::kill(pid, SIGSTOP);
  ASSERT_TRUE(eventually([&] { return says("daemon_silent"); }));
  std::filesystem::rename(home() / "daemon.json.aside", home() / "daemon.json");
  for (const auto& found : findings())
    if (found.id.starts_with("daemon"))
      type(found.remedy);
  EXPECT_FALSE(says("daemon_silent") || says("daemon_stopped"));
  ::kill(pid, SIGCONT);
}

TEST_F(DoctorOfDaemons, AutostartWithoutADaemonWhileEventsWaitIsSaid) {
  logged_in();
  emit(1);
  EXPECT_FALSE(says("daemon_not_started"));
  cli({"config", "set", "sync.autostart", "true"});
  expect_fixed("daemon_not_started");
}

TEST_F(DoctorOfDaemons, OneThatIsStoppedGoesOn) {
  logged_in();
  ::kill(daemon(), SIGSTOP);
  ASSERT_TRUE(eventually([&] { return says("daemon_stopped"); }));
  expect_fixed("daemon_stopped");
}

TEST_F(DoctorOfDaemons, AnOlderOneHandsOver) {
  logged_in();
  auto what = command({});
  what.argv = {SPEC_KITTY_TEST_DIR "/versioned_daemon", home().string(), "0.0.9"};
  child older(what);
  ASSERT_EQ(older.next_line(), "running");
  expect_fixed("daemon_older");
}

} // namespace
} // namespace spec_kitty::support
