// A daemon and those who ask it, where the surroundings are strange: settings that change in
// mid-batch, closed descriptors, homes with odd names, readers that do not read.
#include "tests/support/daemon_test.hpp"

#include <csignal>

namespace spec_kitty::support {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

struct DaemonCorners : daemon_test {
  void SetUp() override { fs::create_directory(home()); }

  finished emit_one() const { return cli({"emit", "WPStatusChanged", "--payload", good_payload}); }
  finished in_shell(const std::string& script) const {
    auto what = command({});
    what.argv = {"/bin/bash", "-c", script};
    what.env["SK"] = SPEC_KITTY_BIN_DIR "/spec-kitty";
    return run(what);
  }
};

TEST_F(DaemonCorners, WhileItTakesNewSettingsOverItAnswersAndCanBeStopped) {
  logged_in();
  server->kill();
  const raw_server silent("", server->port());
  ASSERT_EQ(cli({"config", "set", "websocket.enabled", "false"}).status, 0);
  start_daemon();
  emit_one();
  ASSERT_TRUE(eventually([&] { return silent.connections() > 0; })) << "no batch is in flight";
  ASSERT_EQ(cli({"config", "set", "sync.batch_events", "500"}).status, 0);
  const auto asked = json_of({"sync", "daemon", "status"});
  EXPECT_EQ(number_in(asked, {"pid"}), daemon_pid()) << to_text(asked);
  EXPECT_EQ(cli({"sync", "daemon", "stop"}).status, 0);
  EXPECT_EQ(daemon_->wait().status, 0) << "it was killed";
}

TEST_F(DaemonCorners, NewSettingsAreTakenOverWithoutAnotherDaemon) {
  logged_in();
  start_daemon();
  ASSERT_TRUE(is_eventually("Connected"));
  ASSERT_EQ(cli({"config", "set", "websocket.enabled", "false"}).status, 0);
  ASSERT_TRUE(is_eventually("Offline"));
  ASSERT_EQ(cli({"config", "set", "websocket.enabled", "true"}).status, 0);
  ASSERT_TRUE(is_eventually("Connected"));
  emit_each(2);
  ASSERT_TRUE(drains());
  expect_all_on_server_in_order();
  EXPECT_EQ(stop_daemon().status, 0);
}

TEST_F(DaemonCorners, ClosedDescriptorsDoNotCostItsLock) {
  const auto first =
      in_shell("(exec $SK --json sync daemon run <&- >&- 2>&-) &\n"
               "for i in $(seq 200); do $SK sync daemon status | grep -q runs && break\n"
               "  sleep 0.02; done\n"
               "$SK --json sync daemon run; code=$?\n"
               "$SK sync daemon stop >/dev/null; exit $code");
  EXPECT_EQ(first.status, 1) << first.out << first.err;
  EXPECT_EQ(error_part(parsed(first.out), "code"), "already_running") << first.out;
}

TEST_F(DaemonCorners, AHomeWhoseNameIsNoUtf8IsAsGoodAsAnother) {
  const auto odd = (root() / "jos\xe9").string();
  EXPECT_EQ(cli({"--home", odd, "sync", "daemon", "start"}).status, 0);
  EXPECT_NE(cli({"--home", odd, "sync", "daemon", "status"}).out.find("The daemon is running"),
            std::string::npos);
  EXPECT_EQ(cli({"--home", odd, "sync", "daemon", "stop"}).out, "Daemon stopped.\n");
}

TEST_F(DaemonCorners, WhatIsNoHomeHasNoDaemon) {
  const auto file = (root() / "file").string();
  EXPECT_EQ(in_shell("echo >" + file).status, 0);
  const auto reply = cli({"--home", file, "sync", "daemon", "status"});
  EXPECT_NE(reply.status, 0);
  EXPECT_EQ(reply.out.find("A daemon is running"), std::string::npos) << reply.out;
}

TEST_F(DaemonCorners, AWatchWhoseReaderDoesNotReadEndsWhenItIsTold) {
  logged_in({"--quiet"});
  start_daemon();
  ASSERT_TRUE(is_eventually("Connected"));
  child watch(command({"--json", "sync", "watch"}));
  ASSERT_TRUE(watch.next_line()); // it follows; from here on nobody reads
  std::string lines;
  for (int i = 0; i < 1500; ++i)
    lines += stdin_line(i);
  ASSERT_EQ(cli({"emit", "--stdin", "--quiet"}, lines).status, 0);
  ASSERT_TRUE(eventually([&] { return watch.output_is_full(); }));
  watch.send(SIGTERM);
  EXPECT_TRUE(watch.ends_unread()) << "it waits for its reader";
  EXPECT_EQ(watch.wait().status, 0);
  stop_daemon();
}

TEST_F(DaemonCorners, AStartThatCannotEvenSayThatItFailedIsNotTriedAgainAtOnce) {
  logged_in();
  ASSERT_EQ(cli({"config", "set", "sync.autostart", "true"}).status, 0);
  fs::create_directories(home() / "daemon.log");
  fs::create_directories(home() / "daemon.json" / "full");
  EXPECT_NE(emit_one().err.find("starting the daemon"), std::string::npos);
  EXPECT_EQ(emit_one().err.find("starting the daemon"), std::string::npos);
}

TEST_F(DaemonCorners, ACertificateFileIsTheSameFromEveryFolder) {
  ASSERT_EQ(cli({"config", "set", "tls.ca_file", "ca.pem"}).status, 0);
  EXPECT_EQ(cli({"config", "get", "tls.ca_file"}).out, (work() / "ca.pem").string() + "\n");
  env["SPEC_KITTY_TLS_CA_FILE"] = "ca.pem";
  const auto reply = cli({"config", "list"});
  EXPECT_NE(reply.status, 0);
  EXPECT_NE(reply.err.find("absolute path"), std::string::npos) << reply.err;
}

} // namespace
} // namespace spec_kitty::support
