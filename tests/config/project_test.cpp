// Which project a folder belongs to, in real git repositories.
#include "app/chaos/process.hpp"
#include "config/checkout.hpp"
#include "config/project.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace spec_kitty {
namespace {

namespace fs = std::filesystem;
using support::write_text;

constexpr const char* uuid = "0f8fad5b-d9cb-469f-a165-70867728950e";

class Project : public testing::Test {
protected:
  void git(const fs::path& where, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"git", "-c", "protocol.file.allow=always"});
    support::launch what{std::move(arguments), {}, where, {}};
    what.env = {{"HOME", folder.path()},     {"GIT_CONFIG_NOSYSTEM", "1"},
                {"GIT_AUTHOR_NAME", "a"},    {"GIT_AUTHOR_EMAIL", "a@example.com"},
                {"GIT_COMMITTER_NAME", "a"}, {"GIT_COMMITTER_EMAIL", "a@example.com"}};
    const auto done = support::run(what);
    ASSERT_EQ(done.status, 0) << done.err;
  }
  fs::path repository(const std::string& name) {
    const fs::path tree = root / name;
    fs::create_directories(tree);
    git(tree, {"init", "-q"});
    git(tree, {"commit", "-q", "--allow-empty", "-m", "begin"});
    return tree;
  }
  static void configure(const fs::path& tree, std::string_view yaml) {
    fs::create_directories(tree / ".kittify");
    write_text(tree / ".kittify" / "config.yaml", yaml);
  }
  static std::string good(const std::string& slug) {
    return "project:\n  uuid: " + std::string(uuid) + "\n  slug: " + slug + "\n";
  }

  static std::optional<fs::path> primary_checkout(const fs::path& from) {
    const auto place = locate_checkout(from);
    return place ? std::optional(place->root) : std::nullopt;
  }

  support::temporary_folder folder;
  fs::path root = fs::canonical(folder.path());
};

TEST_F(Project, IsReadFromTheRepositoryOfAFolderDeepInside) {
  const auto tree = repository("main");
  configure(tree, good("cat"));
  fs::create_directories(tree / "a" / "b");
  EXPECT_EQ(primary_checkout(tree / "a" / "b"), tree);
  const auto project = read_project(tree / "a" / "b");
  EXPECT_EQ(project.uuid, uuid);
  EXPECT_EQ(project.slug, "cat");
  EXPECT_TRUE(project.warning.empty());
}

TEST_F(Project, OfALinkedWorktreeIsThePrimaryCheckout) {
  const auto tree = repository("main");
  configure(tree, good("cat"));
  git(tree, {"worktree", "add", "-q", "../linked"});
  configure(root / "linked", good("not-this-one"));
  EXPECT_EQ(primary_checkout(root / "linked"), tree);
  EXPECT_EQ(read_project(root / "linked").slug, "cat");
}

TEST_F(Project, OfAWorktreeInsideTheRepositoryIsThePrimaryCheckout) {
  const auto tree = repository("main");
  configure(tree, good("cat"));
  git(tree, {"worktree", "add", "-q", ".worktrees/001-x-WP01"});
  EXPECT_EQ(primary_checkout(tree / ".worktrees" / "001-x-WP01"), tree);
}

TEST_F(Project, OfASubmoduleIsTheSubmodule) {
  const auto library = repository("library");
  const auto tree = repository("main");
  configure(tree, good("cat"));
  git(tree, {"submodule", "add", "-q", library.string(), "lib"});
  EXPECT_EQ(primary_checkout(tree / "lib"), tree / "lib");
  EXPECT_EQ(read_project(tree / "lib").slug, std::nullopt);
}

TEST_F(Project, WithASeparateGitDirIsTheTree) {
  const auto tree = root / "tree";
  fs::create_directory(tree);
  git(tree, {"init", "-q", "--separate-git-dir", (root / "elsewhere").string()});
  EXPECT_EQ(primary_checkout(tree), tree);
}

TEST_F(Project, WithoutGitIsTheNearestFolderWithAConfiguration) {
  configure(root / "plain", good("cat"));
  fs::create_directories(root / "plain" / "deep");
  EXPECT_EQ(primary_checkout(root / "plain" / "deep"), root / "plain");
  EXPECT_EQ(read_project(root / "plain" / "deep").slug, "cat");
}

TEST_F(Project, IsNoneOutsideOfBoth) {
  EXPECT_EQ(primary_checkout(root), std::nullopt);
  const auto project = read_project(root);
  EXPECT_EQ(project.uuid, std::nullopt);
  EXPECT_TRUE(project.warning.empty());
}

TEST_F(Project, IsNoneInARepositoryThatWasNeverInitialised) {
  const auto project = read_project(repository("main"));
  EXPECT_EQ(project.slug, std::nullopt);
  EXPECT_TRUE(project.warning.empty());
}

TEST_F(Project, DanglingGitFileIsATreeOfItsOwn) {
  for (const char* text : {"", "gitdir: /nowhere/at/all\n", "nonsense", "gitdir: "}) {
    fs::create_directories(root / "tree");
    write_text(root / "tree" / ".git", text);
    EXPECT_EQ(primary_checkout(root / "tree"), root / "tree") << text;
  }
}

TEST_F(Project, MalformedYamlIsAWarningThatNamesFileAndLine) {
  configure(root, "project:\n  uuid: [\n");
  const auto project = read_project(root);
  EXPECT_EQ(project.uuid, std::nullopt);
  EXPECT_EQ(project.slug, std::nullopt);
  EXPECT_NE(project.warning.find(".kittify/config.yaml, line "), std::string::npos)
      << project.warning;
}

TEST_F(Project, NestedYamlBombIsAWarning) {
  configure(root, std::string(100'000, '['));
  EXPECT_FALSE(read_project(root).warning.empty());
}

TEST_F(Project, OversizedFileIsAWarning) {
  configure(root, "# " + std::string(2'000'000, 'x'));
  EXPECT_FALSE(read_project(root).warning.empty());
}

TEST_F(Project, YamlOfAnotherShapeHasNoProject) {
  for (const char* yaml : {"", "just words", "- a\n- b\n", "project: cat\n", "project:\n", "7",
                           "project:\n  uuid: [1]\n  slug: {a: b}\n", "project: {slug: ''}\n"}) {
    configure(root, yaml);
    const auto project = read_project(root);
    EXPECT_EQ(project.uuid, std::nullopt) << yaml;
    EXPECT_EQ(project.slug, std::nullopt) << yaml;
    EXPECT_TRUE(project.warning.empty()) << yaml << ": " << project.warning;
  }
}

TEST_F(Project, FileThatIsNotUtf8IsAWarning) {
  configure(root, "project:\n  slug: \"a\xff\xc3(b\"\n"); // its name would break the event
  const auto project = read_project(root);
  EXPECT_EQ(project.slug, std::nullopt);
  EXPECT_NE(project.warning.find("not UTF-8"), std::string::npos);
}

TEST_F(Project, FileInUtf32IsAWarning) {
  const auto tree = repository("main");
  std::string wide; // big-endian, without a mark: its bytes are UTF-8 as well
  for (const char c : good("cat"))
    wide.append({'\0', '\0', '\0', c});
  configure(tree, wide);
  const auto project = read_project(tree);
  EXPECT_FALSE(project.slug);
  EXPECT_NE(project.warning.find("not UTF-8"), std::string::npos) << project.warning;
}

TEST_F(Project, UuidThatIsNoneIsLeftOutWithAWarning) {
  configure(root, "project:\n  uuid: 1234\n  slug: cat\n");
  const auto project = read_project(root);
  EXPECT_EQ(project.uuid, std::nullopt);
  EXPECT_EQ(project.slug, "cat");
  EXPECT_NE(project.warning.find("project.uuid"), std::string::npos);
}

} // namespace
} // namespace spec_kitty
