// Commands whose git was killed, and they with it: the next one finds what was left, and goes
// through.
#include "tests/app/workflow/workflow_fixture.hpp"

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

struct KilledGit : workflow_test {
  /// Implements a work package, so that it can be merged.
  void finish(const std::string& id) const {
    implement(id);
    ok({"agent", "tasks", "mark-status", "T001", "T002", "--status", "done"});
  }
};

TEST_F(KilledGit, AMergeEndsTheRemovalThatAKilledGitHasBegun) {
  ok({"agent", "tasks", "mark-status", "T001", "T002", "T003", "--status", "done"});
  for (const auto& [wp, gone] : {std::pair("WP01", "WP01.txt"), std::pair("WP02", ".git")}) {
    implement(wp);
    put_git_in_front("case \"$all\" in *' worktree remove '*) for tree; do :; done; rm \"$tree/" +
                     std::string(gone) + "\"; kill -9 $PPID; exit 1;; esac");
    EXPECT_EQ(cli({"merge", "--force"}).status, -1) << wp;
    fs::remove(root() / "bin" / "git");
    const auto done = ok({"merge", "--resume"});
    EXPECT_EQ(done.err.find("was kept"), std::string::npos) << done.err;
    EXPECT_FALSE(fs::exists(tree(wp))) << wp;
    EXPECT_EQ(lines_of(git({"worktree", "list"})).size(), 1U) << wp;
    EXPECT_EQ(git({"branch", "--list", std::string("001-tea-") + wp}), "") << wp;
  }
}

/// A git that is killed while it brings the files of another commit, with the one that called it.
std::string killed_while(const std::string& verb, const std::string& what) {
  return "case \"$all\" in *' " + verb + " '*) " + what + "; kill -9 $PPID; exit 1;; esac";
}

TEST_F(KilledGit, AMergeIsRunAgainAfterGitWasKilledInTheMidstOfAFile) {
  ok({"agent", "tasks", "mark-status", "T001", "T002", "T003", "--status", "done"});
  for (const auto& [wp, what] :
       {std::pair("WP01", "rm kitty-specs/001-tea/tasks/WP01-part.md"),
        std::pair("WP02", "head -c 20 kitty-specs/001-tea/tasks/WP02-part.md > part; "
                          "mv part kitty-specs/001-tea/tasks/WP02-part.md")}) {
    implement(wp);
    put_git_in_front(killed_while("--ff-only", what));
    EXPECT_EQ(cli({"merge", "--force"}).status, -1) << wp;
    fs::remove(root() / "bin" / "git");
    ok({"merge", "--resume"});
    EXPECT_EQ(changes(), "") << wp;
    EXPECT_EQ(lane(wp), "for_review");
    EXPECT_FALSE(fs::exists(tree(wp))) << wp;
  }
}

TEST_F(KilledGit, LocksOfAKilledRemovalAreNotInTheWayOfTheNext) {
  finish("WP01");
  put_git_in_front(killed_while("branch --quiet -D", "touch .git/packed-refs.lock .git/config.lock "
                                                     ".git/refs/heads/001-tea-WP01.lock"));
  EXPECT_EQ(cli({"merge", "--force"}).status, -1);
  fs::remove(root() / "bin" / "git");
  const auto an_hour_ago = fs::file_time_type::clock::now() - std::chrono::hours(1);
  fs::last_write_time(repo() / ".git" / "spec-kitty-merge.json", an_hour_ago);
  for (const char* name : {"packed-refs.lock", "config.lock", "refs/heads/001-tea-WP01.lock"})
    fs::last_write_time(repo() / ".git" / name, an_hour_ago + std::chrono::seconds(2));
  const auto done = ok({"merge", "--resume"});
  EXPECT_EQ(done.err.find("was kept"), std::string::npos) << done.err;
  EXPECT_EQ(git({"branch", "--list", "001-tea-WP01"}), "");
  for (const char* name : {"packed-refs.lock", "config.lock"})
    EXPECT_FALSE(fs::exists(repo() / ".git" / name)) << name;
}

TEST_F(KilledGit, OneThatIsAboutToEndIsWaitedForBeforeItsLockIsJudged) {
  finish("WP01");
  put_git_in_front(
      killed_while("branch --quiet -D",
                   "touch .git/packed-refs.lock; { (sleep 1; :) </dev/null >/dev/null 2>&1 & }"));
  EXPECT_EQ(cli({"merge", "--force"}).status, -1);
  fs::remove(root() / "bin" / "git");
  const auto done = ok({"merge", "--resume"});
  EXPECT_EQ(done.err.find("was kept"), std::string::npos) << done.err;
  EXPECT_FALSE(fs::exists(repo() / ".git" / "packed-refs.lock"));
}

TEST_F(KilledGit, ALockOfAKilledGitIsNotInTheWayOfANewBranch) {
  fs::create_directories(repo() / ".git" / "refs" / "heads");
  write_text(repo() / ".git" / "refs" / "heads" / "001-tea-WP01.lock", "");
  ok({"implement", "WP01"});
  EXPECT_TRUE(fs::exists(tree("WP01") / ".git"));
}

TEST_F(KilledGit, AnAbortIsRunAgainAfterGitWasKilledInTheMidstOfAFile) {
  finish("WP01");
  const auto before = git({"rev-parse", "HEAD"});
  put_git_in_front("", killed_while("--ff-only", ":")); // the branch has moved
  EXPECT_EQ(cli({"merge", "--force"}).status, -1);
  put_git_in_front(killed_while("reset", "rm WP01.txt"));
  EXPECT_EQ(cli({"merge", "--abort"}).status, -1);
  fs::remove(root() / "bin" / "git");
  ok({"merge", "--abort"});
  EXPECT_EQ(changes(), "");
  EXPECT_EQ(git({"rev-parse", "HEAD"}), before);
}

} // namespace
} // namespace spec_kitty::support
