// Every reading command under strace, in every kind of home: it asks the kernel for no change and
// for no socket but a Unix one. The commands come from the program's own help, so that a new one
// stands on one of the two lists below or fails here.
#include "tests/support/cli_test.hpp"
#include "tests/support/own_mounts.hpp"
#include "tests/support/strace.hpp"

#include <algorithm>
#include <iterator>
#include <sstream>

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

/// By command: how it is called to read.
const std::map<std::string, std::vector<words>> reading = {
    {"events list",
     {{},
      {"--state", "dead"},
      {"--type", "HistoryAdded", "--limit", "1"},
      {"--state", "delivered"}}},
    {"events show", {{"01ARZ3NDEKTSV4RRFFQ69G5FAV"}}},
    {"events export", {{}, {"--state", "queued"}, {"--state", "delivered", "--since", "1d"}}},
    {"events stats", {{}}},
    {"events types", {{}, {"WPCreated"}}},
    {"auth status", {{}}},
    {"clock show", {{}}},
    {"sync status", {{}}},
    {"sync server", {{}}},
    {"sync daemon status", {{}}},
    {"sync daemon unit", {{}}},
    {"sync diagnose", {{}}},
    {"config list", {{}}},
    {"config get", {{"sync.timeout_s"}, {"no.such.key"}}},
    {"config path", {{}}},
    {"agent tasks status", {{}}},
    {"agent tasks list-tasks", {{}}},
    {"agent tasks list-dependents", {{"WP01"}}},
    {"report", {{}, {"--format", "csv"}}},
};

/// Reads until it is told to end.
const std::string following = "sync watch";

const std::set<std::string> writing = {
    "sync daemon run",
    "sync daemon start",
    "sync daemon stop",
    "sync daemon restart",
    "emit",
    "events retry",
    "events discard",
    "events acknowledge-drops",
    "sync acknowledge-loss",
    "clock reconcile",
    "clock renew",
    "auth login",
    "auth logout",
    "events import",
    "sync now",
    "sync opt-out",
    "sync opt-in",
    "sync doctor",
    "sync repair",
    "config set",
    "config unset",
    "dev-server",
    "board", // reads, but listens on a port: tests/app/board/local
    "init",
    "feature create",
    "implement",
    "orchestrate",
    "merge",
    "accept",
    "agent tasks move-task",
    "agent tasks mark-status",
    "agent tasks add-history",
    "agent tasks settle",
    "agent feature finalize-tasks",
};

/// The names below `Subcommands:` in a help text.
std::vector<std::string> subcommands(const std::string& help) {
  std::vector<std::string> names;
  bool listed = false;
  for (const auto& line : lines_of(help)) {
    if (listed && line.starts_with("  ") && line.size() > 2 && line[2] != ' ')
      names.push_back(line.substr(2, line.find(' ', 2) - 2));
    listed = listed || line == "Subcommands:";
  }
  return names;
}

words split(const std::string& path) {
  std::istringstream in(path);
  return {std::istream_iterator<std::string>(in), std::istream_iterator<std::string>()};
}

struct ReadingCommands : cli_test {
  void SetUp() override {
    if (!can_trace())
      GTEST_SKIP() << "strace is not installed, or may not trace here";
  }

  /// Every command below some words, as it is typed; groups left out.
  std::vector<std::string> commands(const words& above = {}) const {
    auto ask = above;
    ask.emplace_back("--help");
    const auto below = subcommands(cli(ask).out);
    std::string typed;
    for (const auto& word : above)
      typed += (typed.empty() ? "" : " ") + word;
    if (below.empty())
      return {typed};
    std::vector<std::string> all;
    for (const auto& name : below) {
      auto deeper = above;
      deeper.push_back(name);
      for (auto& command : commands(deeper))
        all.push_back(std::move(command));
    }
    return all;
  }

  void expect_clean(words arguments, std::initializer_list<int> statuses) const {
    const auto found = trace(command(arguments), root() / "trace");
    std::string called = "spec-kitty";
    for (const auto& word : arguments)
      called += " " + word;
    EXPECT_GT(found.lines, 10U) << called << " was not traced";
    EXPECT_NE(std::find(statuses.begin(), statuses.end(), found.done.status), statuses.end())
        << called << ": " << found.done.status << found.done.out << found.done.err;
    for (const auto& line : found.changes)
      ADD_FAILURE() << called << " asks for a change: " << line;
  }

  /// All reading commands, in words and in JSON; each ends in one of these ways.
  void expect_all_clean(std::initializer_list<int> statuses) const {
    for (const auto& [name, calls] : reading)
      for (auto arguments : calls) {
        const auto path = split(name);
        arguments.insert(arguments.begin(), path.begin(), path.end());
        expect_clean(arguments, statuses);
        arguments.emplace_back("--json");
        expect_clean(arguments, statuses);
      }
  }
};

TEST(Trace, EveryKindOfChangeIsSeen) {
  for (const char* line :
       {"7 openat(AT_FDCWD</w>, \"/h/x\", O_WRONLY|O_CREAT|O_TRUNC, 0600) = 3</h/x>",
        "7 openat(AT_FDCWD</w>, \"/h/x\", O_RDWR) = -1 EROFS (Read-only file system)",
        "7 openat(AT_FDCWD</w>, \"/h/queue/env/lock.mdb\", O_RDWR|O_TRUNC) = 3",
        "7 openat(AT_FDCWD</w>, \"/h/queue/env/data.mdb\", O_RDWR|O_CREAT, 0600) = 3",
        "7 creat(\"/h/x\", 0600) = 3", "71 write(3</h/x>, \"abc\", 3) = 3",
        "7 pwrite64(3</h/x>, \"abc\", 3, 0 <unfinished ...>", "7 mkdir(\"/h\", 0700) = 0",
        "7 renameat2(AT_FDCWD</w>, \"/h/x\", AT_FDCWD</w>, \"/h/y\", RENAME_EXCHANGE) = 0",
        "7 unlink(\"/h/x\") = -1 ENOENT (No such file or directory)", "7 fchmod(3</h/x>, 0600) = 0",
        "7 ftruncate(3</h/x>, 0) = 0",
        "7 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_SHARED, 4</h/queue/env/data.mdb>, 0) = 0x7",
        "7 socket(AF_INET, SOCK_STREAM, 0) = 3", "7 socket(AF_INET6, SOCK_DGRAM, 0) = 3"})
    EXPECT_TRUE(asks_for_change(line)) << line;
  for (const char* line :
       {"7 openat(AT_FDCWD</w>, \"/h/config.toml\", O_RDONLY|O_CLOEXEC) = 3</h/config.toml>",
        "7 openat(AT_FDCWD</w>, \"/h/queue/env/lock.mdb\", O_RDWR|O_CREAT|O_CLOEXEC, 0600) = 5",
        "7 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_SHARED, 5</h/queue/env/lock.mdb>, 0) = 0x7",
        "7 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7",
        "7 write(1<pipe:[1]>, \"mkdir(\", 6) = 6", "7 socket(AF_UNIX, SOCK_STREAM, 0) = 3",
        "7 +++ exited with 0 +++", ""})
    EXPECT_FALSE(asks_for_change(line)) << line;
}

TEST_F(ReadingCommands, OfTheHelpAreAllKnownHere) {
  const auto all = commands();
  EXPECT_GE(all.size(), 19U) << "the help was not understood";
  for (const auto& path : all) {
    EXPECT_TRUE(path == following || reading.contains(path) != writing.contains(path))
        << path << " stands on neither list of this test, or on both";
  }
}

TEST_F(ReadingCommands, WritingOnesAreSeenToWrite) {
  const auto found =
      trace(command({"emit", "WPStatusChanged", "--payload", good_payload}), root() / "trace");
  EXPECT_EQ(found.done.status, 0) << found.done.err;
  EXPECT_GT(found.changes.size(), 10U);
}

TEST_F(ReadingCommands, AreCleanWhereThereIsNoHome) {
  expect_all_clean({0, 1, 3});
  EXPECT_FALSE(fs::exists(home()));
}

TEST_F(ReadingCommands, AreCleanInAnEmptyHome) {
  fs::create_directory(home());
  expect_all_clean({0, 1, 3});
  EXPECT_TRUE(fs::is_empty(home()));
}

TEST_F(ReadingCommands, AreCleanInAHomeWithEvents) {
  emit(5);
  fs::remove(home() / "clock.json"); // what a reader must not bring back
  expect_all_clean({0, 1, 3});
  EXPECT_FALSE(fs::exists(home() / "clock.json"));
}

TEST_F(ReadingCommands, TheOneThatFollowsIsCleanToo) {
  emit(2);
  for (const char* form : {"--json", "--quiet"}) {
    auto watching = command({"sync", "watch", form});
    for (const char* word : {"2", "TERM", "-s", "timeout"})
      watching.argv.insert(watching.argv.begin(), word);
    const auto found = trace(watching, root() / "trace");
    EXPECT_NE(found.done.out, "");
    for (const auto& line : found.changes)
      ADD_FAILURE() << "sync watch asks for a change: " << line;
  }
}

TEST_F(ReadingCommands, AreCleanInAHomeWithASession) {
  logged_in();
  emit(3);
  EXPECT_EQ(cli({"sync", "now"}).status, 0);
  emit(2);
  expect_all_clean({0, 1, 3});
}

TEST_F(ReadingCommands, AreCleanInAHomeWithASessionThatIsOver) {
  emit(1);
  write_text(home() / "credentials",
             "[tokens]\naccess = \"a\"\nrefresh = \"r\"\naccess_expires_at = \"1\"\n"
             "refresh_expires_at = \"2\"\n[user]\nusername = \"ann\"\nteam_slug = \"t\"\n"
             "[server]\nurl = \"https://a.example:443\"\n");
  expect_all_clean({0, 1, 3});
}

TEST_F(ReadingCommands, AreCleanInAHomeWithADamagedStore) {
  emit(5);
  write_text(home() / "queue" / "env" / "data.mdb", std::string(100'000, 'x'));
  expect_all_clean({0, 1, 3, 6});
}

TEST_F(ReadingCommands, AreCleanInAHomeWithDamagedFiles) {
  emit(1);
  for (const char* name : {"config.toml", "credentials", "clock.json"})
    write_text(home() / name, "[not = this");
  expect_all_clean({0, 1, 3});
}

TEST_F(ReadingCommands, AreCleanInAReadOnlyHome) {
  emit(3);
  const bool bound =
      own_mounts() && ::mount(home().c_str(), home().c_str(), nullptr, MS_BIND, nullptr) == 0 &&
      ::mount("none", home().c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0;
  if (!bound)
    GTEST_SKIP() << "mounting is not permitted here";
  expect_all_clean({0, 1, 3});
  EXPECT_EQ(lines_of(cli({"events", "export"}).out).size(), 3U);
  ::umount2(home().c_str(), MNT_DETACH);
}

TEST_F(ReadingCommands, EveryHelpAndTheVersionAreClean) {
  emit(1);
  expect_clean({"--help"}, {0});
  expect_clean({"--version"}, {0});
  for (const auto& path : commands()) {
    auto arguments = split(path);
    arguments.emplace_back("--help");
    expect_clean(arguments, {0});
  }
  for (const char* group : {"events", "clock", "auth", "sync", "config", "agent"})
    expect_clean({group, "--help"}, {0});
}

} // namespace
} // namespace spec_kitty::support
