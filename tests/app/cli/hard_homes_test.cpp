// Homes in hard places: network file systems, other users', odd paths. Each works, or is refused
// with status 6, its name and a remedy that works.
#include "tests/support/cli_test.hpp"
#include "tests/support/lies.hpp"

#include <sys/stat.h>
#include <unistd.h>

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

constexpr uid_t somebody = 65534;
const words one_event = {"emit", "WPStatusChanged", "--payload", good_payload};

struct HardHome : cli_test {
  /// Status 6, two lines that name the home, and the same as an object; the object.
  json_document expect_refused(launch what) const {
    const auto in_words = run(what);
    EXPECT_EQ(in_words.status, 6) << in_words.out << in_words.err;
    EXPECT_EQ(lines_of(in_words.err).size(), 2U) << in_words.err;
    EXPECT_NE(in_words.err.find(home().string()), std::string::npos) << in_words.err;
    what.argv.emplace_back("--json");
    auto answer = only_object(run(what));
    EXPECT_EQ(error_part(answer, "code"), "store_unusable");
    EXPECT_NE(error_part(answer, "hint"), "");
    return answer;
  }

  /// Records, logs in, syncs, looks.
  void expect_whole_life() {
    logged_in();
    emit(3);
    EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 3);
    emit(2);
    EXPECT_EQ(number_in(json_of({"sync", "status"}), {"queue", "queued"}), 2);
    EXPECT_EQ(number_in(parsed(read_text(home() / "clock.json")), {"value"}),
              number_in(json_of({"clock", "show"}), {"value"}));
  }

  launch over_nfs(words arguments, const char* magic = "0x6969") const {
    auto what = command(std::move(arguments));
    for (const auto& [name, value] :
         on_file_system(SPEC_KITTY_BIN_DIR "/spec_kitty_lie_shim.so", root().string(), magic))
      what.env[name] = value;
    return what;
  }
};

TEST_F(HardHome, OnANetworkFileSystemEveryStoreCommandIsRefusedAndNothingIsMade) {
  if (!can_preload())
    GTEST_SKIP() << "nothing is preloaded beside AddressSanitizer";
  for (const words& each :
       {one_event, words{"sync", "now"}, words{"auth", "login", "--username", "ann"},
        words{"clock", "reconcile"}, words{"events", "retry", "--all"}}) {
    const auto answer = expect_refused(over_nfs(each));
    EXPECT_NE(error_part(answer, "message").find("(nfs)"), std::string::npos);
    EXPECT_NE(error_part(answer, "hint").find("--home DIR or SPEC_KITTY_HOME"), std::string::npos);
  }
  for (const auto& [magic, name] :
       {std::pair("0xff534d42", "(cifs)"), std::pair("0x01021997", "(9p)")})
    EXPECT_NE(error_part(expect_refused(over_nfs(one_event, magic)), "message").find(name),
              std::string::npos);
  EXPECT_FALSE(fs::exists(home()));
  EXPECT_EQ(run(over_nfs({"sync", "status"})).status, 0) << "there is no store to misread";
}

TEST_F(HardHome, AStoreThatLiesOnANetworkFileSystemNowIsNotEvenRead) {
  if (!can_preload())
    GTEST_SKIP() << "nothing is preloaded beside AddressSanitizer";
  emit(2);
  for (const words& each : {words{"sync", "status"}, words{"events", "list"},
                            words{"events", "export"}, words{"clock", "show"}})
    expect_refused(over_nfs(each));
  EXPECT_EQ(run(over_nfs({"config", "list"})).status, 0);
  EXPECT_EQ(run(over_nfs({"config", "set", "sync.timeout_s", "5"})).status, 0);
  EXPECT_EQ(run(over_nfs({"auth", "logout"})).status, 0);
  EXPECT_EQ(lines_of(cli({"events", "export"}).out).size(), 2U);
}

struct OthersHome : HardHome {
  /// Gives everything in and below to another user.
  static void give_away(const fs::path& what) {
    ASSERT_EQ(::lchown(what.c_str(), somebody, somebody), 0);
    if (!fs::is_directory(what))
      return;
    for (const auto& entry : fs::recursive_directory_iterator(what))
      ASSERT_EQ(::lchown(entry.path().c_str(), somebody, somebody), 0);
  }
  launch as_somebody(words arguments) const {
    auto what = command(std::move(arguments));
    what.argv.insert(what.argv.begin(),
                     {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
    return what;
  }
  void SetUp() override {
    if (::geteuid() != 0)
      GTEST_SKIP() << "only root can give files away";
    fs::permissions(root(), fs::perms::others_read | fs::perms::others_exec, fs::perm_options::add);
    if (support::run(as_somebody({"--version"})).status != 0)
      GTEST_SKIP() << "the build tree is closed to other users";
  }
  /// Paths in the home that root owns.
  std::vector<std::string> roots_own() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(home())) {
      struct stat info {};
      if (::lstat(entry.path().c_str(), &info) == 0 && info.st_uid == 0)
        found.push_back(entry.path().string());
    }
    return found;
  }
};

TEST_F(OthersHome, IsNeverWrittenByRootAndItsOwnerIsNamed) {
  server_set();
  emit(2);
  give_away(home());
  for (const words& each :
       {one_event, words{"sync", "now"}, words{"config", "set", "sync.timeout_s", "5"},
        words{"sync", "server", "https://sync.example.com"}, words{"auth", "logout"},
        words{"auth", "login", "--username", "ann"}, words{"clock", "reconcile"},
        words{"events", "retry", "--all"}}) {
    const auto answer = expect_refused(command(each));
    EXPECT_NE(error_part(answer, "message").find("uid 65534"), std::string::npos);
    EXPECT_NE(error_part(answer, "hint").find("--home"), std::string::npos);
  }
  EXPECT_EQ(lines_of(cli({"events", "export"}).out).size(), 2U) << "root may look";
  EXPECT_EQ(roots_own(), std::vector<std::string>{});
  EXPECT_EQ(run(as_somebody(one_event)).status, 0) << "the remedy: run it as the owner";
}

TEST_F(OthersHome, IsNotMadeByRootInAnotherUsersFolder) {
  const fs::path user = root() / "user";
  give_away(user);
  auto what = command(one_event);
  what.env.erase("SPEC_KITTY_HOME"); // the usual home of the user, as `sudo` without -H leaves it
  const auto done = run(what);
  EXPECT_EQ(done.status, 6);
  EXPECT_NE(done.err.find((user / ".spec-kitty").string()), std::string::npos) << done.err;
  EXPECT_TRUE(fs::is_empty(user));
}

TEST_F(OthersHome, WithAPartThatRootLeftThereIsNamedWithTheCommandThatMendsIt) {
  emit(2);
  give_away(home());
  const fs::path data = home() / "queue" / "env" / "data.mdb";
  ASSERT_EQ(::chown(data.c_str(), 0, 0), 0);
  const auto answer = expect_refused(as_somebody(one_event));
  EXPECT_NE(error_part(answer, "message").find(data.string()), std::string::npos);
  EXPECT_NE(error_part(answer, "hint").find("sudo chown -R"), std::string::npos);
  give_away(data); // what the remedy does
  EXPECT_EQ(run(as_somebody(one_event)).status, 0);
}

TEST_F(HardHome, WithAPathOf300CharactersSpacesAndUnicodeWorks) {
  fs::path deep = root();
  while (deep.string().size() < 300)
    deep /= "Ünïcode 🐱 and  spaces – 'quoted' \"twice\" $HOME";
  env["SPEC_KITTY_HOME"] = deep.string();
  logged_in();
  emit(3);
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 3);
  emit(1);
  const auto status = json_of({"sync", "status"});
  EXPECT_EQ(text_of(status, "home"), deep.string());
  EXPECT_EQ(number_in(status, {"queue", "queued"}), 1);
  EXPECT_TRUE(fs::exists(deep / "clock.json"));
  EXPECT_EQ(cli({"auth", "logout"}).status, 0);
}

TEST_F(HardHome, ThatIsALinkToAFolderWorks) {
  fs::create_directory(root() / "real");
  fs::create_directory_symlink(root() / "real", home());
  expect_whole_life();
  EXPECT_TRUE(fs::is_symlink(home()));
  EXPECT_TRUE(fs::exists(root() / "real" / "queue" / "env" / "data.mdb"));
  env["SPEC_KITTY_HOME"] = (root() / "real").string();
  EXPECT_EQ(number_in(json_of({"sync", "status"}), {"queue", "queued"}), 2) << "one store";
}

TEST_F(HardHome, ThatIsALinkToNothingIsNamed) {
  fs::create_directory_symlink(root() / "gone", home());
  expect_refused(command(one_event));
  expect_refused(command({"config", "set", "sync.timeout_s", "5"}));
  EXPECT_FALSE(fs::exists(root() / "gone"));
}

TEST_F(HardHome, BelowAFileIsNamed) {
  write_text(home(), "a file");
  env["SPEC_KITTY_HOME"] = (home() / "below").string();
  expect_refused(command(one_event));
  expect_refused(command({"config", "set", "sync.timeout_s", "5"}));
  EXPECT_EQ(read_text(home()), "a file");
}

TEST_F(HardHome, ACopyIsAnotherNodeAndSaysSoOnce) {
  emit(2);
  const auto copy = root() / "copy";
  fs::copy(home(), copy, fs::copy_options::recursive);
  fs::permissions(copy, fs::perms::owner_all);
  const auto record = [&](const fs::path& where) {
    auto words = one_event;
    words.insert(words.begin(), {"--home", where.string()});
    const auto done = cli(std::move(words));
    EXPECT_EQ(done.status, 0) << done.err;
    return done.err;
  };
  const auto node_of = [&](const fs::path& where) {
    return text_of(json_of({"--home", where.string(), "clock", "show"}), "node_id").value_or("");
  };
  const auto before = node_of(home());
  EXPECT_EQ(record(home()).find("warning"), std::string::npos);
  const auto words = record(copy);
  EXPECT_NE(words.find("warning: this home was copied, or restored: what it records from now on is "
                       "of the node " +
                       node_of(copy) + ", not " + before),
            std::string::npos)
      << words;
  EXPECT_EQ(record(copy).find("warning"), std::string::npos) << "once";
  EXPECT_EQ(node_of(home()), before);
  const auto mirror = parsed(read_text(copy / "clock.json"));
  EXPECT_EQ(text_of(mirror, "node_id"), node_of(copy));
  EXPECT_FALSE(fs::exists(copy / ("clock.json." + before))) << "it is the same clock";
}

TEST_F(HardHome, ANodeIdIsRenewedByHand) {
  emit();
  const auto before = text_of(json_of({"clock", "show"}), "node_id");
  const auto renewed = json_of({"clock", "renew"});
  EXPECT_EQ(text_of(renewed, "former_node_id"), before);
  EXPECT_NE(text_of(renewed, "node_id"), before);
  EXPECT_EQ(text_of(json_of({"clock", "show"}), "node_id"), text_of(renewed, "node_id"));
  EXPECT_EQ(text_of(parsed(read_text(home() / "clock.json")), "node_id"),
            text_of(renewed, "node_id"));
}

} // namespace
} // namespace spec_kitty::support
