// No write leaves the checkout or its git directory, whatever links a repository brings along; and
// nothing is read through them that would be shown or sent.
#include "tests/app/workflow/workflow_fixture.hpp"

#include <algorithm>

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

class WorkflowPaths : public workflow_test {
protected:
  WorkflowPaths() {
    fs::create_directories(outside());
    write_text(outside() / "note.md", note);
  }

  /// The private place that a link leads to.
  fs::path outside() const { return root() / "private"; }

  /// Puts a committed link in the place of a file or folder of the checkout.
  void plant(const std::string& name, const fs::path& target) const {
    fs::remove_all(repo() / name);
    fs::create_directories((repo() / name).parent_path());
    fs::create_symlink(target, repo() / name);
    commit_all("plant");
  }

  /// A copy of what is in the place of the link, moved outside; the link leads there.
  void move_out(const std::string& name) const {
    fs::rename(repo() / name, outside() / "moved");
    plant(name, outside() / "moved");
  }

  /// Every name outside with its bytes.
  std::map<std::string, std::string> all_outside() const {
    std::map<std::string, std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(outside()))
      all[entry.path().string()] = entry.is_regular_file() ? read_text(entry.path()) : "";
    return all;
  }

  /// The command is refused, names the link and how to remove it, and has left outside as it was.
  void expect_kept_inside(const words& arguments, const std::string& link) const {
    const auto before = all_outside();
    const auto message = refused(arguments);
    const auto path = (fs::canonical(repo()) / link).string();
    EXPECT_NE(message.find(path + " is a symbolic link"), std::string::npos) << message;
    EXPECT_NE(message.find("rm " + path), std::string::npos) << message;
    EXPECT_EQ(message.find("private text"), std::string::npos) << message;
    EXPECT_EQ(all_outside(), before) << arguments.front();
  }

  const std::string note = "---\ntitle: mine\nlane: for_review\n---\nprivate text\n";
};

TEST_F(WorkflowPaths, AFileInThePlaceOfTheWorktreesIsMovedAway) {
  write_text(repo() / ".worktrees", "mine");
  const auto message = refused({"implement", "WP01"});
  const auto path = (fs::canonical(repo()) / ".worktrees").string();
  EXPECT_NE(message.find(path + " is not a folder"), std::string::npos) << message;
  EXPECT_NE(message.find("mv " + path + " " + path + ".old"), std::string::npos) << message;
}

TEST_F(WorkflowPaths, AWorktreeFolderThatIsALinkIsRefused) {
  plant(".worktrees", outside());
  expect_kept_inside({"implement", "WP01"}, ".worktrees");
  EXPECT_EQ(lane("WP01"), "planned");
  fs::remove(repo() / ".worktrees"); // as the hint says
  ok({"implement", "WP01"});
  EXPECT_TRUE(fs::exists(tree("WP01") / ".git"));
}

TEST_F(WorkflowPaths, AWorktreeThatIsALinkIsRefusedByEveryCommandThatGoesThere) {
  implement("WP01");
  fs::rename(tree("WP01"), outside() / "tree");
  fs::create_symlink(outside() / "tree", tree("WP01"));
  const std::string link = ".worktrees/001-tea-WP01";
  ok({"agent", "tasks", "mark-status", "T001", "T002", "--status", "done"});
  expect_kept_inside({"implement", "WP01"}, link);
  expect_kept_inside({"agent", "tasks", "move-task", "WP01", "--to", "for_review"}, link);
  expect_kept_inside({"merge"}, link);
}

TEST_F(WorkflowPaths, AWorkPackageThatIsALinkIsNeitherReadNorWritten) {
  plant("kitty-specs/001-tea/tasks/WP01-part.md", outside() / "note.md");
  const std::string link = "kitty-specs/001-tea/tasks/WP01-part.md";
  for (const words& arguments :
       {words{"accept", "--no-commit"}, words{"implement", "WP01"},
        words{"agent", "tasks", "move-task", "WP01", "--to", "done", "--force"},
        words{"agent", "tasks", "add-history", "WP01", "--note", "x"},
        words{"agent", "feature", "finalize-tasks"}, words{"agent", "tasks", "status"}})
    expect_kept_inside(arguments, link);
}

TEST_F(WorkflowPaths, AFolderOnTheWayThatIsALinkIsRefused) {
  for (const std::string name :
       {"kitty-specs/001-tea/tasks", "kitty-specs/001-tea", "kitty-specs"}) {
    move_out(name);
    for (words arguments :
         {words{"agent", "tasks", "move-task", "WP01", "--to", "doing"},
          words{"agent", "tasks", "add-history", "WP01", "--note", "x"}, words{"accept"}}) {
      arguments.insert(arguments.end(), {"--feature", "001-tea"});
      expect_kept_inside(arguments, name);
    }
    fs::remove(repo() / name);
    fs::rename(outside() / "moved", repo() / name);
  }
}

TEST_F(WorkflowPaths, FilesOfTheFeatureThatAreLinksAreRefused) {
  write_text(outside() / "meta.json", "{\"target_branch\": \"private text\"}\n");
  plant("kitty-specs/001-tea/meta.json", outside() / "meta.json");
  expect_kept_inside({"accept"}, "kitty-specs/001-tea/meta.json");
  fs::remove(feature() / "meta.json");
  plant("kitty-specs/001-tea/tasks.md", outside() / "note.md");
  expect_kept_inside({"agent", "tasks", "mark-status", "T001", "--status", "done"},
                     "kitty-specs/001-tea/tasks.md");
}

TEST_F(WorkflowPaths, TheProjectsFolderAndFileThatAreLinksGetNoIdentityWritten) {
  plant(".kittify", outside());
  expect_kept_inside({"init"}, ".kittify");
  fs::remove(repo() / ".kittify");
  plant(".kittify/config.yaml", outside() / "note.md");
  expect_kept_inside({"init"}, ".kittify/config.yaml");
}

TEST_F(WorkflowPaths, ALinkedIdentityIsNotSentWithEvents) {
  write_text(outside() / "config.yaml",
             "project:\n  uuid: 123e4567-e89b-42d3-a456-426614174000\n  slug: private-text\n");
  plant(".kittify/config.yaml", outside() / "config.yaml");
  const auto done = ok({"emit", "HistoryAdded", "--wp", "WP01", "--field", "entry_type=note",
                        "--field", "entry_content=x", "--json"});
  EXPECT_EQ(done.out.find("private-text"), std::string::npos) << done.out;
  EXPECT_NE(done.err.find("config.yaml is a symbolic link"), std::string::npos) << done.err;
}

TEST_F(WorkflowPaths, LinksInTheGitDirectoryAreNotFollowedEither) {
  const std::vector<std::string> files = {"spec-kitty.lock", "spec-kitty"};
  for (const auto& name : files) {
    const auto link = repo() / ".git" / name;
    fs::remove_all(link);
    fs::create_symlink(outside(), link);
    expect_kept_inside({"agent", "tasks", "move-task", "WP01", "--to", "doing"}, ".git/" + name);
    fs::remove(link);
  }
  EXPECT_EQ(lane("WP01"), "planned");
  EXPECT_EQ(changes(), "");
}

TEST_F(WorkflowPaths, AnExcludeFileThatTheUserLinkedIsReadAndLeftToTheUser) {
  const auto exclude = repo() / ".git" / "info" / "exclude";
  fs::remove(exclude);
  write_text(outside() / "exclude", "# mine\n");
  fs::create_directories(exclude.parent_path());
  fs::create_symlink(outside() / "exclude", exclude);
  const auto before = all_outside();
  const auto message = refused({"implement", "WP01"});
  EXPECT_NE(message.find("echo /.worktrees/ >> "), std::string::npos) << message;
  EXPECT_EQ(all_outside(), before);
  EXPECT_TRUE(fs::is_symlink(exclude));
  write_text(outside() / "exclude", "# mine\n/.worktrees/\n"); // as the hint says
  ok({"implement", "WP01"});
}

TEST_F(WorkflowPaths, AProjectInASubfolderThatBecameALinkIsRefused) {
  shell(
      "git init -q -b main mono; mkdir -p mono/web/.kittify; cd mono/web;"
      " cp -r \"$OLDPWD/work/kitty-specs\" .; touch .kittify/keep; git add -A; git commit -qm web;"
      " git worktree add -q ../../away; cd ..; mv web ../private/web;"
      " ln -s ../private/web web");
  const auto before = all_outside();
  auto what = command({"agent", "tasks", "move-task", "WP01", "--to", "doing"});
  what.cwd = root() / "away" / "web";
  const auto done = run(what);
  EXPECT_EQ(done.status, 1) << done.out;
  EXPECT_NE(done.err.find("web is a symbolic link"), std::string::npos) << done.err;
  EXPECT_EQ(all_outside(), before);
}

TEST_F(WorkflowPaths, ARepositoryBehindALinkIsWorkedInAsAnyOther) {
  fs::create_directories(root() / "deep");
  fs::rename(repo(), root() / "deep" / "real");
  fs::create_directory_symlink("deep/real", repo());
  implement("WP01");
  ok({"agent", "tasks", "mark-status", "T001", "T002", "--status", "done"});
  ok({"agent", "tasks", "move-task", "WP01", "--to", "for_review"}, tree("WP01"));
  ok({"merge"});
  EXPECT_EQ(changes(), "");
}

TEST_F(WorkflowPaths, WorktreesAreElsewhereWhereTheHomeSaysSo) {
  const auto elsewhere = root() / "elsewhere";
  ok({"config", "set", "workflow.worktrees", elsewhere.string() + "/"});
  const auto made = json_of({"implement", "WP01"});
  const fs::path path = text_of(made, "worktree").value_or("");
  EXPECT_TRUE(path.string().starts_with(elsewhere.string() + "/work-")) << path;
  EXPECT_EQ(path.filename(), "001-tea-WP01");
  EXPECT_TRUE(fs::exists(path / ".git"));
  EXPECT_FALSE(fs::exists(repo() / ".worktrees"));
  write_text(path / "work.txt", "work\n");
  git({"add", "-A"}, path);
  git({"commit", "--quiet", "-m", "work"}, path);
  ok({"agent", "tasks", "mark-status", "T001", "T002", "--status", "done"}, path);
  ok({"agent", "tasks", "move-task", "WP01", "--to", "for_review"}, path);
  ok({"merge"});
  EXPECT_FALSE(fs::exists(path));
  EXPECT_TRUE(fs::exists(repo() / "work.txt"));
}

TEST_F(WorkflowPaths, AWorktreeOfAnotherRepositoryIsNotTakenForOurs) {
  shell("git init -q -b 001-tea-WP01 other; cd other; git commit -q --allow-empty -m x");
  fs::create_directories(tree("WP01"));
  write_text(tree("WP01") / ".git", "gitdir: " + (root() / "other" / ".git").string() + "\n");
  EXPECT_NE(refused({"implement", "WP01"}).find("is not a worktree of"), std::string::npos);
  git({"branch", "001-tea-WP01"});
  EXPECT_NE(refused({"merge"}).find("is not a worktree of"), std::string::npos);
}

} // namespace
} // namespace spec_kitty::support
