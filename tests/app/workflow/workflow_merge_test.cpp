// merge: all or nothing, whatever ends it in the middle.
#include "tests/app/workflow/workflow_fixture.hpp"

#include <csignal>

namespace spec_kitty::support {
namespace {

using lines = std::vector<std::string>;

struct WorkflowMerge : workflow_test {
  WorkflowMerge() {
    ok({"agent", "feature", "finalize-tasks", "--quiet"});
    implement("WP01");
    implement("WP02", "WP01");
    ok({"agent", "tasks", "mark-status", "T001", "T002", "T003", "--status", "done"});
    start = git({"rev-parse", "HEAD"});
    before = events().size();
  }
  bool under_way() const {
    return std::filesystem::exists(repo() / ".git" / "spec-kitty-merge.json");
  }
  lines new_transitions() const {
    auto all = transitions();
    all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(before));
    return all;
  }
  void expect_merged() const {
    EXPECT_EQ(new_transitions(), (lines{"WPStatusChanged WP01 doing for_review",
                                        "WPStatusChanged WP02 doing for_review"}));
    EXPECT_EQ(lane("WP01"), "for_review");
    EXPECT_EQ(lane("WP02"), "for_review");
    EXPECT_EQ(read_text(repo() / "WP01.txt"), "work of WP01\n");
    EXPECT_EQ(read_text(repo() / "WP02.txt"), "work of WP02\n");
    EXPECT_EQ(changes(), "");
    EXPECT_FALSE(under_way());
  }
  void expect_as_before() const {
    EXPECT_EQ(git({"rev-parse", "HEAD"}), start);
    EXPECT_EQ(changes(), "");
    EXPECT_EQ(lane("WP01"), "doing");
    EXPECT_EQ(new_transitions(), lines{});
    EXPECT_FALSE(std::filesystem::exists(repo() / "WP01.txt"));
  }
  /// Starts merge and kills it while a hook waits.
  void kill_in_hook(const std::string& name) {
    const auto reached = root() / "reached";
    hook(name, "touch " + reached.string() + "; while [ -e " + reached.string() +
                   " ]; do sleep 0.02; done; exit 1");
    {
      child merging(command({"merge"}));
      ASSERT_TRUE(eventually([&] { return std::filesystem::exists(reached); }));
      merging.send(SIGKILL);
      EXPECT_EQ(merging.wait().signal, SIGKILL);
    }
    std::filesystem::remove(reached); // git, left alone, ends
    std::filesystem::remove(repo() / ".git" / "hooks" / name);
    ASSERT_TRUE(
        eventually([&] { return !std::filesystem::exists(repo() / ".git" / "index.lock"); }));
    EXPECT_TRUE(under_way());
  }

  std::string start;
  std::size_t before = 0;
};

TEST_F(WorkflowMerge, BranchesGoInInDependencyOrderAndAreGoneAfterwards) {
  const auto object = json_of({"merge"});
  EXPECT_EQ(to_text(*member(object, "merged")), R"(["WP01","WP02"])");
  EXPECT_EQ(number_in(object, {"events", "recorded"}), 2);
  expect_merged();
  EXPECT_EQ(git({"branch", "--format=%(refname:short)"}), "main\n");
  EXPECT_FALSE(std::filesystem::exists(repo() / ".worktrees"));
}

TEST_F(WorkflowMerge, ADryRunChangesNothing) {
  const auto objects = git({"count-objects"});
  const auto done = ok({"merge", "--dry-run"});
  EXPECT_NE(done.out.find("WP01 would go into main"), std::string::npos);
  EXPECT_EQ(git({"count-objects"}), objects);
  expect_as_before();
  EXPECT_FALSE(under_way());
}

TEST_F(WorkflowMerge, SquashMakesOneCommitPerWorkPackage) {
  ok({"merge", "--strategy", "squash", "--keep-branch"});
  expect_merged();
  EXPECT_EQ(git({"rev-list", "--count", "--merges", "HEAD"}), "0\n");
  EXPECT_EQ(git({"branch", "--format=%(refname:short)"}), "001-tea-WP01\n001-tea-WP02\nmain\n");
  EXPECT_FALSE(std::filesystem::exists(tree("WP01")));
}

TEST_F(WorkflowMerge, WorktreesStayWhenToldSo) {
  ok({"merge", "--keep-worktree"});
  expect_merged();
  EXPECT_TRUE(std::filesystem::exists(tree("WP02") / "WP02.txt"));
}

TEST_F(WorkflowMerge, AConflictIsNamedBeforeAFileChanges) {
  write_text(repo() / "WP02.txt", "somebody else's\n");
  commit_all();
  start = git({"rev-parse", "HEAD"});
  const auto why = refused({"merge"});
  EXPECT_NE(why.find("WP02 conflicts with main"), std::string::npos) << why;
  EXPECT_NE(why.find("in WP02.txt"), std::string::npos) << why;
  EXPECT_NE(why.find("merge --resume"), std::string::npos) << why;
  expect_as_before();
  EXPECT_EQ(refused({"merge"}), why); // nothing has moved: it can simply be run again

  EXPECT_NE(git_status({"-C", tree("WP02").string(), "merge", "--quiet", "main"}), 0);
  write_text(tree("WP02") / "WP02.txt", "work of WP02\n");
  git({"add", "-A"}, tree("WP02"));
  git({"commit", "--quiet", "-m", "resolved"}, tree("WP02"));
  ok({"merge", "--resume"});
  expect_merged();
}

TEST_F(WorkflowMerge, AConflictCanBeGivenUp) {
  write_text(repo() / "WP01.txt", "somebody else's\n");
  commit_all();
  refused({"merge"});
  EXPECT_TRUE(under_way());
  ok({"merge", "--abort"});
  EXPECT_FALSE(under_way());
  EXPECT_EQ(read_text(repo() / "WP01.txt"), "somebody else's\n");
  EXPECT_NE(refused({"merge", "--abort"}).find("no merge of 001-tea is in progress"),
            std::string::npos);
  EXPECT_NE(refused({"merge", "--resume"}).find("spec-kitty merge"), std::string::npos);
}

TEST_F(WorkflowMerge, KilledAsTheTargetMovesItIsResumed) {
  kill_in_hook("post-merge");
  ok({"merge", "--resume"});
  expect_merged();
}

TEST_F(WorkflowMerge, KilledAsTheTargetMovesItIsTakenBack) {
  kill_in_hook("post-merge");
  EXPECT_EQ(new_transitions(), lines{});
  ok({"merge", "--abort"});
  expect_as_before();
  ok({"merge"});
  expect_merged();
}

TEST_F(WorkflowMerge, KilledAndSettledItIsResumedAndNotTakenBack) {
  kill_in_hook("post-merge");
  EXPECT_NE(refused({"merge"}).find("merge --resume"), std::string::npos); // settles first
  EXPECT_NE(refused({"merge", "--abort"}).find("its events are recorded"), std::string::npos);
  ok({"merge", "--resume"});
  expect_merged();
}

TEST_F(WorkflowMerge, ResumedAgainAfterItsEndItDoesNothing) {
  kill_in_hook("post-merge");
  ok({"merge", "--resume"});
  ok({"merge", "--resume"});
  expect_merged();
}

TEST_F(WorkflowMerge, PreflightNamesWhatIsNotClean) {
  write_text(tree("WP02") / "loose.txt", "x");
  EXPECT_NE(refused({"merge"}).find("WP02 has uncommitted changes"), std::string::npos);
  std::filesystem::remove(tree("WP02") / "loose.txt");
  write_text(feature() / "tasks.md", "changed");
  EXPECT_NE(refused({"merge"}).find("kitty-specs/001-tea/tasks.md"), std::string::npos);
  git({"checkout", "--quiet", "."});
  write_text(repo() / "WP02.txt", "untracked, in the way\n");
  refused({"merge"});
  EXPECT_EQ(read_text(repo() / "WP02.txt"), "untracked, in the way\n");
  EXPECT_FALSE(under_way());
  std::filesystem::remove(repo() / "WP02.txt");
  expect_as_before();
}

TEST_F(WorkflowMerge, AFailedPushIsSaidAndCanBeResumed) {
  const auto why = refused({"merge", "--push"});
  EXPECT_NE(why.find("merged, but not pushed"), std::string::npos) << why;
  EXPECT_TRUE(under_way());
  EXPECT_EQ(lane("WP01"), "for_review");
  git({"init", "--quiet", "--bare", (root() / "origin.git").string()});
  git({"remote", "add", "origin", (root() / "origin.git").string()});
  ok({"merge", "--resume"});
  expect_merged();
  EXPECT_EQ(git({"ls-remote", "origin", "refs/heads/main"}).substr(0, 40),
            git({"rev-parse", "HEAD"}).substr(0, 40));
}

TEST_F(WorkflowMerge, AnotherTargetIsNamedAndMustBeCheckedOut) {
  git({"branch", "release"});
  EXPECT_NE(refused({"merge", "--target", "release"}).find("switch release"), std::string::npos);
  EXPECT_NE(refused({"merge", "--target", "nowhere"}).find("nowhere does not exist"),
            std::string::npos);
  git({"switch", "--quiet", "release"});
  ok({"merge", "--target", "release"});
  expect_merged();
  EXPECT_EQ(git({"rev-parse", "main"}), start);
}

TEST_F(WorkflowMerge, ACycleIsRefused) {
  const auto text = read_text(wp_file("WP01"));
  write_text(wp_file("WP01"), "---\ndependencies: [WP02]\n" + text.substr(4));
  commit_all();
  EXPECT_NE(refused({"merge"}).find("WP01 → WP02 → WP01"), std::string::npos);
}

} // namespace
} // namespace spec_kitty::support
