// Conflicts of a merge: the printed command leads out of each, whatever the strategy.
#include "tests/app/workflow/workflow_fixture.hpp"

namespace spec_kitty::support {
namespace {

struct WorkflowConflict : workflow_test {
  WorkflowConflict() {
    for (const char* id : {"WP01", "WP02", "WP03"}) {
      ok({"implement", id});
      commit_work(id, id == std::string("WP03") ? "other" : "same");
    }
    ok({"agent", "tasks", "mark-status", "T001", "T002", "T003", "--status", "done"});
  }
  /// Types the command that a refused merge prints, which ends in the conflict; resolves that.
  void resolve(const std::string& id, const words& merge) const {
    const auto object = json_of(merge, 1);
    const auto* list = member(object, "blockers");
    ASSERT_TRUE(list != nullptr && list->Size() == 1) << to_text(object);
    const auto command = text_of((*list)[0], "command").value_or("");
    EXPECT_NE(command.find("git -C " + tree(id).string() + " merge "), std::string::npos)
        << command;
    auto what = this->command({});
    what.argv = {"/bin/sh", "-c", command};
    EXPECT_NE(run(what).status, 0) << command;
    commit_work(id, "same", "both\n");
  }
  void expect_both() const {
    EXPECT_EQ(read_text(repo() / "same"), "both\n");
    EXPECT_EQ(read_text(repo() / "other"), "work of WP03\n");
    for (const char* id : {"WP01", "WP02", "WP03"})
      EXPECT_EQ(lane(id), "for_review");
    EXPECT_EQ(changes(), "");
  }
};

TEST_F(WorkflowConflict, BetweenTwoWorkPackagesIsResolvedOnTheSecond) {
  EXPECT_NE(refused({"merge"}).find("WP02 conflicts with 001-tea-WP01, in same"),
            std::string::npos);
  resolve("WP02", {"merge"});
  ok({"merge", "--resume"});
  expect_both();
}

TEST_F(WorkflowConflict, IsResolvedTheSameWayWhenSquashing) {
  resolve("WP02", {"merge", "--strategy", "squash"});
  ok({"merge", "--resume"});
  expect_both();
  EXPECT_EQ(git({"rev-list", "--count", "--merges", "HEAD"}), "0\n");
}

TEST_F(WorkflowConflict, ABranchBuiltOnOneThatWasSquashedEarlierIsNoConflict) {
  EXPECT_NE(git_status({"-C", tree("WP02").string(), "merge", "--quiet", "001-tea-WP01"}), 0);
  commit_work("WP02", "same", "both\n");
  git({"worktree", "move", tree("WP02").string(), (root() / "away").string()});
  git({"branch", "--move", "001-tea-WP02", "later"});
  ok({"merge", "--strategy", "squash"});
  git({"branch", "--move", "later", "001-tea-WP02"});
  ok({"merge", "--strategy", "squash"});
  expect_both();
}

TEST_F(WorkflowConflict, WithTheTargetAndWithAnotherAreResolvedInTurn) {
  write_text(repo() / "same", "somebody else's\n");
  commit_all();
  const auto both = json_of({"merge", "--check"}, 1);
  EXPECT_EQ(member(both, "blockers")->Size(), 2U); // all in one answer
  for (const char* id : {"WP01", "WP02"}) {
    EXPECT_NE(git_status({"-C", tree(id).string(), "merge", "--quiet", "main"}), 0);
    commit_work(id, "same", std::string(id) + " and main\n");
  }
  resolve("WP02", {"merge"});
  ok({"merge"});
  expect_both();
}

TEST_F(WorkflowConflict, AndGatesAreNamedInOneAnswer) {
  write_text(tree("WP03") / "loose", "x");
  const auto found = json_of({"merge"}, 1);
  EXPECT_EQ(member(found, "blockers")->Size(), 2U) << to_text(found);
  EXPECT_EQ(error_part(found, "hint").find("pass the gates"), std::string::npos);
}

TEST_F(WorkflowConflict, GatesOfAResumedMergeArePassedByItsOwnCommand) {
  resolve("WP02", {"merge"});
  write_text(tree("WP01") / "loose", "x");
  const auto message = refused({"merge", "--resume"});
  EXPECT_NE(message.find("or pass the gates: spec-kitty merge --resume --force"), std::string::npos)
      << message;
}

TEST_F(WorkflowConflict, OfAWorktreeThatWasDeletedByHandIsResolvedInANewOne) {
  std::filesystem::remove_all(tree("WP02"));
  resolve("WP02", {"merge"});
  ok({"merge"});
  expect_both();
}

} // namespace
} // namespace spec_kitty::support
