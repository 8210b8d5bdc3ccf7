// Unexpected things that people and agents do to a run.
#include "tests/app/orchestrate/orchestrate_fixture.hpp"

#include <algorithm>
#include <csignal>

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

struct OrchestrateCorners : orchestrate_test {
  /// How many lines of `story` are this one.
  long recorded(const std::string& line) const {
    const auto all = story();
    return std::count(all.begin(), all.end(), line);
  }
  long started(const std::string& line) const {
    const auto all = starts();
    return std::count(all.begin(), all.end(), line);
  }
};

TEST_F(OrchestrateCorners, WorkThatAHookRefusedIsTakenInAndNotDoneAgain) {
  good_agent();
  hook("pre-commit", "[ -e \"" + runs().string() +
                         ".fixed\" ] || { [ \"$(git branch --show-current)\" = main ] || "
                         "{ echo no commits today >&2; exit 1; }; }");
  const auto message = falls_short();
  EXPECT_NE(message.find("WP01: its work cannot be committed"), std::string::npos) << message;
  EXPECT_NE(message.find("no commits today"), std::string::npos) << message;
  write_text(runs().string() + ".fixed", "");
  carry_out({"--resume"});
  EXPECT_EQ(started("implementation WP01 1"), 1);
  EXPECT_EQ(started("implementation WP01 2"), 0);
  EXPECT_EQ(git({"show", "001-tea-WP01:WP01.txt"}), "work\n");
  expect_one_tree();
}

TEST_F(OrchestrateCorners, WithoutAutoCommitLanesChangeAndOnlyAgentsWorkIsCommitted) {
  good_agent();
  commit_all("agents");
  const auto before = git({"rev-parse", "main"});
  carry_out({"--no-auto-commit"});
  EXPECT_EQ(git({"rev-parse", "main"}), before);
  for (const char* wp : {"WP01", "WP02", "WP03"}) {
    EXPECT_EQ(lane(wp), "done");
    EXPECT_EQ(recorded("WPStatusChanged " + std::string(wp) + " for_review done"), 1);
  }
  EXPECT_EQ(git({"show", "001-tea-WP03:WP01.txt"}), "work\n");
  EXPECT_EQ(changes(), " M kitty-specs/001-tea/tasks/WP01-part.md\n"
                       " M kitty-specs/001-tea/tasks/WP02-part.md\n"
                       " M kitty-specs/001-tea/tasks/WP03-part.md\n");
}

TEST_F(OrchestrateCorners, ARunWithoutAutoCommitIsResumedWithoutIt) {
  agent("good", "[ -e \"$RUNS.fixed\" ] || exit 9");
  agents_toml("[limits]\nmax_retries = 0\nmax_parallel = 1\n");
  commit_all("agents");
  const auto before = git({"rev-parse", "main"});
  falls_short({"--no-auto-commit"});
  write_text(runs().string() + ".fixed", "");
  carry_out({"--resume"});
  EXPECT_EQ(git({"rev-parse", "main"}), before);
  EXPECT_EQ(recorded("WPStatusChanged WP01 planned doing"), 1);
}

TEST_F(OrchestrateCorners, LanesInFilesThatGitIgnoresChangeAndThatIsSaidOnce) {
  good_agent();
  write_text(repo() / ".gitignore", "kitty-specs/\n");
  git({"rm", "-r", "--quiet", "--cached", "kitty-specs"});
  commit_all("ignored");
  const auto before = git({"rev-parse", "main"});
  const auto done = carry_out();
  const auto at = done.err.find("git ignores the changed files");
  EXPECT_NE(at, std::string::npos) << done.err;
  EXPECT_EQ(done.err.find("git ignores the changed files", at + 1), std::string::npos) << done.err;
  EXPECT_EQ(git({"rev-parse", "main"}), before);
  EXPECT_EQ(lane("WP03"), "done");
}

TEST_F(OrchestrateCorners, AMergeThatSomebodyMakesInAWorktreeStays) {
  agent("good", "[ -e \"$RUNS.fixed\" ] || exit 9; git log -1 --format=%s > \"$RUNS.head\"");
  agents_toml("[limits]\nmax_retries = 0\nmax_parallel = 1\n");
  falls_short();
  write_text(tree("WP01") / "a.txt", "theirs\n");
  git({"add", "-A"}, tree("WP01"));
  git({"commit", "--quiet", "-m", "a"}, tree("WP01"));
  git({"switch", "--quiet", "-c", "side"});
  write_text(repo() / "a.txt", "ours\n");
  git({"add", "a.txt"});
  git({"commit", "--quiet", "-m", "b"});
  git({"switch", "--quiet", "main"});
  launch merge = command({});
  merge.argv = {"git", "merge", "--quiet", "side"};
  merge.cwd = tree("WP01");
  EXPECT_NE(support::run(merge).status, 0) << "they conflict";
  write_text(tree("WP01") / "a.txt", "both\n");
  git({"add", "-A"}, tree("WP01"));
  write_text(runs().string() + ".fixed", "");
  carry_out({"--resume"});
  EXPECT_EQ(git({"show", "001-tea-WP01:a.txt"}), "both\n");
}

TEST_F(OrchestrateCorners, AnAgentRunnerThatOthersStopIsAFailedTry) {
  agent("good", "[ $SPEC_KITTY_WP$SPEC_KITTY_ATTEMPT$SPEC_KITTY_PHASE = WP01\"\"1implementation ] "
                "&& kill -TERM $PPID && sleep 60; true");
  agents_toml();
  carry_out();
  EXPECT_EQ(recorded("ErrorLogged WP01 good"), 1);
  EXPECT_EQ(recorded("WPAssigned WP01 implementation good 1"), 1);
  EXPECT_TRUE(none_is_left());
}

TEST_F(OrchestrateCorners, AnAgentRunnerThatIsKilledIsAFailedTry) {
  agent("good", "[ $SPEC_KITTY_WP$SPEC_KITTY_ATTEMPT$SPEC_KITTY_PHASE = WP01\"\"1implementation ] "
                "&& kill -KILL $PPID && sleep 1; true");
  agents_toml();
  carry_out();
  EXPECT_EQ(recorded("ErrorLogged WP01 good"), 1);
  EXPECT_TRUE(none_is_left());
}

TEST_F(OrchestrateCorners, AMoveByTheAgentItselfIsNotRecordedTwice) {
  agent("good", "[ $SPEC_KITTY_WP$SPEC_KITTY_PHASE = WP01implementation ] || exit 0\n"
                "\"$SK\" agent tasks move-task WP01 --to for_review --force --feature 001-tea "
                ">/dev/null 2>&1");
  agents_toml("[limits]\nmax_parallel = 1\n");
  env["SK"] = SPEC_KITTY_BIN_DIR "/spec-kitty";
  carry_out();
  EXPECT_EQ(recorded("WPStatusChanged WP01 doing for_review"), 1);
  EXPECT_EQ(lane("WP01"), "done");
}

TEST_F(OrchestrateCorners, AnImplementationThatChangesNothingIsNotDone) {
  agent("good", "echo 'Which database shall I use?'", false);
  agents_toml("[limits]\nmax_retries = 0\n");
  const auto message = falls_short();
  EXPECT_NE(message.find("it made no commit and changed nothing"), std::string::npos) << message;
  EXPECT_EQ(lane("WP01"), "doing");
  EXPECT_EQ(recorded("ErrorLogged WP01 good"), 1);
}

TEST_F(OrchestrateCorners, AnAgentThatCommitsAndRemovesItsWorktreeHasDoneItsWork) {
  agent("good",
        "[ $SPEC_KITTY_WP$SPEC_KITTY_PHASE = WP01implementation ] || exit 0\n"
        "tree=$PWD; git add -A; git commit -qm work; cd ../..; git worktree remove --force $tree");
  agents_toml("[limits]\nmax_parallel = 1\n");
  carry_out();
  EXPECT_EQ(lane("WP01"), "done");
  EXPECT_EQ(git({"show", "001-tea-WP01:made-WP01.txt"}), "WP01\n");
}

TEST_F(OrchestrateCorners, WhatWasSkippedIsNotBuiltOn) {
  agent("good", "if [ $SPEC_KITTY_WP = WP01 ]; then echo bad > bad.txt; git add -A; "
                "git commit -qm bad; exit 9; fi; true");
  agents_toml("[limits]\nmax_retries = 0\n");
  falls_short();
  ok({"orchestrate", "--skip", "WP01"});
  carry_out({"--resume"});
  EXPECT_TRUE(fs::exists(tree("WP01") / "bad.txt"));
  EXPECT_FALSE(fs::exists(tree("WP02") / "bad.txt"));
}

TEST_F(OrchestrateCorners, AnAgentThatLeavesItsBranchIsHeldUntilItsWorkIsThere) {
  agent("good", "[ $SPEC_KITTY_WP$SPEC_KITTY_PHASE = WP01implementation ] && "
                "git switch --quiet -c mine; true");
  agents_toml();
  const auto message = falls_short();
  EXPECT_NE(message.find("WP01: good left its worktree on the branch mine"), std::string::npos)
      << message;
  git({"switch", "--quiet", "001-tea-WP01"}, tree("WP01"));
  carry_out({"--resume"});
  EXPECT_EQ(started("implementation WP01 2"), 0);
}

TEST_F(OrchestrateCorners, ARunUnderNohupDoesNotMindThatItsTerminalIsGone) {
  agent("good", "while [ ! -e \"$RUNS.go\" ]; do sleep 0.05; done");
  agents_toml();
  auto what = orchestrate();
  what.argv.insert(what.argv.begin(), "nohup");
  child first(what);
  ASSERT_TRUE(eventually([&] { return !starts().empty(); }));
  first.send(SIGHUP);
  write_text(runs().string() + ".go", "");
  EXPECT_EQ(first.wait().status, 0);
}

TEST_F(OrchestrateCorners, ThePasswordOfALoginDoesNotReachAgents) {
  agent("good", "env > \"$RUNS.env\"");
  agents_toml();
  env["SPEC_KITTY_PASSWORD"] = "a-secret";
  carry_out();
  EXPECT_EQ(read_text(runs().string() + ".env").find("a-secret"), std::string::npos);
}

TEST_F(OrchestrateCorners, AfterAnAbortNoAgentIsShownAsRunning) {
  agent("good", "sleep 60");
  agents_toml();
  child first(orchestrate());
  ASSERT_TRUE(eventually([&] { return !starts().empty(); }));
  EXPECT_NE(ok({"orchestrate", "--abort"}).out.find(", 0 running"), std::string::npos);
  first.wait();
  EXPECT_NE(ok({"orchestrate", "--status"}).out.find(", 0 running"), std::string::npos);
  EXPECT_TRUE(none_is_left());
}

TEST_F(OrchestrateCorners, WhatAKilledCommandLeftBesideAFileIsClearedAway) {
  const auto left = wp_file("WP01").string() + ".4242.new";
  write_text(left, "half");
  good_agent();
  carry_out();
  EXPECT_FALSE(fs::exists(left));
}

} // namespace
} // namespace spec_kitty::support
