// What the older tool's files say that this program reads differently: each is named.
#include "actors/clock/foreign_mirror.hpp"
#include "app/chaos/process.hpp"
#include "config/older_home.hpp"

#include <gtest/gtest.h>

namespace spec_kitty {
namespace {

std::optional<std::string> remark(const std::string& key, const std::string& value) {
  return remark_on_older_key({key, value, toml_entry::kind::flag, 1});
}

TEST(OlderHome, KeysOfTheOlderToolNeedNoWordButForAChoiceNotToShare) {
  EXPECT_EQ(remark("sync.background_daemon", "auto"), "");
  EXPECT_EQ(remark("sync.repo_defaults.org/repo.enabled", "true"), "");
  EXPECT_EQ(remark("sync.checkout_overrides./home/ann/repo.enabled", "true"), "");
  EXPECT_NE(remark("sync.repo_defaults.org/repo.enabled", "false")->find("org/repo"),
            std::string::npos);
  EXPECT_NE(
      remark("sync.checkout_overrides./home/a.b/repo.enabled", "false")->find("/home/a.b/repo "),
      std::string::npos);
  for (const char* stranger : {"sync.background", "sync.repo_defaults", "repo_defaults.x.enabled"})
    EXPECT_EQ(remark(stranger, "false"), std::nullopt) << stranger;
}

TEST(OlderHome, ASessionOfAnotherServerIsAConflictAndItsTokenIsNotQuoted) {
  const support::temporary_folder home;
  EXPECT_EQ(session_conflict(home.path(), "https://b.example:443"), std::nullopt);
  support::write_text(home.path() / "credentials",
                      "[tokens]\naccess = \"secret\"\n[server]\nurl = \"https://a.example\"\n");
  EXPECT_EQ(session_conflict(home.path(), "https://a.example:443"), std::nullopt);
  EXPECT_EQ(session_conflict(home.path(), ""), std::nullopt);
  const auto conflict = session_conflict(home.path(), "https://b.example:443");
  ASSERT_TRUE(conflict);
  EXPECT_EQ(conflict->id, "session_of_another_server");
  EXPECT_NE(conflict->message.find("https://a.example:443"), std::string::npos);
  EXPECT_NE(conflict->message.find("https://b.example:443"), std::string::npos);
  EXPECT_EQ(conflict->message.find("secret"), std::string::npos);
}

TEST(OlderHome, EachForeignClockIsAConflictOfItsOwn) {
  const support::temporary_folder home;
  EXPECT_TRUE(clock_conflicts(home.path(), "bbbbbbbbbbbb").empty());
  EXPECT_TRUE(clock_conflicts(home.path() / "none", "bbbbbbbbbbbb").empty());
  for (const char* name : {"clock.json", "clock.json.aaaaaaaaaaaa", "clock.json.7.new"})
    support::write_text(
        home.path() / name,
        R"({"value":500,"node_id":"aaaaaaaaaaaa","updated_at":"2026-01-01T00:00:00Z"})");
  const auto found = clock_conflicts(home.path(), "bbbbbbbbbbbb");
  ASSERT_EQ(found.size(), 2U);
  for (const auto& entry : found) {
    EXPECT_EQ(entry.id, "clock_of_another_node");
    for (const char* part : {"clock.json", "aaaaaaaaaaaa at 500", "bbbbbbbbbbbb"})
      EXPECT_NE(entry.message.find(part), std::string::npos) << entry.message;
    EXPECT_NE(entry.remedy, "");
  }
}

} // namespace
} // namespace spec_kitty
