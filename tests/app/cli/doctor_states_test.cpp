// Home states a person meets: doctor names each, its remedy is typed as it stands, and then doctor
// says well. What a person would fill in (the server's address, a user name) the test fills in.
#include "actors/queue/spill.hpp"
#include "config/credentials.hpp"
#include "tests/support/cli_test.hpp"

#include <csignal>
#include <fcntl.h>
#include <sys/file.h>

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

struct listed_finding {
  std::string id;
  std::string severity;
  std::string remedy;
};

class DoctorStates : public cli_test {
protected:
  void TearDown() override {
    for (const pid_t pid : holders_)
      ::kill(pid, SIGKILL);
  }

  std::vector<listed_finding> findings() const {
    const auto done = cli({"sync", "doctor", "--json"});
    const auto reply = only_object(done);
    std::vector<listed_finding> found;
    bool error = false;
    for (const auto& each : member(reply, "findings")->GetArray()) {
      found.push_back({text_of(each, "id").value_or(""), text_of(each, "severity").value_or(""),
                       text_of(each, "remedy").value_or("")});
      error = error || found.back().severity == "error";
      EXPECT_TRUE(found.back().severity == "info" || !found.back().remedy.empty())
          << found.back().id << ": what needs somebody has a remedy";
    }
    EXPECT_EQ(done.status, error ? 1 : 0) << done.out;
    return found;
  }

  bool says(const std::string& id) const {
    for (const auto& found : findings())
      if (found.id == id)
        return true;
    return false;
  }

  /// Types a remedy into a shell.
  void type(std::string remedy) const {
    const auto fill_in = [&](const std::string& blank, const std::string& with) {
      if (const auto at = remedy.find(blank); at != std::string::npos)
        remedy.replace(at, blank.size(), with);
    };
    if (server)
      fill_in("https://sync.example.com", server->url());
    if (remedy.find("--username") == std::string::npos)
      fill_in("auth login", "auth login --username dev");
    auto what = command({});
    what.argv = {"sh", "-c", remedy};
    what.env["PATH"] = std::string(SPEC_KITTY_BIN_DIR) + ":/usr/local/bin:/usr/bin:/bin";
    if (server)
      what.env["SPEC_KITTY_PASSWORD"] = server->password();
    const auto done = support::run(what);
    EXPECT_LE(done.status, 4) << remedy << '\n' << done.out << done.err;
  }

  /// The state is named; then remedies are typed, the first finding's first, until all is well.
  void expect_fixed(const std::string& id) {
    EXPECT_TRUE(says(id)) << "doctor does not say " << id;
    std::string typed;
    for (int step = 0; step < 8; ++step) {
      const auto found = findings();
      const auto worst = std::find_if(found.begin(), found.end(), [](const auto& each) {
        return each.severity != "info" && each.id != "home_in_memory";
      });
      if (worst == found.end())
        return;
      type(worst->remedy);
      typed += worst->id + ": " + worst->remedy + '\n';
    }
    ADD_FAILURE() << "never well, after\n" << typed;
  }

  /// A process that holds the store's lock until it is killed.
  pid_t hold_store() {
    const pid_t pid = ::fork();
    if (pid == 0) {
      const int fd = ::open((home() / "queue" / "lock").c_str(), O_RDWR | O_CLOEXEC);
      ::flock(fd, LOCK_EX);
      ::pause();
      ::_exit(0);
    }
    holders_.push_back(pid);
    EXPECT_TRUE(eventually([&] {
      const int fd = ::open((home() / "queue" / "lock").c_str(), O_RDWR | O_CLOEXEC);
      const bool taken = ::flock(fd, LOCK_EX | LOCK_NB) != 0;
      ::close(fd);
      return taken;
    }));
    return pid;
  }

  void spill_one() {
    env["SPEC_KITTY_SYNC_BUSY_TIMEOUT_MS"] = "50";
    const pid_t pid = hold_store();
    emit_spilled();
    ::kill(pid, SIGKILL);
    env.erase("SPEC_KITTY_SYNC_BUSY_TIMEOUT_MS");
  }

  void emit_spilled() const {
    EXPECT_EQ(cli({"emit", "WPStatusChanged", "--payload", good_payload}).out, "spilled\n");
  }

  std::vector<pid_t> holders_;
};

TEST_F(DoctorStates, AFreshHomeIsWellAndIsNotMade) {
  for (const auto& found : findings())
    EXPECT_EQ(found.severity, "info") << found.id;
  EXPECT_FALSE(fs::exists(home()));
}

TEST_F(DoctorStates, AHomeInUseIsWell) {
  logged_in();
  emit(2);
  cli({"sync", "now"});
  for (const auto& found : findings())
    EXPECT_TRUE(found.severity == "info" || found.id == "home_in_memory") << found.id;
}

TEST_F(DoctorStates, AHomeOpenToOthersIsClosed) {
  logged_in();
  fs::permissions(home(), fs::perms::others_read, fs::perm_options::add);
  expect_fixed("open_permissions");
}

TEST_F(DoctorStates, CredentialsOpenToOthersAreClosed) {
  logged_in();
  fs::permissions(home() / "credentials", fs::perms::group_read, fs::perm_options::add);
  expect_fixed("open_permissions");
}

TEST_F(DoctorStates, AConfigurationThatIsNoTomlIsPutAside) {
  logged_in();
  write_text(home() / "config.toml", "[sync\nserver_url = \n");
  expect_fixed("config_damaged");
  EXPECT_TRUE(fs::exists(home() / "config.toml.damaged"));
}

TEST_F(DoctorStates, AValueThatIsNotAllowedIsPutAside) {
  logged_in();
  write_text(home() / "config.toml", "[sync]\ntimeout_s = \"soon\"\n");
  expect_fixed("config_damaged");
}

TEST_F(DoctorStates, AMissingClockFileIsWrittenAgain) {
  logged_in();
  emit();
  fs::remove(home() / "clock.json");
  expect_fixed("clock_file");
}

TEST_F(DoctorStates, ATornClockFileIsWrittenAgain) {
  logged_in();
  emit();
  write_text(home() / "clock.json", "{\"value\": 1");
  expect_fixed("clock_file");
}

TEST_F(DoctorStates, AnOlderClockFileIsBroughtUpToDate) {
  logged_in();
  emit();
  const std::string older = read_text(home() / "clock.json");
  emit(3);
  write_text(home() / "clock.json", older);
  expect_fixed("clock_file");
}

TEST_F(DoctorStates, AClockFileAheadOfTheStoreIsMergedIntoIt) {
  logged_in();
  emit(3);
  std::string ahead = read_text(home() / "clock.json");
  ahead.replace(ahead.find('3'), 1, "77");
  write_text(home() / "clock.json", ahead);
  expect_fixed("clock_file");
  EXPECT_GT(number_in(json_of({"clock", "show"}), {"value"}), 77);
}

TEST_F(DoctorStates, AGarbledStoreIsPutAsideAndANewOneBegins) {
  logged_in();
  emit();
  write_text(home() / "queue" / "env" / "data.mdb", std::string(100'000, 'x'));
  expect_fixed("store_damaged");
  EXPECT_EQ(read_text(home() / "queue" / "env.damaged" / "data.mdb").size(), 100'000U);
  emit();
}

TEST_F(DoctorStates, AStoreThatWasCutShortIsPutAside) {
  logged_in();
  for (int i = 0; i < 3; ++i)
    cli({"emit", "--stdin"}, [] {
      std::string lines;
      for (int n = 0; n < 400; ++n)
        lines += stdin_line(n);
      return lines;
    }());
  fs::resize_file(home() / "queue" / "env" / "data.mdb", 16384);
  expect_fixed("store_damaged");
}

TEST_F(DoctorStates, AStoreHeldByAStoppedProcessGoesOn) {
  logged_in();
  emit();
  env["SPEC_KITTY_SYNC_BUSY_TIMEOUT_MS"] = "50";
  const pid_t pid = ::fork();
  if (pid == 0) { // lets go as soon as it runs again
    const int fd = ::open((home() / "queue" / "lock").c_str(), O_RDWR | O_CLOEXEC);
    ::flock(fd, LOCK_EX);
    ::raise(SIGSTOP);
    ::_exit(0);
  }
  holders_.push_back(pid);
  EXPECT_TRUE(eventually([&] { return says("store_busy"); }));
  for (const auto& found : findings())
    if (found.id == "store_busy") {
      EXPECT_EQ(found.remedy, "kill -CONT " + std::to_string(pid));
    }
  expect_fixed("store_busy");
}

TEST_F(DoctorStates, AStoreHeldByARunningProcessIsFreed) {
  logged_in();
  emit();
  env["SPEC_KITTY_SYNC_BUSY_TIMEOUT_MS"] = "50";
  hold_store();
  expect_fixed("store_busy");
}

TEST_F(DoctorStates, SpilledEventsAreTakenInAndSent) {
  logged_in();
  emit();
  spill_one();
  expect_fixed("spilled");
  EXPECT_EQ(server->events().size(), 2U);
}

TEST_F(DoctorStates, SpilledEventsAreTakenInWithoutAServer) {
  emit();
  spill_one();
  EXPECT_TRUE(says("spilled"));
  for (const auto& found : findings())
    if (found.id == "spilled")
      type(found.remedy);
  EXPECT_FALSE(says("spilled"));
  EXPECT_EQ(lines_of(cli({"events", "export"}).out).size(), 2U);
}

TEST_F(DoctorStates, ADamagedSpillFileIsShownUntilSomebodyHasLookedAtIt) {
  logged_in();
  emit();
  spill_one();
  const fs::path file = spill_files(home()).front().path;
  std::string text = read_text(file);
  text[20] = '~';
  write_text(file, text);
  emit();
  expect_fixed("spill_damaged");
}

TEST_F(DoctorStates, DroppedEventsAreShownUntilTheyAreAcknowledged) {
  logged_in();
  env["SPEC_KITTY_SYNC_MAX_QUEUE_SIZE"] = "1";
  emit();
  EXPECT_EQ(cli({"emit", "WPStatusChanged", "--payload", good_payload}).status, 1);
  env.clear();
  expect_fixed("dropped");
}

TEST_F(DoctorStates, EventsThatMadeRoomAreBroughtBack) {
  logged_in();
  cli({"config", "set", "sync.max_queue_size", "3"});
  cli({"config", "set", "sync.overflow", "evict_oldest"});
  emit(5);
  cli({"events", "acknowledge-drops"});
  cli({"sync", "now"});
  expect_fixed("overflow");
}

TEST_F(DoctorStates, AFullQueueGetsALargerCap) {
  logged_in();
  cli({"config", "set", "sync.max_queue_size", "3"});
  emit(3);
  expect_fixed("queue_full");
  emit();
}

TEST_F(DoctorStates, ANearlyFullQueueGetsALargerCap) {
  logged_in();
  cli({"config", "set", "sync.max_queue_size", "10"});
  emit(9);
  expect_fixed("queue_nearly_full");
}

TEST_F(DoctorStates, DeadLettersAreTriedAgain) {
  logged_in({"--reject-type", "HistoryAdded"});
  cli({"config", "set", "sync.max_retries", "1"});
  emit(2);
  EXPECT_EQ(cli({"sync", "now"}).status, 5);
  server->kill();
  server->restart({"--reject-type", "ErrorLogged"});
  expect_fixed("dead_letters");
  EXPECT_EQ(number_in(json_of({"sync", "status"}), {"queue", "dead"}), 0);
}

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
  fs::remove_all(root() / "server");
  server->restart();
  expect_fixed("session_refused");
}

TEST_F(DoctorStates, EventsThatWaitWithoutAServerNeedOne) {
  server_set();
  fs::remove(home() / "config.toml");
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

TEST_F(DoctorStates, ForbiddenAndBrokenServersAreNotCalledWell) {
  for (const auto& [line, id] : {std::pair("403 Forbidden", "forbidden"),
                                 std::pair("503 Service Unavailable", "server_error"),
                                 std::pair("412 Precondition Failed", "upgrade_required")}) {
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
  fs::rename(home() / "daemon.json", home() / "daemon.json.aside");
  ::kill(pid, SIGSTOP);
  ASSERT_TRUE(eventually([&] { return says("daemon_silent"); }));
  fs::rename(home() / "daemon.json.aside", home() / "daemon.json");
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
