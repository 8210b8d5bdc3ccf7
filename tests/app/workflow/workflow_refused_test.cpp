// Bad input: each refusal names the thing and the next command, and nothing changes.
#include "tests/app/workflow/workflow_fixture.hpp"

namespace spec_kitty::support {
namespace {

struct WorkflowRefused : workflow_test {
  /// Runs a command that fails, and expects its message and nothing on disk.
  void expect(const words& command, const std::string& thing, const std::string& next) {
    const auto before = changes();
    const auto head = git({"rev-parse", "HEAD"});
    const auto reply = refused(command);
    EXPECT_NE(reply.find(thing), std::string::npos) << reply;
    EXPECT_NE(reply.find(next), std::string::npos) << reply;
    EXPECT_EQ(changes(), before);
    EXPECT_EQ(git({"rev-parse", "HEAD"}), head);
    EXPECT_EQ(transitions(), std::vector<std::string>{});
  }
  words move(const std::string& to) const {
    return {"agent", "tasks", "move-task", "WP01", "--to", to};
  }
};

TEST_F(WorkflowRefused, OutsideOfARepository) {
  auto what = command({"implement", "WP01"});
  what.cwd = root();
  const auto done = run(what);
  EXPECT_EQ(done.status, 1);
  EXPECT_NE(done.err.find("is not inside a git repository"), std::string::npos);
  EXPECT_NE(done.err.find("git init"), std::string::npos);
}

TEST_F(WorkflowRefused, FeatureAndWorkPackageAreNamed) {
  expect({"implement", "WP09"}, "no work package WP09", "spec-kitty agent tasks status");
  expect({"implement", "../../etc"}, "no work package", "spec-kitty agent tasks status");
  expect({"implement", "WP01", "--feature", "009-no"}, "no feature 009-no",
         "give one of them: 001-tea");
  expect({"implement", "WP01", "--feature", "../kitty-specs/001-tea"}, "no feature",
         "give one of them");
  std::filesystem::create_directory(repo() / "kitty-specs" / "002-b");
  expect({"implement", "WP01"}, "001-tea, 002-b", "--feature");
  std::filesystem::remove_all(repo() / "kitty-specs");
  expect({"implement", "WP01"}, "no feature in", "spec-kitty feature create my-feature");
}

TEST_F(WorkflowRefused, NamesThatGitWouldTakeForAnOptionOrNotForABranch) {
  const auto meta = feature() / "meta.json";
  for (const char* target : {"--upload-pack=touch owned", "-f", "@{-1}", "a..b"}) {
    write_text(meta, std::string(R"({"target_branch":")") + target + "\"}");
    expect({"implement", "WP01"}, "git cannot have a target branch", "target_branch");
    expect({"merge"}, "git cannot have a target branch", "target_branch");
  }
  std::filesystem::remove(meta);
  for (const char* name : {"-tea", "--force", "a..b"}) {
    const auto odd = repo() / "kitty-specs" / name;
    std::filesystem::rename(feature(), odd);
    const auto given = std::string("--feature=") + name;
    expect({"implement", "WP01", given}, "git cannot have a branch", "rename the folder");
    EXPECT_EQ(cli({"agent", "tasks", "status", given}).status, 0) << name;
    std::filesystem::rename(odd, feature());
  }
}

TEST_F(WorkflowRefused, FilesThatCannotBeRead) {
  write_text(wp_file("WP01"), "---\nlane: planned\ntitle: [a\n---\n");
  expect(move("doing"), "WP01-part.md, line 4, column 1", "fix the frontmatter");
  write_text(wp_file("WP01"), "---\nlane: sideways\n---\n");
  expect(move("doing"), "sideways is not a lane", "planned, doing, for_review or done");
  write_text(wp_file("WP01"), wp_text("WP01"));
  write_text(feature() / "tasks" / "WP01-again.md", wp_text("WP01"));
  expect(move("doing"), "WP01 has two files", ".md.old");
  std::filesystem::remove(feature() / "tasks" / "WP01-again.md");
  write_text(feature() / "meta.json", "{\"slug\": ");
  expect(move("doing"), "meta.json", "fix");
}

TEST_F(WorkflowRefused, WithoutTasksMd) {
  std::filesystem::remove(feature() / "tasks.md");
  expect({"agent", "feature", "finalize-tasks"}, "missing file", "write it");
  expect({"agent", "tasks", "mark-status", "T001", "--status", "done"}, "tasks.md", "write it");
  expect(move("for_review"), "tasks.md", "write it");
}

TEST_F(WorkflowRefused, DependenciesThatAreNotLegalAreShown) {
  write_text(feature() / "tasks.md", "## WP01\nDepends on WP03\n## WP02\nDepends on WP01\n"
                                     "## WP03\nDepends on WP02\n");
  commit_all();
  expect({"agent", "feature", "finalize-tasks"}, "WP01 → WP03 → WP02 → WP01", "finalize-tasks");
  write_text(feature() / "tasks.md", "## WP01\nDepends on WP07\n");
  expect({"agent", "feature", "finalize-tasks"}, "WP01 depends on WP07", "finalize-tasks");
  write_text(feature() / "tasks.md", "## WP01\nDepends on WP08\n## WP08\n");
  expect({"agent", "feature", "finalize-tasks"}, "WP01 depends on WP08", "finalize-tasks");
}

TEST_F(WorkflowRefused, TheTargetBranchIsNotHere) {
  git({"switch", "--quiet", "-c", "side"});
  expect(move("doing"), "is on side", "switch main");
  git({"worktree", "add", "--quiet", (root() / "other").string(), "main"});
  expect(move("doing"), "checked out elsewhere: " + (root() / "other").string(), "switch --detach");
  expect({"implement", "WP01"}, "checked out elsewhere", "switch main");
  expect({"merge"}, "checked out elsewhere", "switch main");
}

TEST_F(WorkflowRefused, ATargetBranchThatDoesNotExistYetIsSaid) {
  write_text(feature() / "meta.json", "{\"target_branch\": \"2.x\"}\n");
  commit_all();
  const auto done = ok(move("doing"));
  EXPECT_NE(
      done.err.find("the target branch 2.x of 001-tea does not exist; the changes go to main"),
      std::string::npos);
  EXPECT_EQ(changes(), "");
}

TEST_F(WorkflowRefused, WhatTheGatesForbid) {
  expect(move("nowhere"), "nowhere is not a lane", "for_review");
  expect(move("for_review"), "T001, T002", "mark-status T001 T002 --status done");
  expect(move("done"), "T001, T002", "mark-status");
  ok({"agent", "tasks", "move-task", "WP01", "--to", "doing", "--agent", "claude"});
  const auto other =
      refused({"agent", "tasks", "move-task", "WP01", "--to", "planned", "--agent", "codex"});
  EXPECT_NE(other.find("WP01 belongs to claude, not to codex"), std::string::npos);
  EXPECT_NE(other.find("--force"), std::string::npos);
  ok({"agent", "tasks", "move-task", "WP01", "--to", "done", "--agent", "codex", "--force"});
  EXPECT_NE(refused(move("planned")).find("--review-feedback-file -"), std::string::npos);
  EXPECT_NE(refused({"implement", "WP01"}).find("WP01 is in done"), std::string::npos);
  EXPECT_NE(refused({"agent", "tasks", "move-task", "WP01", "--to", "planned",
                     "--review-feedback-file", "/no/such/file"})
                .find("no such file: /no/such/file"),
            std::string::npos);
}

TEST_F(WorkflowRefused, UncommittedWorkStopsAReview) {
  ok({"implement", "WP01"});
  write_text(tree("WP01") / "loose.txt", "x");
  ok({"agent", "tasks", "mark-status", "T001", "T002", "--status", "done"});
  const auto reply = refused(move("for_review"));
  EXPECT_NE(reply.find("loose.txt"), std::string::npos);
  EXPECT_NE(reply.find("git -C " + tree("WP01").string()), std::string::npos);
}

TEST_F(WorkflowRefused, SubtasksThatAreNotThere) {
  expect({"agent", "tasks", "mark-status", "T001", "T099", "--status", "done"}, "T099",
         "list-tasks");
  expect({"agent", "tasks", "mark-status", "T001", "--status", "maybe"}, "maybe", "--status done");
}

TEST_F(WorkflowRefused, BasesAndPathsThatDoNotFit) {
  expect({"implement", "WP02", "--base", "WP01"}, "WP01 has no branch", "implement WP01");
  expect({"implement", "WP02", "--base", "WP02"}, "its own base", "spec-kitty implement WP02");
  std::filesystem::create_directories(tree("WP01"));
  write_text(repo() / ".git" / "info" / "exclude", "/.worktrees/\n");
  write_text(tree("WP01") / "mine.txt", "mine\n"); // an empty folder is used
  expect({"implement", "WP01"}, "is not a worktree", "move it away");
  expect({"merge"}, "has a branch", "implement WP01");
}

TEST_F(WorkflowRefused, AFeatureWithoutWorkPackages) {
  std::filesystem::remove_all(feature() / "tasks");
  commit_all("without tasks");
  expect({"agent", "feature", "finalize-tasks"}, "no work package in",
         "then: spec-kitty agent feature finalize-tasks --feature 001-tea");
}

TEST_F(WorkflowRefused, WhatInitCannotExtend) {
  const auto file = repo() / ".kittify" / "config.yaml";
  std::filesystem::create_directories(file.parent_path());
  write_text(file, "- a\n");
  expect({"init"}, "is not a YAML map", "then run: spec-kitty init");
  write_text(file, "a: [\n");
  expect({"init"}, "malformed YAML", "then run: spec-kitty init");
  write_text(file, "a: b\n");
  expect({"init", "--name", "!?"}, "no letter or digit", "spec-kitty init --name my-project");
}

TEST_F(WorkflowRefused, ARefusalIsOneJsonObject) {
  const auto object = json_of({"agent", "tasks", "move-task", "WP01", "--to", "up"}, 1);
  EXPECT_EQ(error_part(object, "code"), "bad_input");
  EXPECT_EQ(number_in(object, {"events", "recorded"}), 0);
  const auto done = cli({"agent", "tasks", "move-task", "--json"});
  EXPECT_EQ(done.status, 2);
}

} // namespace
} // namespace spec_kitty::support
