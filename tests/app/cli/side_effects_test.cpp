// Reading commands have no side effects, and secrets stay in the one file that is for them.
#include "config/credentials.hpp"
#include "tests/support/cli_test.hpp"

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

const std::vector<words> reading = {
    {"sync", "status"},
    {"sync", "status", "--json"},
    {"sync", "server"},
    {"events", "list"},
    {"events", "list", "--state", "dead", "--json"},
    {"events", "show", "01ARZ3NDEKTSV4RRFFQ69G5FAV"},
    {"events", "export"},
    {"events", "stats"},
    {"auth", "status"},
    {"clock", "show"},
    {"config", "list"},
    {"config", "get", "sync.timeout_s"},
    {"--help"},
    {"--version"},
    {"emit", "--help"},
    {"sync", "now", "--help"},
    {"auth", "login", "--help"},
    {"auth", "logout", "--help"},
    {"config", "set", "--help"},
    {"dev-server", "--help"},
};

struct SideEffects : cli_test {
  /// Every path below the test's folder with its size, times, mode and bytes.
  std::map<std::string, std::string> picture() const {
    std::map<std::string, std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(root())) {
      // LMDB's own table of readers lies there: what a reading transaction touches.
      if (entry.path().filename() == "lock.mdb")
        continue;
      const auto modified = entry.last_write_time().time_since_epoch().count();
      all[entry.path().string()] =
          std::to_string(modified) + " " +
          std::to_string(static_cast<unsigned>(entry.status().permissions())) + " " +
          (entry.is_regular_file() ? read_text(entry.path()) : std::string());
    }
    return all;
  }

  void expect_untouched() const {
    const auto before = picture();
    for (const auto& each : reading) {
      const auto done = cli(each);
      EXPECT_TRUE(done.status <= 1 || (each[0] == "auth" && done.status == 3)) << done.err;
      const auto after = picture();
      EXPECT_TRUE(after == before) << each[0] << " " << (each.size() > 1 ? each[1] : "");
    }
  }
};

TEST_F(SideEffects, AMissingHomeStaysMissing) {
  expect_untouched();
  EXPECT_FALSE(fs::exists(home()));
  EXPECT_FALSE(fs::exists(root() / "user" / ".spec-kitty"));
  EXPECT_TRUE(fs::is_empty(work()));
}

TEST_F(SideEffects, AnEmptyHomeStaysEmpty) {
  fs::create_directory(home());
  expect_untouched();
}

TEST_F(SideEffects, AHomeWithEventsAndASessionStaysAsItIs) {
  logged_in();
  emit(5);
  (void)server->stop();
  expect_untouched();
}

TEST_F(SideEffects, AHomeWithAnExpiredSessionStaysAsItIs) {
  logged_in({"--access-lifetime", "1"});
  emit();
  ASSERT_TRUE(eventually([this] {
    return text_of(json_of({"auth", "status"}), "state") == "expired";
  }));
  (void)server->stop();
  expect_untouched();
}

TEST_F(SideEffects, ARefusedEmissionLeavesTheHomeAsItIs) {
  emit();
  const auto before = picture();
  EXPECT_EQ(cli({"emit", "WPStatusChanged", "--payload", "{}"}).status, 1);
  EXPECT_EQ(cli({"emit", "WPStatusChanged", "--payload", "not json"}).status, 1);
  EXPECT_TRUE(picture() == before);
}

TEST_F(SideEffects, NoSecretIsWrittenAnywhereButIntoTheCredentials) {
  logged_in();
  emit(2);
  EXPECT_EQ(cli({"sync", "now"}).status, 0);
  emit(2);
  const std::string wrong = "a-wrong-password-nobody-should-see";
  EXPECT_EQ(cli({"auth", "login", "--username", "dev", "--password-stdin"}, wrong + "\n").status,
            3);
  server->kill();
  EXPECT_EQ(cli({"sync", "now"}).status, 4);
  const auto session = read_credentials(home());
  ASSERT_TRUE(session && *session);
  for (const auto& entry : fs::recursive_directory_iterator(root())) {
    const std::string name = entry.path().string();
    if (!entry.is_regular_file() || name.starts_with((root() / "server").string()))
      continue;
    const std::string bytes = read_text(entry.path());
    EXPECT_EQ(bytes.find(server->password()), std::string::npos) << name;
    EXPECT_EQ(bytes.find(wrong), std::string::npos) << name;
    if (entry.path().filename() == "credentials")
      continue;
    EXPECT_EQ(bytes.find((*session)->access), std::string::npos) << name;
    EXPECT_EQ(bytes.find((*session)->refresh), std::string::npos) << name;
  }
}

} // namespace
} // namespace spec_kitty::support
