// The credentials file: private, whole, and past every damage.
#include "app/chaos/process.hpp"
#include "config/credentials.hpp"
#include "util/files.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace spec_kitty {
namespace {

namespace fs = std::filesystem;
using support::read_text;
using support::write_text;

credentials session_of(const std::string& access = "access-1") {
  return {access, "refresh-1", 1'770'000'900, 1'770'604'800, "ann", "team-a", "https://a:443"};
}

class Credentials : public testing::Test {
protected:
  result<std::optional<credentials>> put(const std::optional<credentials>& session) const {
    return update_credentials(home, [&](const auto&) { return session; });
  }
  std::optional<credentials> held() const {
    const auto session = read_credentials(home);
    EXPECT_TRUE(session) << (session ? "" : session.error().message);
    return session ? *session : std::nullopt;
  }

  support::temporary_folder folder;
  fs::path home = folder.path() / "home";
  fs::path file = home / "credentials";
};

TEST_F(Credentials, AreNoneInAHomeThatDoesNotExist) {
  EXPECT_EQ(held(), std::nullopt);
  EXPECT_FALSE(fs::exists(home)); // reading makes nothing
}

TEST_F(Credentials, RoundTripWhateverTheServerCallsThings) {
  credentials odd = session_of("a+b/c=._~");
  odd.username = "ann \"the\" cat\\ é\n";
  odd.team_slug = "team ☂";
  ASSERT_TRUE(put(odd));
  EXPECT_EQ(held(), odd);
}

TEST_F(Credentials, HoldTheKeyOfARefreshOnlyWhileItCounts) {
  credentials session = session_of();
  ASSERT_TRUE(put(session));
  EXPECT_EQ(read_text(file).find("refresh_key"), std::string::npos);
  session.refresh_key = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  ASSERT_TRUE(put(session));
  EXPECT_EQ(held(), session);
  session.refresh_key = {};
  ASSERT_TRUE(put(session));
  EXPECT_EQ(held(), session);
  EXPECT_EQ(read_text(file).find("01ARZ3"), std::string::npos);
}

TEST_F(Credentials, ArePrivateInAPrivateHome) {
  ASSERT_TRUE(put(session_of()));
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(fs::status(home).permissions(), fs::perms::owner_all);
}

TEST_F(Credentials, AreTextInThreeTables) {
  ASSERT_TRUE(put(session_of()));
  EXPECT_EQ(read_text(file), "[tokens]\naccess = \"access-1\"\nrefresh = \"refresh-1\"\n"
                             "access_expires_at = \"2026-02-02T02:55:00+00:00\"\n"
                             "refresh_expires_at = \"2026-02-09T02:40:00+00:00\"\n\n"
                             "[user]\nusername = \"ann\"\nteam_slug = \"team-a\"\nrole = \"\"\n\n"
                             "[server]\nurl = \"https://a:443\"\n");
}

TEST_F(Credentials, TimesMayBeNumbersOrRfc3339) {
  fs::create_directory(home);
  write_text(file, "[tokens]\naccess = \"a\"\nrefresh = \"r\"\naccess_expires_at = 1770000900\n"
                   "refresh_expires_at = \"2026-02-02T02:55:00+00:00\"\n");
  ASSERT_TRUE(held());
  EXPECT_EQ(held()->access_expires_at, 1'770'000'900);
  EXPECT_EQ(held()->refresh_expires_at, 1'770'000'900);
}

TEST_F(Credentials, TimesOfTheOlderToolAreUtcWhereTheyNameNoZone) {
  fs::create_directory(home);
  for (const char* text :
       {"\"2026-02-02T02:55:00+00:00\"", "\"2026-02-02T02:55:00.123456+00:00\"",
        "\"2026-02-02T02:55:00Z\"", "\"2026-02-02T02:55:00\"", "\"2026-02-02 02:55:00.5\"",
        "\"2026-02-02T03:55:00+01:00\"", "2026-02-02T02:55:00", "2026-02-02T02:55:00Z",
        "2026-02-02 02:55:00+00:00", "\"1770000900\"", "\"1770000900.75\""}) {
    write_text(file, "[tokens]\naccess = \"a\"\naccess_expires_at = " + std::string(text) + "\n");
    ASSERT_TRUE(held()) << text;
    EXPECT_EQ(held()->access_expires_at, 1'770'000'900) << text;
  }
}

TEST_F(Credentials, ServerIsItsOriginHoweverTheOlderToolWroteIt) {
  fs::create_directory(home);
  const std::pair<const char*, const char*> written[] = {
      {"https://a.example", "https://a.example:443"},
      {"https://A.example/", "https://a.example:443"},
      {"https://a.example:8443/sync", "https://a.example:8443"},
      {"http://127.0.0.1:8000", "http://127.0.0.1:8000"},
      {"http://a.example", "http://a.example"}, // no server that a token may go to: equals none
      {"https://ann:secret@a.example", ""},
      {"", ""}};
  for (const auto& [text, origin] : written) {
    write_text(file, "[tokens]\naccess = \"a\"\n[server]\nurl = \"" + std::string(text) + "\"\n");
    ASSERT_TRUE(held());
    EXPECT_EQ(held()->server, origin) << text;
  }
}

TEST_F(Credentials, WhatElseStandsInTheFileIsKeptForTheSameAccountAndGoesWithAnother) {
  fs::create_directory(home);
  write_text(file,
             "# mine\n[tokens]\naccess = \"a\"\nrefresh = \"r\"\n\n[user]\nusername = \"ann\"\n"
             "display_name = \"Ann\"\n\n[server]\nurl = \"https://a\"\n\n[more]\nthing = [1, 2]\n");
  ASSERT_TRUE(put(session_of("access-2")));
  EXPECT_EQ(held(), session_of("access-2"));
  for (const char* kept : {"# mine\n", "display_name = \"Ann\"\n", "[more]\nthing = [1, 2]\n"})
    EXPECT_NE(read_text(file).find(kept), std::string::npos) << read_text(file);
  credentials other = session_of("access-3");
  other.username = "bob";
  ASSERT_TRUE(put(other));
  EXPECT_EQ(read_text(file), render_credentials(other));
}

TEST_F(Credentials, AFileThatCannotBeEditedIsWrittenAnew) {
  fs::create_directory(home);
  write_text(file, "tokens = {access = \"a\", refresh = \"r\"}\nuser = {username = \"ann\"}\n"
                   "server = {url = \"https://a\"}\n");
  ASSERT_TRUE(put(session_of("access-2")));
  EXPECT_EQ(held(), session_of("access-2"));
}

TEST_F(Credentials, TimeThatIsNoneIsLongPast) {
  fs::create_directory(home);
  for (const char* text : {"soon", "2026", "2026-02-30T00:00:00", "17x", ""}) {
    write_text(file,
               "[tokens]\naccess = \"a\"\naccess_expires_at = \"" + std::string(text) + "\"\n");
    ASSERT_TRUE(held());
    EXPECT_LT(held()->access_expires_at, 3000) << text;
  }
}

TEST_F(Credentials, FileWithoutTokensIsNoSession) {
  fs::create_directory(home);
  for (const char* text : {"", "[user]\nusername = \"ann\"\n", "[tokens]\naccess = \"\"\n"}) {
    write_text(file, text);
    EXPECT_EQ(held(), std::nullopt) << text;
  }
}

TEST_F(Credentials, DamagedFileIsNamedAndNeverQuoted) {
  fs::create_directory(home);
  write_text(file, "[tokens]\naccess = \"s3cret\nrefresh = s3cret\n");
  const auto session = read_credentials(home);
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, ec::bad_config);
  EXPECT_NE(session.error().message.find(file.string()), std::string::npos);
  EXPECT_EQ(session.error().message.find("s3cret"), std::string::npos);
}

TEST_F(Credentials, LoginGetsPastADamagedFile) {
  fs::create_directory(home);
  write_text(file, "\xff\xfe not toml");
  ASSERT_TRUE(put(session_of()));
  EXPECT_EQ(held(), session_of());
}

TEST_F(Credentials, LogoutGetsPastADamagedFile) {
  fs::create_directory(home);
  write_text(file, "not toml");
  const auto was = forget_session(home);
  ASSERT_TRUE(was);
  EXPECT_FALSE(fs::exists(file));
}

TEST_F(Credentials, LogoutRemovesTheFileAndSaysWhetherThereWasASession) {
  ASSERT_TRUE(put(session_of()));
  EXPECT_TRUE(*forget_session(home));
  EXPECT_FALSE(fs::exists(file));
  EXPECT_FALSE(*forget_session(home));
}

TEST_F(Credentials, LogoutMakesNoHome) {
  EXPECT_FALSE(*forget_session(home));
  EXPECT_FALSE(fs::exists(home));
}

TEST_F(Credentials, ChangeSeesWhatTheFileHoldsNow) {
  ASSERT_TRUE(put(session_of("newer")));
  const auto after = update_credentials(home, [](const std::optional<credentials>& before) {
    return before->access == "older" ? std::nullopt : before;
  });
  ASSERT_TRUE(after);
  EXPECT_EQ((*after)->access, "newer");
  EXPECT_EQ(held()->access, "newer");
}

TEST_F(Credentials, UnchangedSessionIsNotWrittenAgain) {
  ASSERT_TRUE(put(session_of()));
  const auto then = fs::last_write_time(file) - std::chrono::hours(1);
  fs::last_write_time(file, then);
  ASSERT_TRUE(put(session_of()));
  EXPECT_EQ(fs::last_write_time(file), then);
}

TEST_F(Credentials, ParallelChangesLoseNone) {
  ASSERT_TRUE(put(session_of("")));
  const auto add_one = [&] {
    for (int i = 0; i < 10; ++i)
      EXPECT_TRUE(update_credentials(home, [](const std::optional<credentials>& before) {
        auto after = before;
        after->access += 'x';
        return after;
      }));
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back(add_one);
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(held()->access.size(), 40U);
}

} // namespace
} // namespace spec_kitty
