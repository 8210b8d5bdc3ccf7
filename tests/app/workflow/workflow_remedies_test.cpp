// Remedies that get a person out of a state that git or an accident left: typed as printed, and the
// command runs.
#include "tests/app/workflow/workflow_fixture.hpp"

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

struct WorkflowRemedies : workflow_test {
  /// The command in the hint of a refusal, or of its first blocker.
  std::string remedy(const words& arguments, const std::string& message) const {
    const auto object = json_of(arguments, 1);
    EXPECT_NE(error_part(object, "message").find(message), std::string::npos) << to_text(object);
    if (const auto* blockers = member(object, "blockers"))
      return text_of((*blockers)[0], "command").value_or("");
    const auto hint = error_part(object, "hint");
    const auto start = hint.rfind(": ", hint.find("; then"));
    return start == std::string::npos
               ? hint
               : hint.substr(start + 2, hint.find("; then", start) - (start + 2));
  }
  void type(const std::string& line) const {
    auto what = command({});
    const auto bin = fs::path(what.argv.front()).parent_path().string();
    what.argv = {"/bin/sh", "-c", "PATH=" + bin + ":$PATH; " + line};
    const auto done = run(what);
    EXPECT_EQ(done.status, 0) << line << "\n" << done.out << done.err;
  }
  void target(const std::string& name) const {
    write_text(feature() / "meta.json",
               name.empty() ? "{}\n" : "{\"target_branch\": \"" + name + "\"}\n");
    commit_all("target");
  }
  void without_a_commit() const {
    fs::remove_all(repo() / ".git");
    git({"init", "--quiet", "--initial-branch=main"});
  }
  void finished_work(const std::string& id) const {
    implement(id);
    ok({"agent", "tasks", "mark-status", "T001", "T002", "--status", "done"});
  }
  const words move = {"agent", "tasks", "move-task", "WP01", "--to", "doing"};
};

TEST_F(WorkflowRemedies, OfARepositoryWithoutACommitForImplement) {
  without_a_commit();
  type(remedy({"implement", "WP01"}, "has no commit yet"));
  ok({"implement", "WP01"});
}

TEST_F(WorkflowRemedies, OfARepositoryWithoutACommitForAMerge) {
  without_a_commit();
  type(remedy({"merge"}, "main has no commit yet"));
  EXPECT_NE(refused({"merge"}).find("no work package of 001-tea has a branch"), std::string::npos);
}

TEST_F(WorkflowRemedies, OfARepositoryWithoutACommitForAccept) {
  without_a_commit();
  type(remedy({"accept"}, "has no commit on its target branch"));
  EXPECT_NE(refused({"accept"}).find("WP01 is in planned"), std::string::npos);
}

TEST_F(WorkflowRemedies, OfACheckoutWithoutABranch) {
  target("");
  git({"checkout", "--quiet", "--detach"});
  type(remedy(move, "has no branch checked out"));
  ok(move);
}

TEST_F(WorkflowRemedies, OfACheckoutWithoutABranchWhoseTargetIsMissing) {
  target("2.x");
  git({"checkout", "--quiet", "--detach"});
  type(remedy(move, "the target branch 2.x of 001-tea does not exist"));
  ok(move);
}

TEST_F(WorkflowRemedies, OfATargetBranchThatIsMissingForAMerge) {
  target("2.x");
  type(remedy({"merge"}, "the target branch 2.x does not exist"));
  type(remedy({"merge"}, "is on main"));
  EXPECT_NE(refused({"merge"}).find("has a branch"), std::string::npos);
}

TEST_F(WorkflowRemedies, OfABranchThatIsCheckedOutElsewhere) {
  git({"worktree", "add", "--quiet", "-b", "001-tea-WP01", (root() / "away").string()});
  type(remedy({"implement", "WP01"}, "is checked out elsewhere"));
  ok({"implement", "WP01"});
}

TEST_F(WorkflowRemedies, OfAFolderInThePlaceOfAWorktree) {
  fs::create_directories(tree("WP01"));
  write_text(tree("WP01") / "mine", "x");
  type(remedy({"implement", "WP01"}, "is not a worktree"));
  ok({"implement", "WP01"});
  EXPECT_EQ(read_text(fs::path(tree("WP01").string() + ".old") / "mine"), "x");
}

TEST_F(WorkflowRemedies, OfAMergeStateThatCannotBeRead) {
  finished_work("WP01");
  write_text(repo() / ".git" / "spec-kitty-merge.json", "{");
  type(remedy({"merge"}, "spec-kitty-merge.json"));
  ok({"merge"});
}

TEST_F(WorkflowRemedies, OfAResumeWithoutAMerge) {
  finished_work("WP01");
  type(remedy({"merge", "--resume"}, "no merge of 001-tea is in progress"));
  EXPECT_EQ(lane("WP01"), "for_review");
}

TEST_F(WorkflowRemedies, OfAnAbortOfACompleteMerge) {
  finished_work("WP01");
  git({"remote", "add", "origin", (root() / "there.git").string()});
  EXPECT_NE(refused({"merge", "--push"}).find("merged, but not pushed"), std::string::npos);
  git({"init", "--quiet", "--bare", (root() / "there.git").string()});
  type(remedy({"merge", "--abort"}, "the merge of 001-tea is complete"));
  EXPECT_FALSE(fs::exists(tree("WP01")));
}

TEST_F(WorkflowRemedies, OfAnAbortAfterTheTargetMovedOn) {
  finished_work("WP01");
  const auto state = repo() / ".git" / "spec-kitty-merge.json";
  git({"remote", "add", "origin", (root() / "there.git").string()});
  refused({"merge", "--push"});
  auto kept = parsed(read_text(state)); // as if it had been killed before its push
  kept["phase"].SetString("lanes");
  kept["intent"].SetString("");
  kept["push"].SetBool(false);
  write_text(state, to_text(kept));
  write_text(repo() / "more", "x");
  commit_all();
  type(remedy({"merge", "--abort"}, "the target main has changed since the merge began"));
  EXPECT_FALSE(fs::exists(state));
  EXPECT_TRUE(fs::exists(repo() / "more"));
}

TEST_F(WorkflowRemedies, OfAnImplementOfWhatIsInReview) {
  ok({"agent", "tasks", "move-task", "WP01", "--to", "for_review", "--force"});
  type(remedy({"implement", "WP01"}, "WP01 is in for_review, not in planned"));
  ok({"implement", "WP01"});
}

TEST_F(WorkflowRemedies, OfABisectInAWorktree) {
  finished_work("WP01");
  git({"bisect", "start"}, tree("WP01"));
  type(remedy({"merge"}, "a bisect is under way"));
  ok({"merge"});
}

TEST_F(WorkflowRemedies, OfARebaseInConflictInAWorktree) {
  finished_work("WP01");
  write_text(repo() / "WP01.txt", "of main\n");
  commit_all();
  EXPECT_NE(git_status({"-C", tree("WP01").string(), "rebase", "--quiet", "main"}), 0);
  type(remedy({"merge"}, "a rebase is under way"));
  EXPECT_NE(refused({"merge"}).find("WP01 conflicts with main"), std::string::npos);
}

TEST_F(WorkflowRemedies, OfAnotherBranchInAWorktree) {
  finished_work("WP01");
  git({"switch", "--quiet", "-c", "mine"}, tree("WP01"));
  commit_work("WP01", "more");
  type(remedy({"merge"}, "has the branch mine checked out"));
  ok({"merge"});
  EXPECT_TRUE(fs::exists(repo() / "more"));
}

TEST_F(WorkflowRemedies, OfAnAcceptWhileWorkIsUnderWay) {
  ok({"implement", "WP03"});
  const auto object = json_of({"accept"}, 1);
  for (const auto& each : member(object, "blockers")->GetArray())
    type(text_of(each, "command").value_or(""));
  EXPECT_EQ(lane("WP03"), "for_review");
  EXPECT_EQ(lane("WP01"), "doing");
}

} // namespace
} // namespace spec_kitty::support
