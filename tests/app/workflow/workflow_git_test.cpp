// Git as the user has it: hooks, locks, submodules, worktrees deleted by hand, and what stands
// between a command and git.
#include "tests/app/workflow/workflow_fixture.hpp"

#include <sys/stat.h>

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

class WorkflowGit : public workflow_test {
protected:
  std::string move(const std::string& lane, words more = {}) const {
    words arguments = {"agent", "tasks", "move-task", "WP01", "--to", lane};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return ok(arguments).err;
  }

  /// Implements a work package, so that it can be merged.
  void finish(const std::string& id) const {
    implement(id);
    ok({"agent", "tasks", "mark-status", "T001", "T002", "--status", "done"});
  }

  std::size_t commits() const { return lines_of(git({"log", "--format=%h", "--all"})).size(); }
};

// --- hooks ----------------------------------------------------------------------------------

TEST_F(WorkflowGit, AHookSeesWhatItWouldSeeUnderAPlainCommit) {
  hook("pre-commit", "env | grep '^GIT_' | cut -d= -f1 | sort > ../variables\n"
                     "git diff --cached --name-only -- '*.md' > ../matched");
  const auto of_plain_commit = [&] {
    write_text(repo() / "plain.md", "x");
    git({"add", "plain.md"});
    git({"commit", "--quiet", "-m", "plain", "--", "plain.md"});
    return lines_of(read_text(root() / "variables"));
  }();
  move("doing");
  auto variables = lines_of(read_text(root() / "variables"));
  std::erase(variables, "GIT_TERMINAL_PROMPT");   // documented
  std::erase(variables, "GIT_CONFIG_PARAMETERS"); // of `-c maintenance.auto=false`
  EXPECT_EQ(variables, of_plain_commit);
  EXPECT_NE(read_text(root() / "matched").find("WP01-part.md"), std::string::npos);
}

TEST_F(WorkflowGit, VariablesOfAnotherRepositoryDoNotReachAHook) {
  hook("pre-commit", "echo \"$GIT_DIR|$GIT_WORK_TREE\" > ../seen");
  env["GIT_DIR"] = (root() / "elsewhere").string();
  env["GIT_WORK_TREE"] = root().string();
  env["GIT_INDEX_FILE"] = (root() / "index").string();
  move("doing");
  EXPECT_EQ(read_text(root() / "seen").find("elsewhere"), std::string::npos);
  EXPECT_FALSE(fs::exists(root() / "index"));
}

TEST_F(WorkflowGit, AFileWhoseNameIsAPatternIsTakenAsItIs) {
  fs::rename(wp_file("WP01"), feature() / "tasks" / "WP01-*[a]?.md");
  const auto match = feature() / "tasks" / "WP01-d" / "xab.md";
  fs::create_directory(match.parent_path());
  write_text(match, "of somebody else\n");
  commit_all();
  write_text(match, "not committed\n");
  write_text(wp_file("WP02"), read_text(wp_file("WP02")) + "not committed\n");
  move("doing");
  EXPECT_EQ(
      changes(),
      " M kitty-specs/001-tea/tasks/WP01-d/xab.md\n M kitty-specs/001-tea/tasks/WP02-part.md\n");
}

TEST_F(WorkflowGit, AHookThatFormatsAndAddsLeavesACleanCheckout) {
  write_text(repo() / "count.txt", "0\n");
  commit_all();
  hook("pre-commit", "for f in $(git diff --cached --name-only -- '*.md'); do echo formatted >> $f;"
                     " git add $f; done; echo 1 > count.txt; git add count.txt");
  move("doing");
  EXPECT_EQ(changes(), "");
  EXPECT_NE(git({"show", "HEAD:kitty-specs/001-tea/tasks/WP01-part.md"}).find("formatted"),
            std::string::npos);
  EXPECT_EQ(git({"show", "HEAD:count.txt"}), "1\n");
}

TEST_F(WorkflowGit, AFileThatAHookChangedAfterAddingItIsLeftAsItIs) {
  write_text(repo() / "count.txt", "0\n");
  commit_all();
  hook("pre-commit", "echo 1 > count.txt; git add count.txt; echo 2 > count.txt");
  move("doing");
  EXPECT_EQ(read_text(repo() / "count.txt"), "2\n");
  EXPECT_NE(changes().find("count.txt"), std::string::npos);
}

// --- locks ----------------------------------------------------------------------------------

TEST_F(WorkflowGit, AnIndexThatAnotherGitHoldsForAMomentIsWaitedFor) {
  const auto lock = repo() / ".git" / "index.lock";
  write_text(lock, "");
  put_git_in_front("", "case $all in *' commit '*) rm -f " + lock.string() + ";; esac");
  move("doing");
  EXPECT_EQ(changes(), "");
}

TEST_F(WorkflowGit, AnIndexThatStaysLockedIsNamedWithTheCommandThatClearsIt) {
  const auto lock = repo() / ".git" / "index.lock";
  write_text(lock, "");
  const auto message = refused({"agent", "tasks", "move-task", "WP01", "--to", "doing"});
  EXPECT_NE(message.find("rm " + lock.string()), std::string::npos) << message;
  EXPECT_EQ(lane("WP01"), "planned");
}

TEST_F(WorkflowGit, TheLockOfASharedRepositoryIsForEverybodyWhoSharesIt) {
  const auto file = repo() / ".git" / "spec-kitty.lock";
  const auto mode = [&] {
    struct stat info {};
    EXPECT_EQ(::stat(file.c_str(), &info), 0);
    return info.st_mode & 0777U;
  };
  move("doing");
  EXPECT_EQ(mode(), 0600U);
  for (const auto& [shared, expected] :
       std::vector<std::pair<std::string, unsigned>>{{"group", 0660U}, {"all", 0664U}}) {
    git({"config", "core.sharedRepository", shared});
    ok({"agent", "tasks", "add-history", "WP01", "--note", shared});
    EXPECT_EQ(mode(), expected) << shared;
  }
}

// --- worktrees ------------------------------------------------------------------------------

TEST_F(WorkflowGit, AWorktreeDeletedByHandIsMadeAgainAndItsBranchGoesWithTheMerge) {
  finish("WP01");
  fs::remove_all(tree("WP01"));
  ok({"implement", "WP01"});
  EXPECT_TRUE(fs::exists(tree("WP01") / "WP01.txt")) << "the branch had it";
  fs::remove_all(tree("WP01"));
  ok({"merge"});
  EXPECT_EQ(git({"branch", "--list", "001-tea-WP01"}), "");
  EXPECT_EQ(lines_of(git({"worktree", "list"})).size(), 1U);
}

TEST_F(WorkflowGit, AWorktreeThatMovedWithItsRepositoryIsRepaired) {
  implement("WP01");
  fs::rename(repo(), root() / "moved");
  fs::create_directory(repo());
  ok({"implement", "WP02"}, root() / "moved");
  EXPECT_EQ(git({"status", "--porcelain"}, root() / "moved" / ".worktrees" / "001-tea-WP01"), "");
}

TEST_F(WorkflowGit, AWorktreeThatMovedWithItsRepositoryIsMerged) {
  implement("WP01");
  const auto moved = root() / "moved";
  fs::rename(repo(), moved);
  fs::create_directory(repo());
  auto what = command({"agent", "tasks", "move-task", "WP01", "--to", "for_review", "--check"});
  what.cwd = moved;
  const auto done = run(what); // a check repairs nothing
  EXPECT_NE(done.err.find("git -C " + moved.string() + " worktree repair " + moved.string()),
            std::string::npos)
      << done.err;
  ok({"agent", "tasks", "mark-status", "T001", "T002", "--status", "done"}, moved);
  ok({"merge"}, moved);
  EXPECT_TRUE(fs::exists(moved / "WP01.txt"));
  EXPECT_FALSE(fs::exists(moved / ".worktrees"));
}

class WorkflowSubmodule : public WorkflowGit {
protected:
  WorkflowSubmodule() {
    env["GIT_CONFIG_COUNT"] = "1";
    env["GIT_CONFIG_KEY_0"] = "protocol.file.allow";
    env["GIT_CONFIG_VALUE_0"] = "always";
    shell("git init -q -b main library; cd library; echo l > l; git add l; git commit -qm l");
    shell("cd work; git submodule --quiet add ../library lib; git commit -qm lib");
    finish("WP01");
    git({"submodule", "--quiet", "update", "--init"}, tree("WP01"));
  }
};

TEST_F(WorkflowSubmodule, ACleanWorktreeIsRemovedWithTheMerge) {
  ok({"merge"});
  EXPECT_FALSE(fs::exists(tree("WP01")));
  EXPECT_EQ(git({"branch", "--list", "001-tea-WP01"}), "");
}

TEST_F(WorkflowSubmodule, CommitsThatOnlyItHasKeepTheWorktreeAndAreNamed) {
  shell("cd '" + (tree("WP01") / "lib").string() +
        "'; echo more > l; git commit -qam more;"
        " git checkout -q HEAD^ 2>&1; git branch kept HEAD@{1}");
  const auto message = ok({"merge"}).err;
  EXPECT_TRUE(fs::exists(tree("WP01") / "lib" / "l"));
  EXPECT_NE(message.find("commits that are not at its remote"), std::string::npos) << message;
}

// --- what stands between --------------------------------------------------------------------

TEST_F(WorkflowGit, WithoutGitThatIsWhatIsSaid) {
  env["PATH"] = (root() / "nothing").string();
  const std::vector<words> all = {{"implement", "WP01"}, {"merge"}, {"accept"}};
  for (const auto& arguments : all) {
    const auto message = refused(arguments);
    EXPECT_NE(message.find("git is not installed"), std::string::npos) << message;
  }
}

TEST_F(WorkflowGit, ARepositoryThatGitRefusesIsNamedWithGitsOwnRemedy) {
  env["GIT_TEST_ASSUME_DIFFERENT_OWNER"] = "1";
  for (const auto& arguments :
       std::vector<words>{{"implement", "WP01"},
                          {"merge"},
                          {"agent", "tasks", "move-task", "WP01", "--to", "doing"}}) {
    const auto message = refused(arguments);
    EXPECT_NE(message.find("run: git config --global --add safe.directory " + repo().string()),
              std::string::npos)
        << message;
  }
}

TEST_F(WorkflowGit, AMergeSaysWhichGitItNeeds) {
  finish("WP01");
  put_git_in_front("case $all in *' version '*) echo 'git version 2.34.1'; exit 0;; esac");
  const auto message = refused({"merge"});
  EXPECT_NE(message.find("merge needs git 2.38 or later, this is 2.34.1"), std::string::npos)
      << message;
  EXPECT_FALSE(fs::exists(repo() / ".git" / "spec-kitty-merge.json"));
}

TEST_F(WorkflowGit, WithoutAnIdentityTheCommandsThatSetItAreNamed) {
  for (const char* name :
       {"GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"})
    env.erase(name);
  git({"config", "user.useConfigOnly", "true"});
  const auto message = refused({"agent", "tasks", "move-task", "WP01", "--to", "doing"});
  EXPECT_NE(message.find("git config --global user.name"), std::string::npos) << message;
  EXPECT_EQ(lane("WP01"), "planned");
  EXPECT_EQ(changes(), "");
}

// --- no commit ------------------------------------------------------------------------------

/// One command for each that changes files, in an order in which all of them work.
const std::vector<words> editing = {
    {"init"},
    {"agent", "feature", "finalize-tasks"},
    {"implement", "WP01"},
    {"agent", "tasks", "add-history", "WP01", "--note", "a note"},
    {"agent", "tasks", "mark-status", "T001", "T002", "--status", "done"},
    {"agent", "tasks", "move-task", "WP01", "--to", "for_review"},
};

TEST_F(WorkflowGit, WithNoAutoCommitFilesChangeAndNothingIsCommitted) {
  for (auto arguments : editing) {
    arguments.emplace_back("--no-auto-commit");
    ok(arguments);
  }
  EXPECT_EQ(commits(), 1U);
  EXPECT_EQ(lane("WP01"), "for_review");
  EXPECT_NE(changes(), "");
  EXPECT_EQ(transitions().size(), 9U) << "4 of finalize, 2 boxes, a note, 2 lanes";
}

TEST_F(WorkflowGit, WhereTheFeatureIsIgnoredByGitFilesChangeAndThatIsSaidOnce) {
  write_text(repo() / ".gitignore", "kitty-specs/\n");
  git({"rm", "-r", "--quiet", "--cached", "kitty-specs"});
  commit_all("ignored");
  const auto before = commits();
  for (const auto& arguments : editing) {
    const auto message = ok(arguments).err;
    const auto at = message.find("git ignores the changed files");
    const bool edits = arguments.front() != "init";
    EXPECT_EQ(at != std::string::npos, edits) << arguments.front() << ": " << message;
    EXPECT_EQ(message.find("git ignores the changed files", at + 1), std::string::npos) << message;
  }
  EXPECT_EQ(commits(), before);
  EXPECT_EQ(lane("WP01"), "for_review");
  EXPECT_EQ(git({"status", "--porcelain", "kitty-specs"}), "");
}

TEST_F(WorkflowGit, AMergeOfIgnoredWorkPackagesChangesTheirFilesAndSaysSoOnce) {
  write_text(repo() / ".gitignore", "kitty-specs/\n");
  git({"rm", "-r", "--quiet", "--cached", "kitty-specs"});
  commit_all("ignored");
  implement("WP01");
  const auto done = ok({"merge", "--force"});
  const std::string words = "git does not track the files of WP01: they are changed, but not";
  const auto at = done.err.find(words);
  EXPECT_NE(at, std::string::npos) << done.err;
  EXPECT_EQ(done.err.find(words, at + 1), std::string::npos) << done.err;
  EXPECT_EQ(lane("WP01"), "for_review");
  EXPECT_EQ(events().back(), "WPStatusChanged WP01 doing for_review");
  EXPECT_EQ(git({"ls-files", "kitty-specs"}), "");
  EXPECT_TRUE(fs::exists(repo() / "WP01.txt"));
}

// --- clones ---------------------------------------------------------------------------------

TEST_F(WorkflowGit, AShallowCloneIsWorkedIn) {
  write_text(repo() / "more", "x");
  commit_all();
  shell("git clone -q --depth 1 file://" + repo().string() + " shallow");
  const auto place = root() / "shallow";
  ok({"implement", "WP01"}, place);
  ok({"agent", "tasks", "mark-status", "T001", "T002", "--status", "done"}, place);
  shell("cd shallow/.worktrees/001-tea-WP01; echo w > w; git add w; git commit -qm w");
  ok({"merge"}, place);
  EXPECT_EQ(git({"status", "--porcelain"}, place), "");
}

TEST_F(WorkflowGit, ASparseCloneIsWorkedInAndSaysWhatItLacks) {
  write_text(repo() / "src", "x");
  commit_all();
  shell("git clone -q --sparse file://" + repo().string() + " sparse");
  const auto place = root() / "sparse";
  auto what = command({"implement", "WP01"});
  what.cwd = place;
  const auto refused = run(what);
  EXPECT_EQ(refused.status, 1);
  const auto at = refused.err.find("git -C ");
  ASSERT_NE(at, std::string::npos) << refused.err;
  shell(refused.err.substr(at, refused.err.find('\n', at) - at));
  ok({"implement", "WP01"}, place);
  ok({"agent", "tasks", "mark-status", "T001", "T002", "--status", "done"}, place);
  EXPECT_EQ(git({"status", "--porcelain"}, place), "");
  shell("cd sparse/.worktrees/001-tea-WP01; echo w > w; git add w; git commit -qm w");
  ok({"merge"}, place);
  EXPECT_EQ(git({"status", "--porcelain"}, place), "");
}

// --- signatures -----------------------------------------------------------------------------

TEST_F(WorkflowGit, ASignatureMayAskForItsPassphraseOnTheTerminal) {
  const auto signer = root() / "signer";
  write_text(signer, "#!/bin/sh\ncat > /dev/null\nprintf 'PASSPHRASE: ' > /dev/tty\n"
                     "read answer < /dev/tty\n[ \"$answer\" = yes ] || exit 1\n"
                     "echo '[GNUPG:] SIG_CREATED ' >&2\n"
                     "printf -- '-----BEGIN PGP SIGNATURE-----\\n\\nx\\n"
                     "-----END PGP SIGNATURE-----\\n'\n");
  fs::permissions(signer, fs::perms::owner_all);
  git({"config", "gpg.program", signer.string()});
  git({"config", "commit.gpgSign", "true"});
  auto what = command({"agent", "tasks", "move-task", "WP01", "--to", "doing"});
  what.argv.insert(what.argv.begin(), {"/usr/bin/python3",
                                       SPEC_KITTY_SOURCE_DIR "/tests/support/answer_on_terminal.py",
                                       "PASSPHRASE", "yes"});
  const auto done = run(what);
  EXPECT_EQ(done.status, 0) << done.out << done.err;
  EXPECT_NE(git({"cat-file", "commit", "HEAD"}).find("PGP SIGNATURE"), std::string::npos);
}

} // namespace
} // namespace spec_kitty::support
