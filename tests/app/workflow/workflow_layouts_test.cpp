// The same work, in every layout that git knows: a work package's worktree and the primary checkout
// show one board, and a command called from either changes it.
#include "tests/app/workflow/workflow_fixture.hpp"

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

class WorkflowLayout : public workflow_test {
protected:
  std::string board(const fs::path& where) const {
    return ok({"agent", "tasks", "status"}, where).out;
  }

  /// Lives through a work package in a project, called from its worktree and from its root.
  void live_in(const std::string& folder) const {
    const fs::path project = root() / folder;
    const fs::path worktree = project / ".worktrees" / "001-tea-WP01";
    ok({"implement", "WP01"}, project);
    ASSERT_TRUE(fs::exists(worktree / ".git"));
    EXPECT_EQ(git({"status", "--porcelain"}, project), "");
    EXPECT_NE(board(worktree).find("1 doing"), std::string::npos) << board(worktree);
    write_text(worktree / "work.txt", "work\n");
    git({"add", "-A"}, worktree);
    git({"commit", "--quiet", "-m", "work"}, worktree);
    ok({"agent", "tasks", "mark-status", "T001", "T002", "--status", "done"}, worktree);
    ok({"agent", "tasks", "move-task", "WP01", "--to", "for_review"}, worktree);
    EXPECT_EQ(board(worktree), board(project));
    EXPECT_EQ(git({"status", "--porcelain"}, project), "");
    ok({"merge"}, project);
    EXPECT_EQ(git({"status", "--porcelain"}, project), "");
    EXPECT_FALSE(fs::exists(worktree));
    ok({"accept"}, project);
    EXPECT_NE(board(project).find("1 done"), std::string::npos) << board(project);
  }
};

TEST_F(WorkflowLayout, OfASubmodule) {
  shell("git init -q super; cd super; git -c protocol.file.allow=always submodule --quiet add"
        " ../work lib; git commit -qm lib");
  live_in("super/lib");
}

TEST_F(WorkflowLayout, OfASeparateGitDirectory) {
  shell("git clone -q --separate-git-dir=gd work tree");
  live_in("tree");
}

TEST_F(WorkflowLayout, OfABareRepositoryWithWorktrees) {
  shell("git clone -q --bare work r.git; git -C r.git worktree add -q ../main main");
  live_in("main");
}

TEST_F(WorkflowLayout, OfASubfolderWithAProjectOfItsOwn) {
  shell("git init -q -b main mono; mkdir -p mono/apps/web/.kittify; cd mono/apps/web;"
        " cp -r \"$OLDPWD/work/kitty-specs\" .; git add -A; git commit -qm web");
  live_in("mono/apps/web");
  EXPECT_FALSE(fs::exists(root() / "mono" / ".worktrees"));
}

TEST_F(WorkflowLayout, WhereTheEnvironmentNamesTheRepository) {
  shell("git clone -q --separate-git-dir=dots work user; rm user/.git");
  auto what = command({"agent", "tasks", "move-task", "WP01", "--to", "doing"});
  what.cwd = root() / "user";
  what.env["GIT_DIR"] = (root() / "dots").string();
  what.env["GIT_WORK_TREE"] = (root() / "user").string();
  const auto done = run(what);
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_NE(git({"--git-dir", (root() / "dots").string(), "log", "-1", "--format=%s"}).find("WP01"),
            std::string::npos);
}

TEST_F(WorkflowLayout, OfAWorktreeElsewhereKnowsASeparateGitDirectorysCheckout) {
  shell("git clone -q --separate-git-dir=gd work tree");
  ok({"implement", "WP01"}, root() / "tree");
  shell("git -C tree worktree add -q --detach ../away");
  git({"worktree", "remove", "--force", ".worktrees/001-tea-WP01"}, root() / "tree");
  EXPECT_EQ(board(root() / "away"), board(root() / "tree"));
}

TEST_F(WorkflowLayout, WhoseRepositoryWasMovedNamesTheCommandThatRepairsIt) {
  shell("git -C work worktree add -q --detach ../away; mv work moved");
  auto what = command({"agent", "tasks", "status"});
  what.cwd = root() / "away";
  const auto done = run(what);
  EXPECT_EQ(done.status, 1);
  EXPECT_NE(done.err.find("git worktree repair"), std::string::npos) << done.err;
}

} // namespace
} // namespace spec_kitty::support
