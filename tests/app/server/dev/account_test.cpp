// The account of a server for trying out, on a real store: the same after every start.
#include "app/server/core/password_hash.hpp"
#include "app/server/dev/account.hpp"
#include "app/server/store/lmdb/open.hpp"
#include "util/files.hpp"
#include "util/temp_folder.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <chrono>

namespace spec_kitty::server::dev {
namespace {

struct DevAccount : testing::Test {
  DevAccount() {
    options_.state = folder_.path();
    EXPECT_TRUE(store::create_lmdb_store(options_));
    start();
  }
  ~DevAccount() override { stop(); }

  void start() {
    auto opened = store::open_lmdb_engine(options_);
    ASSERT_TRUE(opened) << opened.error().message;
    engine_ = std::move(*opened);
    here_.emplace(administration{*engine_, settings_, "http://127.0.0.1:1"});
  }
  void stop() {
    here_.reset();
    engine_->stop(std::chrono::steady_clock::now() + std::chrono::seconds(10));
    engine_.reset();
  }

  login settled(const login& given = {}) {
    auto now = settle_account(*here_, folder_.path(), given);
    EXPECT_TRUE(now) << now.error().message;
    return now ? std::move(*now) : login{};
  }
  store::user_info user(const std::string& name) {
    const auto found = here_->accounts().user_by_name(name);
    EXPECT_TRUE(found && *found);
    return found && *found ? **found : store::user_info{};
  }
  std::vector<std::string> teams_of(const std::string& name) {
    std::vector<std::string> slugs;
    const auto memberships = here_->accounts().teams_of(user(name).id);
    if (memberships)
      for (const auto& entry : *memberships)
        slugs.push_back((*here_->accounts().team_of(entry.team))->slug);
    return slugs;
  }

  temporary_folder folder_;
  store::lmdb_options options_;
  server_settings settings_ = *server_settings::load({{}, {}, true});
  std::unique_ptr<store::engine> engine_;
  std::optional<administration> here_;
};

TEST_F(DevAccount, IsMadeOnceAndTheSameAfterARestart) {
  const login first = settled();
  EXPECT_EQ(first.username, "dev");
  EXPECT_EQ(first.team_slug, "dev-team");
  EXPECT_EQ(first.password.size(), 16U);
  const auto before = user("dev");
  EXPECT_TRUE(is_password_of(before.password_hash, first.password));
  stop();
  start();
  EXPECT_EQ(settled().password, first.password);
  EXPECT_EQ(user("dev").generation, before.generation) << "a change would end its sessions";
}

TEST_F(DevAccount, TheLoginIsForItsOwnerAlone) {
  settled();
  struct stat info {};
  ASSERT_EQ(::stat((folder_.path() / "login.json").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(DevAccount, WhatIsGivenTakesThePlaceOfWhatWasKept) {
  settled();
  EXPECT_EQ(settled({"", "another password", ""}).password, "another password");
  EXPECT_TRUE(is_password_of(user("dev").password_hash, "another password"));
  EXPECT_EQ(settled({"ann", "", "other-team"}).username, "ann");
  EXPECT_EQ(teams_of("ann"), std::vector<std::string>{"other-team"});
  EXPECT_EQ(settled().password, "another password") << "kept for the next start";
}

TEST_F(DevAccount, AnotherTeamTakesThePlaceOfTheOneBefore) {
  settled();
  settled({"", "", "other-team"});
  EXPECT_EQ(teams_of("dev"), std::vector<std::string>{"other-team"});
  settled({"", "", "dev-team"});
  EXPECT_EQ(teams_of("dev"), std::vector<std::string>{"dev-team"});
}

TEST_F(DevAccount, ADamagedLoginIsNamedAndNothingIsChanged) {
  settled();
  ASSERT_TRUE(replace_file(folder_.path() / "login.json", "{"));
  const auto refused = settle_account(*here_, folder_.path(), {});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("login.json"), std::string::npos);
}

TEST_F(DevAccount, TypesAreTakenOnceAndReplacedWhereTheyDiffer) {
  settled();
  const auto team = here_->team("dev-team");
  ASSERT_TRUE(team);
  for (const char* schema : {"{}", "{}", R"({"required":["points"]})"}) {
    ASSERT_TRUE(accept_types(*here_, "dev-team", {{"SprintClosed", schema}}));
    const auto types = here_->accounts().event_types(team->id);
    ASSERT_TRUE(types);
    ASSERT_EQ(types->size(), 1U);
    EXPECT_EQ(types->front().schema, schema);
  }
}

} // namespace
} // namespace spec_kitty::server::dev
