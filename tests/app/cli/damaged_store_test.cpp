// A person with a damaged store: no command crashes, hangs or says that all is well; the command in
// the hint repairs it as it is typed; and every event arrives, stays or is named as lost.
#include "tests/support/cli_test.hpp"
#include "tests/support/store_damage.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <regex>
#include <sstream>
#include <thread>

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

#ifndef DAMAGED_STORES
#define DAMAGED_STORES 40
#endif

struct DamagedStore : cli_test {
  fs::path data() const { return home() / "queue" / "env" / "data.mdb"; }

  finished typed(const std::string& text) const {
    auto what = command({});
    what.argv = {"sh", "-c", text};
    what.env["PATH"] = std::string(SPEC_KITTY_BIN_DIR) + ":/usr/local/bin:/usr/bin:/bin";
    return support::run(what);
  }

  std::set<std::string> ids_here() const {
    const auto ids = ids_of(lines_of(cli({"events", "export"}).out));
    return {ids.begin(), ids.end()};
  }

  /// The command that a failure tells to run.
  static std::string command_in(const std::string& err) {
    std::smatch found;
    return std::regex_search(err, found, std::regex("run: (spec-kitty .* sync repair)"))
               ? found[1].str()
               : "";
  }

  /// Repairs the store by the command that `err` tells; the ids that it names as lost, and how many
  /// it only counts.
  void repair(const std::string& err, std::set<std::string>& lost, std::int64_t& unnamed) const {
    const std::string remedy = command_in(err);
    ASSERT_FALSE(remedy.empty()) << err;
    const auto done = typed(remedy + " --json");
    const auto reply = only_object(done);
    EXPECT_EQ(done.status, 0) << done.out;
    for (const auto& id : member(reply, "lost")->GetArray())
      lost.insert(id.GetString());
    unnamed += member(reply, "unknown")->IsTrue() ? 1000 : number_in(reply, {"unnamed"});
  }
};

TEST_F(DamagedStore, EveryEventArrivesOrIsNamed) {
  logged_in();
  emit(30);
  cli({"sync", "now"}); // their pages are free now
  emit(40);
  const std::string whole = read_text(data());
  const auto recorded = ids_here();
  ASSERT_EQ(recorded.size(), 40U);
  server->kill();
  const auto before = [&](const std::string& name) {
    return root() / ("spec-kitty-dev-server-" + name); // it has the server's tokens
  };
  fs::remove(root() / "server" / "admin.sock"); // a socket is not copied
  for (const char* name : {"home", "server"})
    fs::copy(root() / name, before(name), fs::copy_options::recursive);
  for (int seed = 0; seed < DAMAGED_STORES; ++seed) {
    std::string how;
    const std::string bytes = damaged_bytes(whole, static_cast<std::uint64_t>(seed), how);
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + how);
    for (const char* name : {"home", "server"}) {
      fs::remove_all(root() / name);
      fs::copy(before(name), root() / name, fs::copy_options::recursive);
    }
    write_text(data(), bytes);
    server->restart();
    std::set<std::string> lost;
    std::int64_t unnamed = 0;
    std::string err;
    for (const words& each :
         std::vector<words>{{"events", "list"},
                            {"emit", "WPStatusChanged", "--payload", good_payload},
                            {"sync", "now"}}) {
      const auto done = cli(each);
      EXPECT_TRUE(done.signal == 0 && (done.status == 0 || done.status == 6))
          << each.front() << ' ' << done.status << done.err;
      err += done.status == 6 ? done.err : "";
    }
    if (!err.empty()) {
      repair(err, lost, unnamed);
      EXPECT_EQ(cli({"sync", "now"}).status, 0);
    }
    auto there = ids_here();
    EXPECT_EQ(there.size(), 0U) << "all that could be read was sent";
    const auto at_server = ids_of(server->events());
    there.insert(at_server.begin(), at_server.end());
    there.insert(lost.begin(), lost.end());
    std::int64_t missing = 0;
    for (const auto& id : recorded)
      missing += there.contains(id) ? 0 : 1;
    EXPECT_LE(missing, unnamed);
    server->kill();
  }
  server->restart();
}

TEST_F(DamagedStore, ACutFileIsNoNewStore) {
  emit(5);
  write_text(data(), "");
  for (const words& each :
       std::vector<words>{{"sync", "status"}, {"events", "list"}, {"clock", "show"}})
    EXPECT_EQ(error_part(json_of(each, 6), "code"), "store_corrupt");
  server_set();
  EXPECT_EQ(error_part(json_of({"sync", "now"}, 6), "code"), "store_corrupt")
      << "nothing queued is not what clock.json says";
}

TEST_F(DamagedStore, RecordingGoesOnBesideIt) {
  emit(5);
  write_text(data(), std::string(65536, 'x'));
  const auto done = cli({"emit", "WPStatusChanged", "--payload", good_payload});
  EXPECT_EQ(done.status, 6);
  std::set<std::string> lost;
  std::int64_t unnamed = 0;
  repair(done.err, lost, unnamed);
  emit();
  EXPECT_EQ(ids_here().size(), 2U) << "what was spilled, and the new one";
}

TEST_F(DamagedStore, TheDamagedOneIsKeptAndWhatIsLostIsNamedBesideIt) {
  emit(60);
  const auto recorded = ids_here();
  std::string bytes = read_text(data());
  const std::string begin = "{\"event_id\":\"" + *recorded.begin();
  int copies = 0;
  for (auto at = bytes.find(begin); at != std::string::npos; at = bytes.find(begin), ++copies)
    bytes[at + 3] ^= 1; // in pages that are no longer in use too
  ASSERT_GT(copies, 0);
  write_text(data(), bytes);
  EXPECT_EQ(cli({"sync", "doctor"}).status, 1) << "every row is looked at";
  const auto reply = json_of({"sync", "repair"});
  EXPECT_EQ(member(reply, "lost")->GetArray().Size(), 1U) << to_text(reply);
  const fs::path kept = text_of(reply, "kept_in").value_or("");
  EXPECT_EQ(read_text(kept / "env" / "data.mdb"), bytes);
  EXPECT_NE(read_text(kept / "lost.json").find(*recorded.begin()), std::string::npos);
  EXPECT_EQ(ids_here().size(), 59U);
  EXPECT_EQ(number_in(json_of({"sync", "status"}), {"queue", "dropped_total"}), 1)
      << "the loss is shown until somebody acknowledges it";
}

TEST_F(DamagedStore, AWholeStoreIsNotTouched) {
  emit(3);
  const std::string before = read_text(data());
  EXPECT_TRUE(member(json_of({"sync", "repair"}), "repaired")->IsFalse());
  EXPECT_EQ(read_text(data()), before);
}

TEST_F(DamagedStore, AProjectWhoseChoiceIsLostIsKeptHere) {
  logged_in();
  const std::string uuid = "11111111-2222-3333-4444-555555555555";
  const auto project = root() / "secret";
  fs::create_directories(project / ".kittify");
  write_text(project / ".kittify" / "config.yaml",
             "project:\n  uuid: " + uuid + "\n  slug: secret\n");
  const auto in_project = [&](words arguments) {
    auto what = command(std::move(arguments));
    what.cwd = project;
    return run(what).status;
  };
  EXPECT_EQ(in_project({"emit", "WPStatusChanged", "--payload", good_payload}), 0);
  EXPECT_EQ(in_project({"sync", "opt-out"}), 0);
  emit(2); // of no project
  std::string bytes = read_text(data());
  int rows = 0;
  for (auto at = bytes.find("p" + uuid); at != std::string::npos;
       at = bytes.find("p" + uuid, at + 1), ++rows)
    bytes[at + 1 + uuid.size()] ^= 2; // the choice, in each copy of the row
  ASSERT_GT(rows, 0);
  write_text(data(), bytes);
  const auto reply = json_of({"sync", "repair"});
  EXPECT_EQ(to_text(*member(reply, "held_projects")), "[\"" + uuid + "\"]");
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 2);
  EXPECT_EQ(server->events().size(), 2U);
  EXPECT_EQ(in_project({"sync", "opt-in"}), 0);
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 1);
}

/// The check that waits for a lock of this process; none: 0.
pid_t check_waiting_for_lock() {
  for (const auto& line : lines_of(read_text("/proc/locks"))) {
    std::istringstream words(line); // `7: -> POSIX ADVISORY WRITE 4711 …`
    std::string number, arrow, kind, mode, access;
    pid_t pid = 0;
    if (words >> number >> arrow >> kind >> mode >> access >> pid && arrow == "->" &&
        read_text("/proc/" + std::to_string(pid) + "/comm").starts_with("spec-kitty-stor"))
      return pid;
  }
  return 0;
}

TEST_F(DamagedStore, ACheckEndsWithItsCaller) {
  emit(3);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const int lock = ::open((home() / "queue" / "env" / "lock.mdb").c_str(), O_RDWR);
  struct flock whole {};
  whole.l_type = F_WRLCK;
  ASSERT_EQ(::fcntl(lock, F_SETLK, &whole), 0) << "the check waits for LMDB's lock";
  auto what = command({});
  what.argv = {"sh", "-c", R"("$0" check "$1"; true)", program_folder() + "/spec-kitty-store-check",
               (home() / "queue").string()};
  child caller(what);
  pid_t check = 0;
  ASSERT_TRUE(eventually([&] { return (check = check_waiting_for_lock()) != 0; }));
  caller.send(SIGKILL);
  int status = 0; // it becomes a child of this process when its caller has ended
  const bool ended = eventually([&] { return ::waitpid(check, &status, WNOHANG) == check; });
  ::close(lock);
  EXPECT_TRUE(ended) << "it continues, and nobody hears what it finds";
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

TEST_F(DamagedStore, AStoreThatChangesMeanwhileIsFoundWhole) {
  child stream(command({"emit", "--stdin"}));
  std::atomic<bool> looked_at{false};
  std::thread emitter([&] {
    for (int n = 1; !looked_at && stream.write(stdin_line(n)) && stream.next_line(); ++n) {
    }
  });
  EXPECT_TRUE(eventually([&] { return fs::exists(data()); }));
  auto what = command({});
  what.argv = {program_folder() + "/spec-kitty-store-check", "check", (home() / "queue").string()};
  for (int look = 0; look < 40; ++look) {
    const auto done = support::run(what);
    EXPECT_EQ(done.status, 0) << done.out << done.err;
  }
  looked_at = true;
  emitter.join();
  stream.close_input();
  stream.wait();
}

TEST_F(DamagedStore, AStoreThatAProcessHasOpenIsNotExchanged) {
  child stream(command({"emit", "--stdin"}));
  ASSERT_TRUE(stream.write(stdin_line(1)));
  ASSERT_TRUE(stream.next_line());
  std::string bytes = read_text(data());
  bytes[16] = 'x';
  write_text(data(), bytes);
  EXPECT_EQ(error_part(json_of({"sync", "repair"}, 6), "code"), "store_busy");
  stream.close_input();
  stream.wait();
}

} // namespace
} // namespace spec_kitty::support
