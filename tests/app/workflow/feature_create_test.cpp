// A feature from nothing: the folder that every other command takes.
#include "tests/app/workflow/workflow_fixture.hpp"
#include "util/files.hpp"

namespace spec_kitty::support {
namespace {

struct FeatureCreate : workflow_test {
  std::string text(const std::filesystem::path& file) const {
    const auto read = read_file(file, std::size_t{1} << 20);
    return read && *read ? **read : "";
  }
};

TEST_F(FeatureCreate, WritesAFolderThatEveryCommandTakes) {
  const auto done = ok({"feature", "create", "search", "--wp", "Index of words", "--wp", "Query"});
  EXPECT_NE(done.out.find("002-search: 2 work packages"), std::string::npos) << done.out;
  EXPECT_EQ(changes(), "");
  EXPECT_EQ(git({"log", "-1", "--format=%s"}), "chore: Add feature 002-search\n");
  const words of = {"--feature", "002-search"};
  const auto with = [&](words command) {
    command.insert(command.end(), of.begin(), of.end());
    return ok(command);
  };
  EXPECT_NE(with({"agent", "feature", "finalize-tasks"}).out.find("2 work packages"),
            std::string::npos);
  EXPECT_EQ(events().front(), "FeatureCreated 002-search");
  with({"implement", "wp1"});
  const auto tree = repo() / ".worktrees" / "002-search-WP01";
  shell("cd '" + tree.string() + "' && echo x >index.txt && git add . && git commit -qm work");
  with({"agent", "tasks", "mark-status", "T001", "--status", "done"});
  with({"agent", "tasks", "move-task", "WP01", "--to", "for_review"});
  with({"merge"});
  with({"accept"});
  EXPECT_NE(with({"agent", "tasks", "status"}).out.find("Index of words"), std::string::npos);
}

TEST_F(FeatureCreate, TakesANumberThatIsGivenAndRefusesAFolderThatExists) {
  ok({"feature", "create", "007-seven"});
  EXPECT_TRUE(
      std::filesystem::exists(repo() / "kitty-specs" / "007-seven" / "tasks" / "WP01-seven.md"));
  const std::string before = git({"rev-parse", "HEAD"});
  EXPECT_NE(refused({"feature", "create", "007-seven"}).find("exists already"), std::string::npos);
  EXPECT_EQ(git({"rev-parse", "HEAD"}), before);
  ok({"feature", "create", "next"});
  EXPECT_TRUE(std::filesystem::exists(repo() / "kitty-specs" / "008-next"));
}

TEST_F(FeatureCreate, RefusesANameThatIsNotOneAndWritesNothing) {
  for (const char* name : {"Search", "../out", "-x", "x-", "a b", "", "überblick", "a/b"})
    EXPECT_EQ(cli({"feature", "create", name}).status, name[0] == '-' ? 2 : 1) << name;
  EXPECT_EQ(changes(), "");
}

TEST_F(FeatureCreate, KeepsAnyTitleAsText) {
  const std::string title = "Say \"hello\": {a} \\ # not a comment";
  ok({"feature", "create", "quotes", "--wp", title});
  const auto status = ok({"agent", "tasks", "list-tasks", "--feature", "002-quotes"});
  EXPECT_NE(status.out.find(title), std::string::npos) << status.out;
  EXPECT_EQ(cli({"feature", "create", "lines", "--wp", ""}).status, 1);
}

TEST_F(FeatureCreate, WithoutACommitTheFilesStandInTheCheckout) {
  ok({"feature", "create", "draft", "--no-auto-commit"});
  EXPECT_NE(changes().find("kitty-specs/002-draft/"), std::string::npos) << changes();
}

TEST_F(FeatureCreate, WorksInARepositoryThatHasNoCommitYet) {
  shell("rm -rf fresh && git init -q -b main fresh && cd fresh && git config user.name a && "
        "git config user.email a@example.org");
  const auto done = ok({"feature", "create", "first"}, root() / "fresh");
  EXPECT_NE(done.out.find("001-first: 1 work package"), std::string::npos) << done.out;
  EXPECT_EQ(git({"log", "--format=%s"}, root() / "fresh"), "chore: Add feature 001-first\n");
}

} // namespace
} // namespace spec_kitty::support
