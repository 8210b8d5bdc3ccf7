// A daemon's life: one per home, asked over its socket, handed over, stopped, never mistaken.
//
// What went wrong with a daemon elsewhere, and the test that it does not here:
//   twenty of mixed versions in one home     OfTwoStartedAtTheSameMomentOneRuns,
//                                            AnOlderOneHandsOverToThisVersion
//   strangers killed by pid or port          AStaleRecordOfARecycledPidEndsNoStranger,
//                                            SomethingElseAtTheSocketIsNotBelievedAndNotSignalled
//   dead for weeks, unnoticed                 SigtermEndsItWellAndTheNextCommandSaysSo,
//                                            AKilledOneIsMissedAndOneThatWasStoppedIsNot,
//                                            TheStatusSaysHowLongAgoAnythingWasAcknowledged
//   the working directory held, and recorded ItDoesNotHoldTheFolderItWasStartedIn
//   a status that uploads                    reading_commands_test.cpp
//   a token in argv and in a reply           ItsFilesAreItsUsersAloneAndItNeverShowsASecret
#include "app/daemon/control.hpp"
#include "app/daemon/record.hpp"
#include "config/credentials.hpp"
#include "tests/support/daemon_test.hpp"
#include "util/files.hpp"
#include "util/unix_socket.hpp"

#include <csignal>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

#ifdef SPEC_KITTY_LONG
constexpr int many_starts = 50;
#else
constexpr int many_starts = 5;
#endif

struct DaemonLife : daemon_test {
  void SetUp() override { fs::create_directory(home()); }

  json_document status() const { return json_of({"sync", "daemon", "status"}); }
  bool runs() const {
    const auto shown = status();
    return member(shown, "running")->GetBool();
  }
  /// A connection to the control socket that says nothing yet.
  unique_fd dial() const {
    auto fd = connect_in_home(home(), control_socket);
    EXPECT_TRUE(fd);
    return fd ? std::move(*fd) : unique_fd();
  }
  std::unique_ptr<child> daemon_of_version(const std::string& version) const {
    auto what = command({});
    what.argv = {SPEC_KITTY_TEST_DIR "/versioned_daemon", home().string(), version};
    auto daemon_process = std::make_unique<child>(what);
    EXPECT_EQ(daemon_process->next_line(), "running");
    return daemon_process;
  }
};

TEST_F(DaemonLife, OfTwoStartedAtTheSameMomentOneRuns) {
  for (int i = 0; i < many_starts; ++i) {
    child a(command({"sync", "daemon", "run", "--json"}));
    child b(command({"sync", "daemon", "run", "--json"}));
    const auto first = a.next_line();
    const auto second = b.next_line();
    ASSERT_TRUE(first && second);
    const auto says = [](const std::string& line) {
      return member(parsed(line), "running") != nullptr;
    };
    EXPECT_NE(says(*first), says(*second)) << *first << *second;
    child& loser = says(*first) ? b : a;
    child& winner = says(*first) ? a : b;
    EXPECT_EQ(loser.wait().status, 1);
    EXPECT_EQ(error_part(parsed(says(*first) ? *second : *first), "code"), "already_running");
    EXPECT_TRUE(runs());
    winner.send(SIGTERM);
    EXPECT_EQ(winner.wait().status, 0);
  }
}

TEST_F(DaemonLife, StartStopAndStatusAreSafeToRepeat) {
  EXPECT_FALSE(runs());
  EXPECT_FALSE(member(json_of({"sync", "daemon", "stop"}), "was_running")->GetBool());
  const auto started = json_of({"sync", "daemon", "start"});
  EXPECT_FALSE(member(started, "was_running")->GetBool());
  const auto pid = number_in(started, {"pid"});
  const auto again = json_of({"sync", "daemon", "start"});
  EXPECT_TRUE(member(again, "was_running")->GetBool());
  EXPECT_EQ(number_in(again, {"pid"}), pid);
  const auto restarted = json_of({"sync", "daemon", "restart"});
  EXPECT_NE(number_in(restarted, {"pid"}), pid);
  EXPECT_TRUE(member(json_of({"sync", "daemon", "stop"}), "was_running")->GetBool());
  EXPECT_FALSE(runs());
  EXPECT_FALSE(fs::exists(home() / "daemon.sock"));
  EXPECT_FALSE(fs::exists(home() / "daemon.ring"));
}

TEST_F(DaemonLife, AStaleRecordOfARecycledPidEndsNoStranger) {
  start_daemon();
  kill_daemon(SIGKILL); // sockets and record stay behind
  launch innocent;
  innocent.argv = {"sleep", "60"};
  child stranger(innocent);
  auto record = read_record(home());
  ASSERT_TRUE(record);
  record->process.pid = static_cast<std::uint32_t>(stranger.pid());
  ASSERT_TRUE(write_record(home(), *record));
  EXPECT_FALSE(member(json_of({"sync", "daemon", "stop"}), "was_running")->GetBool());
  EXPECT_EQ(cli({"sync", "daemon", "start"}).status, 0);
  EXPECT_EQ(cli({"sync", "daemon", "stop"}).status, 0);
  EXPECT_EQ(::kill(stranger.pid(), 0), 0) << "the stranger lives";
}

TEST_F(DaemonLife, SomethingElseAtTheSocketIsNotBelievedAndNotSignalled) {
  // A program that listens there, holds the lock and answers like a daemon of another process.
  auto what = launch{};
  what.argv = {"/usr/bin/python3", "-c",
               "import socket,fcntl,os,sys\n"
               "os.chdir(sys.argv[1])\n"
               "lock=open('daemon.lock','w');fcntl.flock(lock,fcntl.LOCK_EX)\n"
               "s=socket.socket(socket.AF_UNIX);s.bind('daemon.sock');s.listen()\n"
               "print('ready',flush=True)\n"
               "while True:\n"
               "  c,_=s.accept();c.recv(1000)\n"
               "  c.sendall(b'{\"ok\":true,\"pid\":1,\"start_time\":1,\"boot\":"
               "\"00000000000000000000000000\",\"home\":\"/\",\"version\":\"9.9.9\"}\\n')\n",
               home().string()};
  child impostor(what);
  ASSERT_EQ(impostor.next_line(), "ready");
  const auto refused = cli({"sync", "daemon", "stop"});
  EXPECT_EQ(refused.status, 1) << refused.err;
  EXPECT_NE(refused.err.find("no signal"), std::string::npos) << refused.err;
  EXPECT_EQ(::kill(impostor.pid(), 0), 0);
}

TEST_F(DaemonLife, AHomeWithALongPathWorks) {
  const auto deep = root() / std::string(120, 'a') / std::string(120, 'b');
  fs::create_directories(deep);
  env["SPEC_KITTY_HOME"] = deep.string();
  EXPECT_EQ(cli({"sync", "daemon", "start"}).status, 0);
  EXPECT_TRUE(runs());
  EXPECT_EQ(cli({"sync", "daemon", "stop"}).status, 0);
}

TEST_F(DaemonLife, ClientsThatSayHalfALineGarbageOrNothingDisturbNobody) {
  start_daemon();
  std::vector<unique_fd> idle;
  for (int i = 0; i < 50; ++i)
    idle.push_back(dial());
  const auto half = dial();
  ASSERT_EQ(::send(half.get(), "{\"op\":", 6, MSG_NOSIGNAL), 6);
  const auto garbage = dial();
  ASSERT_EQ(::send(garbage.get(), "\xff\xfe\n[]\n", 6, MSG_NOSIGNAL), 6);
  const auto flood = dial();
  const std::string much(1 << 20, 'x');
  (void)::send(flood.get(), much.data(), much.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  EXPECT_TRUE(runs());
  stop_daemon();
}

TEST_F(DaemonLife, AnotherUserIsNotServed) {
  start_daemon();
  ::chmod(root().c_str(), 0755);
  ::chmod(home().c_str(), 0755); // as a careless person might leave them
  ::chmod((home() / "daemon.sock").c_str(), 0777);
  launch what;
  what.argv = {"setpriv",
               "--reuid",
               "65534",
               "--clear-groups",
               "/usr/bin/python3",
               "-c",
               "import socket,os,sys\nos.chdir(sys.argv[1])\n"
               "s=socket.socket(socket.AF_UNIX);s.connect('daemon.sock')\n"
               "try:\n  s.sendall(b'{\"op\":\"stop\"}\\n');print(len(s.recv(1000)))\n"
               "except OSError:\n  print(0)\n",
               home().string()};
  const auto done = run(what);
  EXPECT_EQ(done.out, "0\n") << done.err;
  EXPECT_TRUE(runs());
  stop_daemon();
}

TEST_F(DaemonLife, AnOlderOneHandsOverToThisVersion) {
  const auto older = daemon_of_version("0.0.9");
  const auto done = json_of({"sync", "daemon", "start"});
  EXPECT_FALSE(member(done, "was_running")->GetBool());
  EXPECT_EQ(older->wait().status, 0);
  EXPECT_TRUE(runs());
  EXPECT_NE(number_in(status(), {"pid"}), older->pid());
  EXPECT_EQ(cli({"sync", "daemon", "stop"}).status, 0);
}

TEST_F(DaemonLife, ANewerOneStays) {
  const auto newer = daemon_of_version("99.0.0");
  const auto done = json_of({"sync", "daemon", "start"});
  EXPECT_TRUE(member(done, "was_running")->GetBool());
  EXPECT_EQ(text_of(done, "version"), "99.0.0");
  EXPECT_EQ(number_in(done, {"pid"}), newer->pid());
  EXPECT_EQ(cli({"sync", "daemon", "stop"}).status, 0);
  EXPECT_EQ(newer->wait().status, 0);
}

TEST_F(DaemonLife, SigtermEndsItWellAndTheNextCommandSaysSo) {
  logged_in();
  start_daemon();
  ASSERT_TRUE(is_eventually("Connected"));
  daemon_->send(SIGTERM);
  const auto done = daemon_->wait();
  EXPECT_EQ(done.status, 0);
  EXPECT_LT(done.took, 60s);
  EXPECT_FALSE(runs());
  const auto reply = cli({"emit", "WPStatusChanged", "--payload", good_payload}).err;
  EXPECT_TRUE(reply.starts_with("[Sync stopped ")) << reply;
  EXPECT_NE(reply.find("ended by SIGTERM] 1 queued"), std::string::npos) << reply;
  EXPECT_NE(reply.find("sync daemon start"), std::string::npos) << reply;
}

TEST_F(DaemonLife, AKilledOneIsMissedAndOneThatWasStoppedIsNot) {
  logged_in();
  start_daemon();
  kill_daemon(SIGKILL);
  EXPECT_NE(
      cli({"emit", "WPStatusChanged", "--payload", good_payload}).err.find("ended unexpectedly"),
      std::string::npos);
  start_daemon();
  stop_daemon();
  EXPECT_TRUE(
      cli({"emit", "WPStatusChanged", "--payload", good_payload}).err.starts_with("[Offline] "));
}

TEST_F(DaemonLife, OneThatIsStoppedBySigstopIsEndedAllTheSame) {
  start_daemon();
  daemon_->send(SIGSTOP);
  EXPECT_EQ(cli({"sync", "daemon", "stop"}).status, 0);
  EXPECT_EQ(daemon_->wait().status, 0) << "it was woken, and left well";
  daemon_.reset();
  EXPECT_FALSE(runs());
  EXPECT_EQ(cli({"emit", "WPStatusChanged", "--payload", good_payload}).err, "[Offline] 1 queued\n")
      << "a person has ended it";
}

TEST_F(DaemonLife, ItsFilesAreItsUsersAloneAndItNeverShowsASecret) {
  logged_in();
  start_daemon();
  ASSERT_TRUE(is_eventually("Connected"));
  for (const char* name :
       {"daemon.lock", "daemon.sock", "daemon.ring", "daemon.json", "daemon.log"}) {
    struct stat file {};
    ASSERT_EQ(::lstat((home() / name).c_str(), &file), 0) << name;
    EXPECT_EQ(file.st_mode & 0777U, 0600U) << name;
  }
  const auto words = read_text("/proc/" + std::to_string(daemon_pid()) + "/cmdline");
  EXPECT_EQ(words.find(server->password()), std::string::npos);
  const auto session = read_credentials(home());
  ASSERT_TRUE(session && *session);
  for (const char* op : {"hello", "status", "watch", "nonsense"}) {
    auto client = control_client::connect(home());
    ASSERT_TRUE(client);
    const auto reply = client->ask(std::string("{\"op\":\"") + op + "\"}");
    const std::string text = reply ? to_text(*reply) : reply.error().message;
    EXPECT_EQ(text.find((*session)->access), std::string::npos) << op;
    EXPECT_EQ(text.find((*session)->refresh), std::string::npos) << op;
  }
  stop_daemon();
}

TEST_F(DaemonLife, TheStatusSaysHowLongAgoAnythingWasAcknowledged) {
  logged_in();
  emit(1);
  ASSERT_EQ(cli({"sync", "now"}).status, 0);
  const auto words = cli({"sync", "status"}).out;
  EXPECT_NE(words.find(" ago\n", words.find("last ack")), std::string::npos) << words;
}

TEST_F(DaemonLife, ItDoesNotHoldTheFolderItWasStartedIn) {
  const auto gone = work() / "gone";
  fs::create_directory(gone);
  auto what = command({"sync", "daemon", "start"});
  what.cwd = gone;
  EXPECT_EQ(run(what).status, 0);
  EXPECT_TRUE(fs::remove(gone));
  const auto pid = number_in(status(), {"pid"});
  std::error_code error;
  EXPECT_EQ(fs::read_symlink("/proc/" + std::to_string(pid) + "/cwd", error), "/");
  EXPECT_EQ(cli({"sync", "daemon", "stop"}).status, 0);
}

TEST_F(DaemonLife, IdleForItsTimeItLeavesAndNobodyMissesIt) {
  logged_in();
  ASSERT_EQ(cli({"config", "set", "sync.daemon_idle_s", "1"}).status, 0);
  start_daemon();
  EXPECT_EQ(daemon_->wait().status, 0);
  EXPECT_EQ(cli({"emit", "WPStatusChanged", "--payload", good_payload}).err,
            "[Offline] 1 queued\n");
}

TEST_F(DaemonLife, WithAutostartAnEmitStartsItOnceHoweverManyEmitAtOnce) {
  logged_in();
  ASSERT_EQ(cli({"config", "set", "sync.autostart", "true"}).status, 0);
  std::vector<std::unique_ptr<child>> emits;
  for (int i = 0; i < 20; ++i)
    emits.push_back(
        std::make_unique<child>(command({"emit", "WPStatusChanged", "--payload", good_payload})));
  for (auto& emit : emits)
    EXPECT_EQ(emit->wait().status, 0);
  ASSERT_TRUE(eventually([&] { return runs(); }));
  ASSERT_TRUE(drains());
  EXPECT_EQ(server->events().size(), 20U);
  EXPECT_EQ(cli({"sync", "daemon", "stop"}).status, 0);
  EXPECT_FALSE(runs());
}

TEST_F(DaemonLife, WithoutASessionAutostartStartsNothing) {
  server_set();
  ASSERT_EQ(cli({"config", "set", "sync.autostart", "true"}).status, 0);
  EXPECT_EQ(cli({"emit", "WPStatusChanged", "--payload", good_payload}).err,
            "[Offline] 1 queued\n");
  EXPECT_FALSE(runs());
}

TEST_F(DaemonLife, TheUnitNamesTheBinaryAndTheHome) {
  const auto unit = cli({"sync", "daemon", "unit"}).out;
  EXPECT_NE(unit.find("ExecStart=\"" SPEC_KITTY_BIN_DIR "/spec-kitty\" --home \"" +
                      home().string() + "\" sync daemon run\n"),
            std::string::npos)
      << unit;
  EXPECT_NE(unit.find("Restart=on-failure"), std::string::npos);
}

TEST_F(DaemonLife, AHomeThatCannotBeWrittenIsSaidAtTheStart) {
  write_text(root() / "file", "x");
  env["SPEC_KITTY_HOME"] = (root() / "file").string();
  const auto done = cli({"sync", "daemon", "start"});
  EXPECT_NE(done.status, 0);
  EXPECT_NE(done.err.find("error: "), std::string::npos);
}

} // namespace
} // namespace spec_kitty::support
