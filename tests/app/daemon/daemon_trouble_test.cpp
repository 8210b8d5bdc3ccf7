// A daemon in trouble: ended by force, while it leaves, in a home that is taken away, or beside
// clients that misbehave. Nobody is told what is not so, and no file of another is touched.
#include "app/daemon/control.hpp"
#include "app/daemon/lock.hpp"
#include "app/daemon/record.hpp"
#include "tests/support/daemon_test.hpp"
#include "util/unix_socket.hpp"
#include "util/version.hpp"

#include <csignal>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

struct DaemonTrouble : daemon_test {
  void SetUp() override { fs::create_directory(home()); }

  finished emit_one() const { return cli({"emit", "WPStatusChanged", "--payload", good_payload}); }
  bool runs() const {
    const auto shown = json_of({"sync", "daemon", "status"});
    return member(shown, "running")->GetBool();
  }
  unique_fd dial() const {
    auto fd = connect_in_home(home(), control_socket);
    EXPECT_TRUE(fd);
    return fd ? std::move(*fd) : unique_fd();
  }
  /// A daemon that looks after its home many times a second.
  std::unique_ptr<child> watchful_daemon() const {
    auto what = command({});
    what.argv = {SPEC_KITTY_TEST_DIR "/versioned_daemon", home().string(), std::string(version),
                 "20"};
    auto daemon_process = std::make_unique<child>(what);
    EXPECT_EQ(daemon_process->next_line(), "running");
    return daemon_process;
  }
  /// A daemon with a batch in flight to a server that never answers: it takes its time to leave.
  std::unique_ptr<raw_server> busy_daemon() {
    logged_in();
    server->kill();
    auto silent = std::make_unique<raw_server>("", server->port());
    EXPECT_EQ(cli({"config", "set", "websocket.enabled", "false"}).status, 0);
    start_daemon();
    emit_one();
    EXPECT_TRUE(eventually([&] { return silent->connections() > 0; }));
    return silent;
  }
};

/// A program that holds a home's lock, listens at its socket, answers nothing and does not hear
/// SIGTERM.
std::unique_ptr<child> hung_program(const fs::path& home) {
  launch what;
  what.argv = {"/usr/bin/python3", "-c",
               "import socket,fcntl,os,signal,sys,time\n"
               "signal.signal(signal.SIGTERM,signal.SIG_IGN)\n"
               "os.chdir(sys.argv[1])\n"
               "lock=open('daemon.lock','w');fcntl.flock(lock,fcntl.LOCK_EX)\n"
               "s=socket.socket(socket.AF_UNIX);s.bind('daemon.sock');s.listen()\n"
               "print('ready',flush=True)\n"
               "time.sleep(600)\n",
               home.string()};
  auto daemon_process = std::make_unique<child>(what);
  EXPECT_EQ(daemon_process->next_line(), "ready");
  return daemon_process;
}

/// Pid, start time and boot of another process.
process_mark mark_of(pid_t pid) {
  const auto text = read_text("/proc/" + std::to_string(pid) + "/stat");
  std::istringstream rest(text.substr(text.rfind(')') + 2));
  std::string word;
  for (int field = 3; field <= 22; ++field)
    rest >> word;
  return {static_cast<std::uint32_t>(pid), std::stoull(word), this_process().boot};
}

TEST_F(DaemonTrouble, OneThatHangsIsKilledByStopAndNobodyMissesIt) {
  const auto hung = hung_program(home());
  daemon_record record;
  record.process = mark_of(hung->pid());
  ASSERT_TRUE(write_record(home(), record));
  const auto done = cli({"sync", "daemon", "stop"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_EQ(hung->wait().signal, SIGKILL);
  EXPECT_EQ(emit_one().err, "[Offline] 1 queued\n");
}

TEST_F(DaemonTrouble, OneThatHangsAndIsNotInTheRecordIsNotSignalled) {
  const auto hung = hung_program(home());
  daemon_record record;
  record.process = mark_of(hung->pid());
  --record.process.start_time; // of an earlier process with this pid
  ASSERT_TRUE(write_record(home(), record));
  const auto done = cli({"sync", "daemon", "stop"});
  EXPECT_EQ(done.status, 1);
  EXPECT_NE(done.err.find("process " + std::to_string(hung->pid())), std::string::npos);
  EXPECT_NE(done.err.find("fuser"), std::string::npos) << "what to look at: " << done.err;
  EXPECT_EQ(::kill(hung->pid(), 0), 0);
}

TEST_F(DaemonTrouble, OneThatIsStoppedIsNeverCalledAbsent) {
  start_daemon();
  daemon_->send(SIGSTOP);
  EXPECT_TRUE(emit_one().err.starts_with("[Sync stopped: daemon process "));
  EXPECT_TRUE(runs());
  EXPECT_TRUE(member(*member(json_of({"sync", "status"}), "daemon"), "running")->GetBool());
  child watch(command({"sync", "watch"}));
  EXPECT_NE(watch.next_line()->find("not responding"), std::string::npos);
  const auto start = cli({"sync", "daemon", "start"});
  EXPECT_EQ(start.status, 1);
  EXPECT_NE(start.err.find("sync daemon restart"), std::string::npos) << start.err;
  EXPECT_LT(start.took, 5s);
  daemon_->send(SIGCONT);
  EXPECT_TRUE(eventually([&] { return cli({"sync", "daemon", "start"}).status == 0; }));
  stop_daemon();
}

TEST_F(DaemonTrouble, WhileItLeavesNobodyIsToldThatItIsThere) {
  const auto silent = busy_daemon();
  daemon_->send(SIGTERM);
  EXPECT_TRUE(eventually([&] { return emit_one().err.starts_with("[Sync stopped "); }, 3s));
  EXPECT_FALSE(runs());
  EXPECT_EQ(::kill(daemon_pid(), 0), 0) << "this saw nothing: it had left already";
  EXPECT_EQ(daemon_->wait(7s).status, 0);
}

TEST_F(DaemonTrouble, WhileOneLeavesTheNextIsStarted) {
  const auto silent = busy_daemon();
  daemon_->send(SIGTERM);
  ASSERT_TRUE(eventually([&] { return !runs(); }));
  const auto started = json_of({"sync", "daemon", "start"});
  EXPECT_NE(number_in(started, {"pid"}), daemon_pid());
  EXPECT_EQ(daemon_->wait(7s).status, 0);
  EXPECT_TRUE(runs());
}

TEST_F(DaemonTrouble, StopEndsTheOneItAskedAndNotWhoeverTakesItsPlace) {
  start_daemon();
  launch what;
  what.argv = {"flock", "--no-fork", daemon_lock(home()).string(), "sleep", "600"};
  child next(what); // has the lock as soon as the daemon leaves it
  const auto waits = [&] {
    const auto of = "/proc/" + std::to_string(next.pid());
    return read_text(of + "/comm") == "flock\n" &&
           read_text(of + "/stat").find(") S") != std::string::npos;
  };
  ASSERT_TRUE(eventually(waits));
  const auto done = cli({"sync", "daemon", "stop"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_LT(done.took, 5s);
  EXPECT_EQ(::kill(next.pid(), 0), 0);
  EXPECT_EQ(daemon_->wait().status, 0);
}

TEST_F(DaemonTrouble, StartedByManyAtOnceEachSaysTheSameProcess) {
  std::vector<std::unique_ptr<child>> starts;
  for (int i = 0; i < 5; ++i)
    starts.push_back(std::make_unique<child>(command({"sync", "daemon", "start", "--json"})));
  std::set<std::int64_t> pids;
  for (auto& start : starts) {
    const auto done = start->wait();
    EXPECT_EQ(done.status, 0) << done.out;
    pids.insert(number_in(only_object(done), {"pid"}));
  }
  EXPECT_EQ(pids.size(), 1U);
}

TEST_F(DaemonTrouble, OneThatComesTooLateChangesNothing) {
  start_daemon();
  const auto record = read_text(home() / "daemon.json");
  const auto log = read_text(home() / "daemon.log");
  const auto late = cli({"sync", "daemon", "run"});
  EXPECT_EQ(late.status, 1);
  EXPECT_NE(late.err.find("process " + std::to_string(daemon_pid())), std::string::npos);
  EXPECT_EQ(read_text(home() / "daemon.json"), record);
  EXPECT_EQ(read_text(home() / "daemon.log"), log);
  EXPECT_TRUE(runs());
  stop_daemon();
}

TEST_F(DaemonTrouble, ItLeavesAHomeThatIsRemovedAndDoesNotBringItBack) {
  const auto watcher = watchful_daemon();
  ASSERT_TRUE(eventually([&] { // it has written all it has to say
    const auto record = read_record(home());
    return record && record->connection.reason == "no server is set";
  }));
  fs::rename(home(), root() / "aside"); // at once, whatever it writes meanwhile
  fs::remove_all(root() / "aside");
  EXPECT_EQ(watcher->wait(10s).status, 0);
  EXPECT_FALSE(fs::exists(home()));
}

TEST_F(DaemonTrouble, WhereItsLockIsReplacedItLeavesTheFilesToTheNextOne) {
  const auto watcher = watchful_daemon();
  watcher->send(SIGSTOP);
  fs::remove(home() / "daemon.lock");
  start_daemon();
  watcher->send(SIGCONT);
  EXPECT_EQ(watcher->wait(10s).status, 0);
  EXPECT_TRUE(runs());
  EXPECT_EQ(emit_one().err, "[Offline] 1 queued\n");
  EXPECT_EQ(read_record(home())->process.pid, static_cast<std::uint32_t>(daemon_pid()));
  stop_daemon();
}

TEST_F(DaemonTrouble, HangupMakesItReadTheSettingsAgain) {
  start_daemon();
  write_text(home() / "config.toml", "[sync]\nserver_url = \"https://sync.example.com\"\n");
  daemon_->send(SIGHUP);
  EXPECT_TRUE(eventually([&] {
    const auto shown = json_of({"sync", "daemon", "status"});
    return text_of(*member(shown, "connection"), "reason").value_or("").starts_with("auth");
  }));
  stop_daemon();
}

TEST_F(DaemonTrouble, ADamagedConfigurationDoesNotEndIt) {
  start_daemon();
  write_text(home() / "config.toml", "[sync\n");
  daemon_->send(SIGHUP);
  EXPECT_TRUE(eventually([&] {
    return read_text(home() / "daemon.log").find("could not be read again") != std::string::npos;
  }));
  EXPECT_EQ(::kill(daemon_pid(), 0), 0);
  EXPECT_EQ(cli({"sync", "daemon", "stop"}).status, 0);
}

TEST_F(DaemonTrouble, ASilentClientIsHungUpOnAndAWatcherIsNot) {
  start_daemon();
  auto watch = control_client::connect(home());
  ASSERT_TRUE(watch && watch->ask(R"({"op":"watch"})"));
  const auto half = dial();
  ASSERT_EQ(::send(half.get(), "{\"op\":", 6, MSG_NOSIGNAL), 6);
  EXPECT_TRUE(wait_for(half.get(), false, 10s));
  char byte = 0;
  EXPECT_EQ(::recv(half.get(), &byte, 1, 0), 0) << "hung up";
  EXPECT_EQ(cli({"sync", "server", "https://sync.example.com"}).status, 0);
  EXPECT_TRUE(watch->next_line(10s)) << "it hears of the change";
  stop_daemon();
}

TEST_F(DaemonTrouble, AClientThatAsksAndNeverReadsIsHungUpOn) {
  start_daemon();
  const auto greedy = dial();
  std::string questions;
  for (int i = 0; i < 1000; ++i)
    questions += "{\"op\":\"status\"}\n";
  [[maybe_unused]] const auto before = proc_number(daemon_pid(), "status", "RssAnon:");
  EXPECT_TRUE(eventually([&] {
    int unheard = 0; // no more at once than a request may be long
    (void)::ioctl(greedy.get(), SIOCOUTQ, &unheard);
    return unheard == 0 &&
           ::send(greedy.get(), questions.data(), questions.size(), MSG_NOSIGNAL) < 0 &&
           errno != EAGAIN;
  })) << "it is served for ever";
#ifdef SPEC_KITTY_JUDGES_MEMORY
  EXPECT_LT(proc_number(daemon_pid(), "status", "RssAnon:") - before, 8 * 1024);
#endif
  EXPECT_TRUE(runs());
  stop_daemon();
}

TEST_F(DaemonTrouble, AFailedStartIsRememberedAndNotTriedAgainAtOnce) {
  logged_in();
  ASSERT_EQ(cli({"config", "set", "sync.autostart", "true"}).status, 0);
  fs::create_directories(home() / "daemon.log");
  EXPECT_NE(emit_one().err.find("starting the daemon"), std::string::npos);
  ASSERT_TRUE(eventually([&] {
    const auto record = read_record(home());
    return record && record->end == daemon_end::failed;
  })) << "nobody would ever know";
  const auto again = emit_one().err;
  EXPECT_TRUE(again.starts_with("[Sync stopped ")) << again;
  EXPECT_NE(again.find("daemon.log"), std::string::npos) << again;
}

TEST_F(DaemonTrouble, TheStatusHasEveryField) {
  auto shown = json_of({"sync", "daemon", "status"});
  for (const char* name : {"ok", "running", "pid", "version", "since", "connection", "ended"})
    EXPECT_NE(member(shown, name), nullptr) << name;
  EXPECT_TRUE(member(shown, "connection")->IsNull());
  start_daemon();
  shown = json_of({"sync", "daemon", "status"});
  for (const char* name : {"state", "reason", "since"})
    EXPECT_TRUE(text_of(*member(shown, "connection"), name)) << name;
  EXPECT_TRUE(member(shown, "ended")->IsNull());
  stop_daemon();
  shown = json_of({"sync", "daemon", "status"});
  EXPECT_NE(text_of(shown, "ended").value_or("").find("sync daemon stop"), std::string::npos);
}

} // namespace
} // namespace spec_kitty::support
