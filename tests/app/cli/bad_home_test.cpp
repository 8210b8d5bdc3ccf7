// A home that cannot be read, cannot be made, or is full: status 6, the remedy, nothing lost.
#include "tests/support/cli_test.hpp"
#include "tests/support/own_mounts.hpp"

#include <fstream>
#include <unistd.h>

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

struct BadHome : cli_test {
  /// The same command by somebody who owns nothing here; the caller itself, where that is not root.
  launch as_foreign_user(words arguments) const {
    auto what = command(std::move(arguments));
    if (::geteuid() == 0)
      what.argv.insert(what.argv.begin(),
                       {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
    return what;
  }

  void SetUp() override {
    fs::permissions(root(), fs::perms::others_read | fs::perms::others_exec, fs::perm_options::add);
    if (support::run(as_foreign_user({"--version"})).status != 0)
      GTEST_SKIP() << "no other user can be taken on, or the build tree is closed to others";
  }

  void TearDown() override {
    if (fs::exists(home()))
      fs::permissions(home(), fs::perms::owner_all, fs::perm_options::add);
    fs::permissions(root(), fs::perms::owner_all, fs::perm_options::add);
  }

  void expect_refused(const words& arguments) const {
    const auto in_words = run(as_foreign_user(arguments));
    EXPECT_EQ(in_words.status, 6) << in_words.out << in_words.err;
    EXPECT_EQ(lines_of(in_words.err).size(), 2U) << in_words.err;
    EXPECT_NE(in_words.err.find(home().string()), std::string::npos) << in_words.err;
    words with_json = arguments;
    with_json.emplace_back("--json");
    const auto answer = only_object(run(as_foreign_user(with_json)));
    EXPECT_EQ(error_part(answer, "code"), "store_unusable");
    const auto message = error_part(answer, "message"); // a change is refused before it is tried
    EXPECT_TRUE(message.find("Permission denied") != std::string::npos ||
                message.find("belongs to root (uid 0)") != std::string::npos)
        << message;
    EXPECT_NE(error_part(answer, "hint").find("--home"), std::string::npos);
  }
};

TEST_F(BadHome, OneThatCannotBeReadIsNamedByEveryCommand) {
  emit(3);
  fs::permissions(home(), ::geteuid() == 0 ? fs::perms::owner_all : fs::perms::none);
  for (const words& each :
       {words{"sync", "status"}, words{"sync", "now"}, words{"events", "list"},
        words{"events", "stats"}, words{"clock", "show"}, words{"auth", "status"},
        words{"config", "list"}, words{"emit", "WPStatusChanged", "--payload", good_payload}})
    expect_refused(each);
  fs::permissions(home(), fs::perms::owner_all);
  EXPECT_EQ(lines_of(cli({"events", "export"}).out).size(), 3U);
}

TEST_F(BadHome, OneThatCannotBeMadeIsNamed) {
  fs::permissions(root(), fs::perms::others_write | fs::perms::owner_write,
                  fs::perm_options::remove);
  expect_refused({"emit", "WPStatusChanged", "--payload", good_payload});
  expect_refused({"config", "set", "sync.timeout_s", "5"});
}

TEST_F(BadHome, AStoreThatCannotBeWrittenIsNamedAndStillShown) {
  emit(2);
  if (::geteuid() != 0)
    GTEST_SKIP() << "needs files of another owner";
  for (const auto& entry : fs::recursive_directory_iterator(home()))
    fs::permissions(entry.path(),
                    entry.is_directory() ? fs::perms::others_read | fs::perms::others_exec
                                         : fs::perms::others_read,
                    fs::perm_options::add);
  fs::permissions(home(), fs::perms::others_read | fs::perms::others_exec, fs::perm_options::add);
  expect_refused({"emit", "WPStatusChanged", "--payload", good_payload});
  EXPECT_EQ(lines_of(cli({"events", "export"}).out).size(), 2U);
}

/// A small file system of its own at the home.
struct FullHome : cli_test {
  bool mount_home(const char* size) const {
    fs::create_directory(home());
    const std::string options = std::string("mode=0700,size=") + size;
    return mount_tmpfs_at(home(), options);
  }
  void TearDown() override { ::umount2(home().c_str(), MNT_DETACH); }
};

TEST_F(FullHome, SpillsThenRefusesWithTheRemedyAndKeepsWhatWasAnswered) {
  if (!mount_home("4m"))
    GTEST_SKIP() << "mounting is not permitted here";
  server_set();
  ASSERT_EQ(log_in(*server).status, 0);
  write_text(home() / "ballast", std::string(2 << 20, 'b'));
  std::vector<std::string> answered;
  std::int64_t spilled = 0;
  finished last;
  for (int round = 0; round < 60 && last.status != 6; ++round) {
    std::string input;
    for (int i = 0; i < 50; ++i)
      input += R"({"event_type":"HistoryAdded","payload":{"wp_id":"WP01","entry_type":"note",)"
               R"("entry_content":")" +
               std::string(1500, 'x') + "\"}}\n";
    last = cli({"emit", "--stdin"}, input);
    ASSERT_EQ(lines_of(last.out).size(), 50U) << last.err;
    for (const auto& line : lines_of(last.out))
      if (number_in(parsed(line), {"lamport_clock"}) > 0)
        answered.push_back(line);
      else if (line == R"({"spilled":true})")
        ++spilled;
  }
  ASSERT_EQ(last.status, 6) << "the disk never was full";
  const auto refused = json_of({"emit", "WPStatusChanged", "--payload", good_payload}, 6);
  EXPECT_EQ(error_part(refused, "code"), "store_full");
  EXPECT_NE(error_part(refused, "hint").find("disk space"), std::string::npos);
  EXPECT_EQ(ids_of(lines_of(cli({"events", "export"}).out)), ids_of(answered));
  EXPECT_NE(error_part(refused, "message").find("1 event NOT recorded"), std::string::npos);
  EXPECT_GT(spilled, 0);
  EXPECT_EQ(number_in(json_of({"sync", "status"}), {"queue", "spilled"}), spilled);

  fs::remove(home() / "ballast");
  EXPECT_EQ(cli({"emit", "WPStatusChanged", "--payload", good_payload}).status, 0);
  const auto report = json_of({"sync", "now"});
  EXPECT_EQ(number_in(report, {"synced"}),
            static_cast<std::int64_t>(answered.size()) + spilled + 1);
}

TEST_F(FullHome, WithNoRoomForAStoreAtAllSaysSoAndWorksLater) {
  if (!mount_home("4m"))
    GTEST_SKIP() << "mounting is not permitted here";
  {
    std::ofstream filler(home() / "ballast", std::ios::binary);
    while (filler.write(std::string(4096, 'b').c_str(), 4096).flush()) {
    }
  }
  const auto refused = json_of({"emit", "WPStatusChanged", "--payload", good_payload}, 6);
  EXPECT_EQ(error_part(refused, "code"), "store_full");
  fs::remove(home() / "ballast");
  EXPECT_EQ(cli({"emit", "WPStatusChanged", "--payload", good_payload}).status, 0);
  EXPECT_EQ(lines_of(cli({"events", "export"}).out).size(), 1U);
}

} // namespace
} // namespace spec_kitty::support
