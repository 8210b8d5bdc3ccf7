// The checks of a home, one by one: none of them changes anything.
#include "app/chaos/process.hpp"
#include "config/home_check.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace spec_kitty {
namespace {

namespace fs = std::filesystem;

constexpr uid_t foreign_uid = 65534;

class HomeCheck : public testing::Test {
protected:
  void make_store() const {
    fs::create_directories(home / "queue" / "env");
    support::write_text(home / "queue" / "env" / "data.mdb", "bytes");
  }
  /// False where this process may give nothing away.
  static bool give_away(const fs::path& what) {
    return ::geteuid() == 0 && ::chown(what.c_str(), foreign_uid, foreign_uid) == 0;
  }

  support::temporary_folder folder;
  fs::path home = folder.path() / "home";
};

TEST_F(HomeCheck, AHomeThatDoesNotExistOrIsOnesOwnIsFine) {
  EXPECT_TRUE(check_home(home));
  EXPECT_FALSE(fs::exists(home));
  make_store();
  EXPECT_TRUE(check_home(home));
}

TEST_F(HomeCheck, AFileInItsPlaceIsNamed) {
  support::write_text(home, "a file");
  EXPECT_NE(check_home(home).error().message.find(home.string()), std::string::npos);
  EXPECT_EQ(check_is_folder(home).error().code, ec::store_unusable);
}

TEST_F(HomeCheck, AnotherUsersHomeIsRefusedByName) {
  make_store();
  if (!give_away(home))
    GTEST_SKIP() << "only root gives a folder away";
  const auto refused = check_owner(home);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ec::store_unusable);
  EXPECT_NE(refused.error().message.find("uid 65534"), std::string::npos);
  EXPECT_NE(refused.error().hint.find("run it as"), std::string::npos);
}

TEST_F(HomeCheck, AnyPartOfTheStoreThatIsAnothersIsNamedWithTheWayToGetItBack) {
  make_store();
  const fs::path data = home / "queue" / "env" / "data.mdb";
  if (!give_away(data))
    GTEST_SKIP() << "only root gives a file away";
  const auto refused = check_owner(home);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find(data.string()), std::string::npos);
  EXPECT_NE(refused.error().hint.find("chown -R"), std::string::npos);
  EXPECT_NE(refused.error().hint.find(home.string()), std::string::npos);
}

TEST_F(HomeCheck, RootMakesNoHomeInAnothersFolder) {
  if (!give_away(folder.path()))
    GTEST_SKIP() << "only root gives a folder away";
  EXPECT_EQ(check_owner(home / "deeper").error().code, ec::store_unusable);
  fs::create_directory(home); // made by root: root's own
  EXPECT_TRUE(check_owner(home / "deeper"));
}

TEST_F(HomeCheck, APlaceThatCannotBeWrittenIsNamed) {
  EXPECT_EQ(check_writable("/proc/self/none").error().code, ec::store_unusable);
}

TEST_F(HomeCheck, WhatOthersMayWriteIsNamedInTheCommandThatEndsIt) {
  make_store();
  const fs::path data = home / "queue" / "env" / "data.mdb";
  EXPECT_TRUE(check_only_ours(home));
  EXPECT_TRUE(check_only_ours(folder.path() / "missing"));
  fs::permissions(home, fs::perms::group_write, fs::perm_options::add);
  fs::permissions(data, fs::perms::others_write, fs::perm_options::add);
  const auto refused = check_trusted(home);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ec::store_unusable);
  EXPECT_EQ(refused.error().hint, "chmod go-w " + home.string() + " " + data.string());
  EXPECT_FALSE(check_home(home));
}

} // namespace
} // namespace spec_kitty
