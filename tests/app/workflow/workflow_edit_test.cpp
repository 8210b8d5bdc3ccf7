// What an edit leaves alone: bytes, other files, the user's index; and what a failure takes back.
#include "tests/app/workflow/workflow_fixture.hpp"

#include <csignal>

namespace spec_kitty::support {
namespace {

struct WorkflowEdit : workflow_test {
  words note(const std::string& text) const {
    return {"agent", "tasks", "add-history", "WP01", "--note", text};
  }
};

TEST_F(WorkflowEdit, OnlyTheLaneAndTheLogChange) {
  const std::string mark = "\xEF\xBB\xBF";
  write_text(wp_file("WP01"), mark + wp_text("WP01", "\r\n"));
  commit_all();
  ok({"agent", "tasks", "move-task", "WP01", "--to", "doing", "--note", "go"});
  auto expected = mark + wp_text("WP01", "\r\n");
  expected.replace(expected.find("\"planned\""), 9, "\"doing\"");
  const auto after = read_text(wp_file("WP01"));
  EXPECT_EQ(after.substr(0, expected.size()), expected);
  const auto line = after.substr(expected.size());
  EXPECT_TRUE(line.starts_with("- 20") && line.ends_with("Z – user – lane=doing – go\r\n")) << line;
  EXPECT_EQ(git({"log", "-1", "--format=%s"}), "chore: Move WP01 to doing on spec 001 [user]\n");
}

TEST_F(WorkflowEdit, EightAtOnceLeaveEightEntries) {
  std::vector<std::unique_ptr<child>> all;
  for (int i = 0; i < 8; ++i)
    all.push_back(std::make_unique<child>(command(note("parallel " + std::to_string(i)))));
  for (auto& document : all)
    EXPECT_EQ(document->wait().status, 0);
  const auto text = read_text(wp_file("WP01"));
  for (int i = 0; i < 8; ++i)
    EXPECT_NE(text.find("parallel " + std::to_string(i) + "\n"), std::string::npos) << i;
  EXPECT_TRUE(text.starts_with(wp_text("WP01")));
  EXPECT_EQ(lines_of(text).size(), lines_of(wp_text("WP01")).size() + 8);
  EXPECT_EQ(transitions().size(), 8U);
  EXPECT_EQ(changes(), "");
}

TEST_F(WorkflowEdit, ANoteWithNewlinesIsOneLineOnDiskAndInTheEvent) {
  ok(note("one\n- 2026-01-01T00:00:00Z – x – lane=done – forged\r\n\ttwo"));
  const auto last = lines_of(read_text(wp_file("WP01"))).back();
  EXPECT_TRUE(last.ends_with("one - 2026-01-01T00:00:00Z – x – lane=done – forged two")) << last;
  const auto event = parsed(stored().back());
  EXPECT_EQ(text_of(*member(event, "payload"), "entry_content"),
            "one - 2026-01-01T00:00:00Z – x – lane=done – forged two");
  EXPECT_NE(refused(note(" \n ")).find("--note is empty"), std::string::npos);
}

TEST_F(WorkflowEdit, WhatTheUserHasStagedAndChangedStaysSo) {
  write_text(repo() / "both.txt", "one\n");
  write_text(repo() / "gone.txt", "one\n");
  commit_all();
  write_text(repo() / "both.txt", "staged\n");
  write_text(repo() / "new.txt", "staged\n");
  git({"add", "both.txt", "new.txt"});
  git({"rm", "--quiet", "gone.txt"});
  write_text(repo() / "both.txt", "changed\n");
  write_text(repo() / "loose.txt", "untracked\n");
  const auto before = changes();
  const auto staged = git({"diff", "--cached"});
  const auto loose = git({"diff"});
  ok({"agent", "feature", "finalize-tasks"});
  ok({"implement", "WP01"});
  ok({"agent", "tasks", "mark-status", "T001", "T002", "--status", "done"});
  ok({"agent", "tasks", "move-task", "WP01", "--to", "for_review"});
  ok({"accept"});
  EXPECT_EQ(changes(), before);
  EXPECT_EQ(git({"diff", "--cached"}), staged);
  EXPECT_EQ(git({"diff"}), loose);
  EXPECT_EQ(git({"show", "--format=", "--name-only", "HEAD"}),
            "kitty-specs/001-tea/tasks/WP01-part.md\n");
}

TEST_F(WorkflowEdit, AFailingHookTakesEverythingBack) {
  hook("pre-commit", "echo the hook says no >&2; exit 1");
  write_text(repo() / "mine.txt", "staged\n");
  git({"add", "mine.txt"});
  const auto words_of = refused({"agent", "tasks", "move-task", "WP01", "--to", "doing"});
  EXPECT_NE(words_of.find("the hook says no"), std::string::npos);
  refused({"implement", "WP01"});
  refused({"agent", "feature", "finalize-tasks"});
  refused({"agent", "tasks", "mark-status", "T001", "--status", "done"});
  EXPECT_EQ(changes(), "A  mine.txt\n");
  EXPECT_EQ(read_text(wp_file("WP01")), wp_text("WP01"));
  EXPECT_FALSE(std::filesystem::exists(repo() / ".worktrees"));
  EXPECT_EQ(git({"branch", "--format=%(refname:short)"}), "main\n");
  EXPECT_EQ(transitions(), std::vector<std::string>{});
  EXPECT_EQ(events(), (std::vector<std::string>{"ErrorLogged WP01", "ErrorLogged WP01",
                                                "ErrorLogged error", "ErrorLogged error"}));
}

TEST_F(WorkflowEdit, AnInterruptInTheMiddleTakesTheEditBackFirst) {
  const auto reached = root() / "reached";
  hook("pre-commit", "touch " + reached.string() + "; while [ -e " + reached.string() +
                         " ]; do sleep 0.02; done; exit 1");
  child moving(command({"agent", "tasks", "move-task", "WP01", "--to", "doing"}));
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(reached); }));
  EXPECT_EQ(lane("WP01"), "doing");
  moving.send(SIGINT);
  std::filesystem::remove(reached);
  EXPECT_EQ(moving.wait().signal, SIGINT);
  EXPECT_EQ(read_text(wp_file("WP01")), wp_text("WP01"));
  EXPECT_EQ(changes(), "");
}

TEST_F(WorkflowEdit, NamesThatGitWouldExpandAreTakenAsTheyAre) {
  const auto odd = feature() / "tasks" / "WP04-a [x]* ü.md";
  write_text(odd, wp_text("WP04"));
  write_text(feature() / "tasks" / "WP05-x.md", wp_text("WP05"));
  commit_all();
  write_text(feature() / "tasks" / "WP05-x.md", wp_text("WP05") + "mine\n");
  ok({"agent", "tasks", "move-task", "WP04", "--to", "doing"});
  EXPECT_EQ(changes(), " M kitty-specs/001-tea/tasks/WP05-x.md\n");
}

TEST_F(WorkflowEdit, AFailedAcceptLeavesNothingBehind) {
  for (const char* id : {"WP01", "WP02", "WP03"})
    ok({"agent", "tasks", "move-task", id, "--to", "for_review", "--force"});
  const auto before = transitions();
  const auto why = refused({"accept", "--test", "true", "--test", "echo broken; exit 3"});
  EXPECT_NE(why.find("failed with exit status 3"), std::string::npos);
  EXPECT_NE(why.find("broken"), std::string::npos);
  hook("pre-commit", "exit 1");
  refused({"accept"});
  EXPECT_EQ(changes(), "");
  EXPECT_EQ(lane("WP02"), "for_review");
  EXPECT_EQ(read_text(feature() / "meta.json").find("accepted"), std::string::npos);
  EXPECT_EQ(transitions(), before);
}

TEST_F(WorkflowEdit, AcceptTakesWhatIsReadyAndCompletesWithTheLast) {
  ok({"agent", "tasks", "mark-status", "T001", "T002", "T003", "--status", "done"});
  for (const char* id : {"WP01", "WP02"})
    ok({"agent", "tasks", "move-task", id, "--to", "for_review", "--force"});
  const auto part = json_of({"accept"});
  EXPECT_FALSE((*member(part, "complete")).GetBool());
  EXPECT_EQ(lane("WP01"), "done");
  EXPECT_EQ(read_text(feature() / "meta.json").find("accepted"), std::string::npos);
  EXPECT_NE(refused({"accept"}).find("WP03 is in planned"), std::string::npos);
  ok({"agent", "tasks", "move-task", "WP03", "--to", "for_review", "--force"});
  ok({"accept", "--no-commit"});
  EXPECT_EQ(events().back(), "FeatureCompleted 001-tea");
  EXPECT_EQ(changes(),
            " M kitty-specs/001-tea/meta.json\n M kitty-specs/001-tea/tasks/WP03-part.md\n");
}

TEST_F(WorkflowEdit, WithoutAutoCommitTheFileChangesAlone) {
  ok({"agent", "tasks", "move-task", "WP01", "--to", "doing", "--no-auto-commit"});
  EXPECT_EQ(changes(), " M kitty-specs/001-tea/tasks/WP01-part.md\n");
  EXPECT_EQ(git({"rev-list", "--count", "HEAD"}), "1\n");
}

TEST_F(WorkflowEdit, AFileThatIsNotTrackedYetIsCommitted) {
  write_text(wp_file("WP04"), wp_text("WP04"));
  ok({"agent", "tasks", "move-task", "WP04", "--to", "doing"});
  EXPECT_EQ(changes(), "");
  hook("pre-commit", "exit 1");
  write_text(wp_file("WP05"), wp_text("WP05"));
  refused({"agent", "tasks", "move-task", "WP05", "--to", "doing"});
  EXPECT_EQ(changes(), "?? kitty-specs/001-tea/tasks/WP05-part.md\n");
}

TEST_F(WorkflowEdit, TheIgnoreGoesToTheGitDirectory) {
  ok({"implement", "WP01"});
  EXPECT_EQ(changes(), "");
  EXPECT_FALSE(std::filesystem::exists(repo() / ".gitignore"));
  ok({"implement", "WP02"});
  const auto exclude = read_text(repo() / ".git" / "info" / "exclude");
  EXPECT_EQ(exclude.find("/.worktrees/"), exclude.rfind("/.worktrees/"));
  const auto base = git({"rev-parse", "HEAD~1"}, tree("WP02")).substr(0, 12);
  EXPECT_NE(read_text(wp_file("WP02")).find("base_branch: \"main\""), std::string::npos) << base;
}

TEST_F(WorkflowEdit, AWorktreeThatWasRemovedByHandIsMadeAgainWithoutAnEvent) {
  implement("WP01");
  std::filesystem::remove_all(tree("WP01"));
  const auto before = events();
  ok({"implement", "WP01"});
  EXPECT_EQ(read_text(tree("WP01") / "WP01.txt"), "work of WP01\n");
  EXPECT_EQ(events(), before);
}

} // namespace
} // namespace spec_kitty::support
