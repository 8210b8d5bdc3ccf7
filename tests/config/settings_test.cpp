// Configuration: defaults < file < environment, each with its origin; bad values name their place.
#include "app/chaos/process.hpp"
#include "config/settings.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace spec_kitty {
namespace {

using support::read_text;
using support::write_text;

/// A home of its own; the process's environment is clean before and after.
class Settings : public testing::Test {
protected:
  Settings() { clear(); }
  ~Settings() override { clear(); }

  static void clear() {
    for (const auto& key : setting_keys())
      ::unsetenv(environment_name(key.name).c_str());
  }
  void write(std::string_view text) const { write_text(home / "config.toml", text); }
  settings load() const {
    auto loaded = settings::load(home);
    EXPECT_TRUE(loaded) << (loaded ? "" : loaded.error().message);
    return loaded ? std::move(*loaded) : settings{};
  }
  failure refusal() const {
    const auto loaded = settings::load(home);
    EXPECT_FALSE(loaded);
    return loaded ? failure{} : loaded.error();
  }

  support::temporary_folder folder;
  std::filesystem::path home = folder.path();
};

TEST_F(Settings, WithoutAFileAreTheDefaults) {
  const auto config = load();
  for (const auto& key : setting_keys()) {
    EXPECT_EQ(config.text(key.name), key.fallback) << key.name;
    EXPECT_EQ(config.at(key.name).origin, "default") << key.name;
  }
  EXPECT_EQ(config.number("sync.max_queue_size"), 10000);
  EXPECT_EQ(config.number("sync.batch_events"), 1000);
  EXPECT_EQ(config.number("sync.batch_bytes"), 524288);
  EXPECT_EQ(config.number("sync.timeout_s"), 60);
  EXPECT_EQ(config.number("sync.max_retries"), 5);
  EXPECT_EQ(config.number("sync.busy_timeout_ms"), 2000);
  EXPECT_TRUE(config.text("sync.server_url").empty());
}

TEST_F(Settings, EveryDefaultIsAllowed) {
  for (const auto& key : setting_keys())
    EXPECT_TRUE(check_setting(key, key.fallback)) << key.name;
}

TEST_F(Settings, FileOverridesDefaultAndEnvironmentOverridesFile) {
  write("[sync]\nbatch_events = 10\ntimeout_s = 9\n");
  ::setenv("SPEC_KITTY_SYNC_BATCH_EVENTS", "20", 1);
  const auto config = load();
  EXPECT_EQ(config.number("sync.batch_events"), 20);
  EXPECT_EQ(config.at("sync.batch_events").origin, "environment");
  EXPECT_EQ(config.number("sync.timeout_s"), 9);
  EXPECT_EQ(config.at("sync.timeout_s").origin, "file");
  EXPECT_TRUE(config.warnings().empty());
}

TEST_F(Settings, EmptyEnvironmentVariableIsNone) {
  write("[sync]\nbatch_events = 10\n");
  ::setenv("SPEC_KITTY_SYNC_BATCH_EVENTS", "", 1);
  EXPECT_EQ(load().at("sync.batch_events").origin, "file");
}

TEST_F(Settings, UnknownKeyIsAWarningThatNamesIt) {
  write("[sync]\nbatch_event = 10\n[color]\nsky = \"blue\"\n");
  const auto config = load();
  ASSERT_EQ(config.warnings().size(), 2U);
  const std::string both = config.warnings()[0] + config.warnings()[1];
  EXPECT_NE(both.find("sync.batch_event "), std::string::npos) << both;
  EXPECT_NE(both.find("line 4: unknown key color.sky"), std::string::npos) << both;
}

TEST_F(Settings, BadValueNamesFileLineKeyAndWhatIsAllowed) {
  const struct {
    const char* text;
    const char* place;
    const char* allowed;
  } cases[] = {
      {"[sync]\nbatch_events = 0\n", "line 2: sync.batch_events", "from 1 to 100000"},
      {"[sync]\n\nbatch_events = 100001\n", "line 3: sync.batch_events", "from 1 to 100000"},
      {"[sync]\nbatch_events = \"10\"\n", "line 2: sync.batch_events", "whole number"},
      {"[sync]\nbatch_events = 1.5\n", "line 2: sync.batch_events", "whole number"},
      {"[sync]\noverflow = \"drop\"\n", "line 2: sync.overflow", "one of"},
      {"[sync]\nserver_url = 7\n", "line 2: sync.server_url", "URL in quotes"},
      {"[tls]\nca_file = true\n", "line 2: tls.ca_file", "an absolute path in quotes"},
  };
  for (const auto& test_case : cases) {
    write(test_case.text);
    const auto why = refusal();
    EXPECT_EQ(why.code, ec::bad_config) << test_case.text;
    EXPECT_NE(why.message.find((home / "config.toml").string()), std::string::npos) << why.message;
    EXPECT_NE(why.message.find(test_case.place), std::string::npos) << why.message;
    EXPECT_NE(why.hint.find(test_case.allowed), std::string::npos) << why.hint;
  }
}

TEST_F(Settings, ServerInTheFileMustBeOneTheProtocolTakes) {
  write("[sync]\nserver_url = \"http://example.com\"\n");
  const auto why = refusal();
  EXPECT_EQ(why.code, ec::bad_url);
  EXPECT_NE(why.message.find("line 2"), std::string::npos);
}

TEST_F(Settings, BadEnvironmentValueNamesTheVariable) {
  ::setenv("SPEC_KITTY_SYNC_TIMEOUT_S", "soon", 1);
  const auto why = refusal();
  EXPECT_EQ(why.code, ec::bad_config);
  EXPECT_NE(why.message.find("SPEC_KITTY_SYNC_TIMEOUT_S"), std::string::npos);
}

TEST_F(Settings, NumberTooLargeForTheMachineIsABadValue) {
  ::setenv("SPEC_KITTY_SYNC_TIMEOUT_S", "99999999999999999999", 1);
  EXPECT_EQ(refusal().code, ec::bad_config);
}

TEST_F(Settings, BrokenFileNamesTheLine) {
  write("[sync]\nbatch_events = = 4\n");
  const auto why = refusal();
  EXPECT_EQ(why.code, ec::bad_config);
  EXPECT_NE(why.message.find("line 2"), std::string::npos);
}

TEST_F(Settings, FolderInPlaceOfTheFileIsAnErrorThatNamesIt) {
  std::filesystem::create_directory(home / "config.toml");
  EXPECT_NE(refusal().message.find("config.toml"), std::string::npos);
}

TEST_F(Settings, SetWritesOneKeyAndKeepsTheRest) {
  write("# mine\n[sync]\ntimeout_s = 9 # short\n");
  ASSERT_TRUE(set_setting(home, "sync.batch_events", "20"));
  ASSERT_TRUE(set_setting(home, "sync.server_url", "https://example.com"));
  EXPECT_EQ(read_text(home / "config.toml"),
            "# mine\n[sync]\ntimeout_s = 9 # short\nbatch_events = 20\n"
            "server_url = \"https://example.com\"\n");
  EXPECT_EQ(load().number("sync.batch_events"), 20);
}

TEST_F(Settings, SetMakesAPrivateHome) {
  home /= "deep/home";
  ASSERT_TRUE(set_setting(home, "sync.batch_events", "20"));
  EXPECT_EQ(std::filesystem::status(home).permissions(), std::filesystem::perms::owner_all);
}

TEST_F(Settings, RefusedSetLeavesTheFileUntouched) {
  const std::string before = "[sync]\nserver_url = \"https://old.example.com\"\n";
  write(before);
  EXPECT_EQ(set_setting(home, "sync.server_url", "http://example.com").error().code, ec::bad_url);
  EXPECT_EQ(set_setting(home, "sync.batch_events", "0").error().code, ec::bad_config);
  EXPECT_EQ(set_setting(home, "sync.nothing", "0").error().code, ec::not_found);
  EXPECT_EQ(read_text(home / "config.toml"), before);
}

TEST_F(Settings, SetRefusesAFileItCannotEdit) {
  for (const char* before : {"[sync]\n\"batch_events\" = 5\n", "sync = { batch_events = 5 }\n",
                             "[tls]\nca_file = = 5\n"}) {
    write(before);
    EXPECT_EQ(set_setting(home, "sync.batch_events", "20").error().code, ec::bad_config) << before;
    EXPECT_EQ(read_text(home / "config.toml"), before);
  }
}

TEST_F(Settings, SetMendsTheBrokenValueItReplaces) {
  write("[sync]\nbatch_events = = 5\n");
  ASSERT_TRUE(set_setting(home, "sync.batch_events", "20"));
  EXPECT_EQ(load().number("sync.batch_events"), 20);
}

TEST(EnvironmentName, IsTheKeyInCapitals) {
  EXPECT_EQ(environment_name("sync.server_url"), "SPEC_KITTY_SYNC_SERVER_URL");
}

} // namespace
} // namespace spec_kitty
