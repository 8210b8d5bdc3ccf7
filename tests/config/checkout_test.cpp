// One notion of the primary checkout, in every layout that git knows: a table of layouts, each made
// by git itself and asked from every folder in it.
#include "app/chaos/process.hpp"
#include "config/checkout.hpp"
#include "config/project.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

namespace spec_kitty {
namespace {

namespace fs = std::filesystem;
using support::write_text;

/// Folders of a layout, relative to the test's own.
struct expected_place {
  std::vector<std::string> from; ///< folders that all belong to the same project
  std::string root;              ///< of that project
  std::string top;
  std::string git_dir;
};

struct git_layout {
  const char* name;
  std::vector<std::string> commands; ///< run by `sh -e`
  std::vector<expected_place> places;
};

const std::string empty_commit = "git commit -q --allow-empty -m x";
const std::string clone_bare =
    "git init -q -b main seed && cd seed && " + empty_commit + " && cd ..";
const std::string library_repository =
    "git init -q -b main library && (cd library && " + empty_commit + ")";
const std::string add_module = "git submodule --quiet add ../library lib && git commit -qm lib";

// clang-format off
const std::vector<git_layout> git_layouts = {
  {"plain", {"git init -q r; cd r; mkdir -p a/b"},
   {{{"r", "r/a/b", "r/.git", "r/.git/hooks"}, "r", "r", "r/.git"}}},
  {"linked worktrees, inside and beside",
   {"git init -q r; cd r; " + empty_commit, "git worktree add -q .worktrees/x; git worktree add -q ../y; mkdir ../y/d"},
   {{{"r", "r/.worktrees/x", "y", "y/d", "r/.git/worktrees/y"}, "r", "r", "r/.git"}}},
  {"submodule with worktrees",
   {library_repository, "git init -q r; cd r; " + add_module, "cd lib; git worktree add -q .worktrees/x; git worktree add -q ../../y"},
   {{{"r"}, "r", "r", "r/.git"},
    {{"r/lib", "r/lib/.worktrees/x", "y"}, "r/lib", "r/lib", "r/.git/modules/lib"}}},
  {"submodule whose configuration is per worktree",
   {library_repository, "git init -q r; cd r; " + add_module, "cd lib; git sparse-checkout set --cone; git worktree add -q ../../y"},
   {{{"r/lib", "y"}, "r/lib", "r/lib", "r/.git/modules/lib"}}},
  {"separate git directory, worktrees inside",
   {"git init -q --separate-git-dir=gd r; cd r; " + empty_commit, "git worktree add -q .worktrees/x; git worktree add -q ../y"},
   {{{"r", "r/.worktrees/x", "y"}, "r", "r", "gd"}}},
  {"separate git directory, its checkout noted",
   {"git init -q --separate-git-dir=gd r; cd r; " + empty_commit, "git worktree add -q ../y; pwd > ../gd/spec-kitty.checkout"},
   {{{"r", "y"}, "r", "r", "gd"}}},
  {"bare repository with worktrees beside it",
   {clone_bare, "git clone -q --bare seed r.git; cd r.git", "git worktree add -q ../main main; git worktree add -q ../f; cd ../main; git worktree add -q .worktrees/x"},
   {{{"r.git", "main", "f", "main/.worktrees/x"}, "main", "main", "r.git"}}},
  {"bare repository behind a .git file",
   {clone_bare, "mkdir r; git clone -q --bare seed r/.bare; cd r; echo 'gitdir: ./.bare' > .git", "git worktree add -q main main; git worktree add -q f; cd f; git worktree add -q .worktrees/x"},
   {{{"r", "r/main", "r/f", "r/f/.worktrees/x"}, "r/main", "r/main", "r/.bare"}}},
  {"bare repository in a .git folder",
   {clone_bare, "mkdir r; git clone -q --bare seed r/.git; cd r; git worktree add -q main main"},
   {{{"r", "r/main"}, "r/main", "r/main", "r/.git"}}},
  {"bare repository whose branch has no worktree",
   {clone_bare, "git clone -q --bare seed r.git; cd r.git; git worktree add -q ../f; cd ../f; git worktree add -q .worktrees/x"},
   {{{"f", "f/.worktrees/x"}, "f", "f", "r.git"}}},
  {"project in a subfolder",
   {"git init -q r; cd r; mkdir -p apps/shop/.kittify apps/shop/src; touch apps/shop/.kittify/k; git add .; " + empty_commit, "git worktree add -q apps/shop/.worktrees/x; git worktree add -q ../y"},
   {{{"r/apps/shop", "r/apps/shop/src", "r/apps/shop/.worktrees/x", "y/apps/shop/src"}, "r/apps/shop", "r", "r/.git"},
    {{"r", "r/apps", "y", "y/apps"}, "r", "r", "r/.git"}}},
  {"project in a subfolder of a project",
   {"git init -q r; cd r; mkdir -p .kittify app/.kittify; touch .kittify/k app/.kittify/k; git add .; " + empty_commit, "git worktree add -q app/.worktrees/x; git worktree add -q .worktrees/z"},
   {{{"r/app", "r/app/.worktrees/x", "r/.worktrees/z/app"}, "r/app", "r", "r/.git"},
    {{"r", "r/.worktrees/z"}, "r", "r", "r/.git"}}},
  {"git folder behind a link", {"git init -q r; mkdir t; ln -s ../r/.git t/.git"},
   {{{"t"}, "t", "t", "t/.git"}}},
  {"moved with the worktree inside",
   {"git init -q old; cd old; " + empty_commit, "git worktree add -q .worktrees/x; cd ..; mv old r"},
   {{{"r", "r/.worktrees/x"}, "r", "r", "r/.git"}}},
  {"no git", {"mkdir -p r/.kittify r/d"}, {{{"r", "r/d"}, "r", "r", ""}}},
};
// clang-format on

class Checkout : public testing::Test {
protected:
  void shell(const std::string& script) {
    support::launch what{{"sh", "-ec", script}, {}, root, {}};
    what.env = {{"HOME", folder.path()},          {"GIT_CONFIG_NOSYSTEM", "1"},
                {"GIT_AUTHOR_NAME", "a"},         {"GIT_AUTHOR_EMAIL", "a@example.com"},
                {"GIT_COMMITTER_NAME", "a"},      {"GIT_COMMITTER_EMAIL", "a@example.com"},
                {"GIT_CONFIG_COUNT", "1"},        {"GIT_CONFIG_KEY_0", "protocol.file.allow"},
                {"GIT_CONFIG_VALUE_0", "always"}, {"PATH", std::getenv("PATH")}};
    const auto done = support::run(what);
    ASSERT_EQ(done.status, 0) << script << ": " << done.err;
  }

  void expect(const expected_place& place, const std::string& context) const {
    std::string key;
    for (const auto& from : place.from) {
      const auto found = locate_checkout(root / from);
      ASSERT_TRUE(found) << context << ": " << from;
      EXPECT_EQ(found->root, root / place.root) << context << ": " << from;
      EXPECT_EQ(found->top, root / place.top) << context << ": " << from;
      EXPECT_EQ(found->git_dir, place.git_dir.empty() ? fs::path() : root / place.git_dir)
          << context << ": " << from;
      const auto project = read_project(root / from);
      EXPECT_TRUE(key.empty() || project.key == key) << context << ": " << from;
      key = project.key;
    }
  }

  support::temporary_folder folder;
  fs::path root = fs::canonical(folder.path());
};

class CheckoutOf : public Checkout, public testing::WithParamInterface<std::size_t> {};

TEST_P(CheckoutOf, IsTheSameFromEveryFolderOfAProject) {
  const auto& layout = git_layouts[GetParam()];
  std::string script;
  for (const auto& command : layout.commands)
    script += command + "\n";
  shell(script);
  for (const auto& place : layout.places)
    expect(place, layout.name);
}

INSTANTIATE_TEST_SUITE_P(EachLayout, CheckoutOf, testing::Range<std::size_t>(0, git_layouts.size()),
                         [](const auto& each) {
                           std::string name = git_layouts[each.param].name;
                           std::erase_if(name, [](char c) { return c == ','; });
                           std::replace_if(
                               name.begin(), name.end(),
                               [](char c) {
                                 return std::isalnum(static_cast<unsigned char>(c)) == 0;
                               },
                               '_');
                           return name;
                         });

TEST_F(Checkout, OfABareRepositoryWithoutAWorktreeIsNone) {
  shell("git init -q --bare r.git");
  EXPECT_FALSE(locate_checkout(root / "r.git"));
}

TEST_F(Checkout, GitDirFromTheEnvironmentNamesARepositoryThatNoFolderShows) {
  shell("git init -q --bare dots; git -C dots config core.bare false; mkdir -p user/d");
  ::setenv("GIT_DIR", (root / "dots").c_str(), 1);
  ::setenv("GIT_WORK_TREE", (root / "user").c_str(), 1);
  const auto found = locate_checkout(root / "user" / "d");
  ::unsetenv("GIT_DIR");
  ::unsetenv("GIT_WORK_TREE");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->root, root / "user");
  EXPECT_EQ(found->git_dir, root / "dots");
  EXPECT_TRUE(found->from_environment);
  EXPECT_FALSE(locate_checkout(root / "user" / "d"));
}

TEST_F(Checkout, GitDirOfAHookDoesNotLeadToAnotherRepository) {
  shell("git init -q r; git init -q other; cd r; " + empty_commit + "; git worktree add -q ../y");
  for (const auto& named : {root / "r" / ".git", root / "r" / ".git" / "worktrees" / "y"}) {
    ::setenv("GIT_DIR", named.c_str(), 1);
    const auto other = locate_checkout(root / "other");
    const auto outside = locate_checkout(root);
    ::unsetenv("GIT_DIR");
    ASSERT_TRUE(other);
    EXPECT_EQ(other->root, root / "other") << named;
    ASSERT_TRUE(outside);
    EXPECT_EQ(outside->root, root / "r") << named;
    EXPECT_FALSE(outside->from_environment) << named;
  }
}

TEST_F(Checkout, OfAWorktreeWhoseRepositoryIsGoneIsItselfAndSaysSo) {
  shell("git init -q r; cd r; " + empty_commit + "; git worktree add -q ../y; cd ..; mv r z");
  const auto found = locate_checkout(root / "y");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->root, root / "y");
  EXPECT_TRUE(found->dangling);
  EXPECT_TRUE(found->git_dir.empty());
}

} // namespace
} // namespace spec_kitty
