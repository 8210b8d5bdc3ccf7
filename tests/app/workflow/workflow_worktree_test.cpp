// Worktrees that a killed git has made or removed in part.
#include "tests/app/workflow/workflow_fixture.hpp"
#include "util/files.hpp"
#include "util/process.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

using WorkflowWorktree = workflow_test;

TEST_F(WorkflowWorktree, AWorktreeThatAKilledGitHasHalfRemovedIsMadeAgain) {
  for (const bool known : {true, false}) { // to git: its entry goes last
    implement("WP01");
    fs::remove(tree("WP01") / ".git");
    fs::remove(tree("WP01") / "kitty-specs" / "001-tea" / "tasks.md");
    if (!known)
      git({"worktree", "prune", "--expire=now"});
    ok({"implement", "WP01"});
    EXPECT_EQ(git({"status", "--porcelain"}, tree("WP01")), "");
    EXPECT_TRUE(fs::exists(tree("WP01") / "WP01.txt"));
    EXPECT_EQ(lines_of(git({"worktree", "list"})).size(), 2U);
    git({"worktree", "remove", "--force", tree("WP01").string()});
    git({"branch", "--quiet", "-D", "001-tea-WP01"});
    ok({"agent", "tasks", "move-task", "WP01", "--to", "planned", "--force"});
  }
}

TEST_F(WorkflowWorktree, AHalfRemovedWorktreeWithSomethingElseInItIsLeft) {
  implement("WP01");
  const auto mine = tree("WP01") / "mine.txt";
  const auto changed = tree("WP01") / "WP01.txt";
  for (const auto& [file, text] :
       {std::pair(mine, std::string("mine\n")), std::pair(changed, std::string("changed\n"))}) {
    fs::remove(tree("WP01") / ".git");
    write_text(file, text);
    const auto message = refused({"implement", "WP01"});
    EXPECT_NE(message.find("exists but is not a worktree of the branch 001-tea-WP01"),
              std::string::npos)
        << message;
    EXPECT_EQ(read_text(file), text);
    fs::rename(tree("WP01"), tree("WP01").string() + ".old"); // as the hint names it
    ok({"implement", "WP01"});
    EXPECT_EQ(git({"status", "--porcelain"}, tree("WP01")), "");
    EXPECT_EQ(read_text(fs::path(tree("WP01").string() + ".old") / file.filename()), text);
    fs::remove_all(tree("WP01").string() + ".old");
  }
}

/// A process that works in a folder until it is asked to end.
class worker {
public:
  explicit worker(const fs::path& folder) {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const unique_fd input(ends[0]);
    end_ = unique_fd(ends[1]);
    const auto started = start_program({{"cat"}, folder, {}}, input.get());
    EXPECT_TRUE(started);
    pid_ = started ? *started : -1;
  }
  ~worker() {
    end_ = unique_fd{};
    ::waitpid(pid_, nullptr, 0);
  }
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;
  std::string name() const { return "process " + std::to_string(pid_) + " (cat) works in it"; }

private:
  unique_fd end_;
  pid_t pid_ = -1;
};

TEST_F(WorkflowWorktree, AWorktreeInUseIsNotMadeAgain) {
  implement("WP01");
  fs::remove(tree("WP01") / ".git");
  {
    const worker editor(tree("WP01"));
    const auto message = refused({"implement", "WP01"});
    EXPECT_NE(message.find("has lost its .git file, and " + editor.name()), std::string::npos)
        << message;
    EXPECT_TRUE(fs::exists(tree("WP01") / "WP01.txt"));
  }
  ok({"implement", "WP01"});
}

TEST_F(WorkflowWorktree, AMergeKeepsAWorktreeInUse) {
  implement("WP01");
  ok({"agent", "tasks", "mark-status", "T001", "T002", "--status", "done"});
  {
    const worker editor(tree("WP01"));
    const auto done = ok({"merge"});
    EXPECT_NE(done.err.find("was kept: " + editor.name()), std::string::npos) << done.err;
    EXPECT_TRUE(fs::exists(tree("WP01") / "WP01.txt"));
  }
  EXPECT_EQ(git({"show", "main:WP01.txt"}), read_text(tree("WP01") / "WP01.txt"));
}

} // namespace
} // namespace spec_kitty::support
