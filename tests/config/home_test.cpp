// The one resolver for the home.
#include "app/chaos/process.hpp"
#include "config/home.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace spec_kitty {
namespace {

namespace fs = std::filesystem;

class Home : public testing::Test {
protected:
  Home() {
    ::unsetenv("SPEC_KITTY_HOME");
    ::setenv("HOME", "/home/ann", 1);
  }

  static home_folder resolve(const std::optional<std::string>& flag = {}) {
    const auto home = resolve_home(flag);
    EXPECT_TRUE(home) << (home ? "" : home.error().message);
    return home ? *home : home_folder{};
  }
};

TEST_F(Home, IsADotFolderOfTheUser) {
  EXPECT_EQ(resolve().path, "/home/ann/.spec-kitty");
  EXPECT_TRUE(resolve().is_default);
}

TEST_F(Home, EnvironmentComesBeforeTheDefaultAndTheFlagBeforeBoth) {
  ::setenv("SPEC_KITTY_HOME", "/srv/kitty", 1);
  EXPECT_EQ(resolve().path, "/srv/kitty");
  EXPECT_FALSE(resolve().is_default);
  EXPECT_EQ(resolve("/tmp/other").path, "/tmp/other");
}

TEST_F(Home, IsTheDefaultHoweverItIsNamed) {
  for (const char* name : {"/home/ann/.spec-kitty/", "/home/ann/x/../.spec-kitty",
                           "/home/ann/./.spec-kitty/.", "/home//ann/.spec-kitty"}) {
    EXPECT_EQ(resolve(name).path, "/home/ann/.spec-kitty") << name;
    EXPECT_TRUE(resolve(name).is_default) << name;
  }
  ::setenv("HOME", "/home/ann/", 1);
  EXPECT_TRUE(resolve().is_default);
  EXPECT_TRUE(resolve("/home/ann/.spec-kitty").is_default);
}

TEST_F(Home, RelativePathBelongsToTheCurrentFolder) {
  EXPECT_EQ(resolve("kitty").path, fs::current_path() / "kitty");
}

TEST_F(Home, EmptyPathIsRefused) {
  EXPECT_EQ(resolve_home("").error().code, ec::bad_input);
  ::setenv("SPEC_KITTY_HOME", "", 1);
  EXPECT_EQ(resolve_home({}).error().code, ec::bad_input);
  EXPECT_TRUE(resolve_home("/tmp/x")); // the flag still works
}

TEST_F(Home, WithoutHOMEComesFromTheUserDatabase) {
  ::unsetenv("HOME");
  const auto home = resolve();
  EXPECT_EQ(home.path.filename(), ".spec-kitty");
  EXPECT_TRUE(home.is_default);
}

TEST_F(Home, ResolvingTouchesNoFile) {
  const support::temporary_folder folder;
  resolve((folder.path() / "none").string());
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST_F(Home, SeedNamesHostAndUserAndWhetherTheHomeIsTheDefault) {
  ::setenv("LOGNAME", "ann", 1); // which comes first, as for the older tool: getpass.getuser
  ::setenv("USER", "somebody", 1);
  const auto seed = local_seed(resolve());
  EXPECT_EQ(seed.user, "ann");
  EXPECT_FALSE(seed.hostname.empty());
  EXPECT_TRUE(seed.default_home);
  EXPECT_FALSE(local_seed(resolve("/tmp/x")).default_home);
}

} // namespace
} // namespace spec_kitty
