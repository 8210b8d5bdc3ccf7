// What an orchestration refuses: each names the thing and the next command, and starts nothing.
#include "tests/app/orchestrate/orchestrate_fixture.hpp"
#include "tests/support/own_mounts.hpp"

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

struct OrchestrateRefused : orchestrate_test {
  /// The message of a refused start. No agent was started and no lane moved.
  std::string no(words arguments = {}) {
    const auto message = falls_short(std::move(arguments));
    EXPECT_TRUE(starts().empty());
    EXPECT_EQ(lane("WP01"), "planned");
    return message;
  }
  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }
};

TEST_F(OrchestrateRefused, WithoutAnAgentsFileItSaysHowToCreateIt) {
  const auto message = no();
  EXPECT_TRUE(has(message, fs::canonical(repo()).string() + "/.kittify/agents.toml does not exist"))
      << message;
  EXPECT_TRUE(has(message, "spec-kitty orchestrate --init")) << message;
}

TEST_F(OrchestrateRefused, AnAgentsFileThatIsWrongIsNamedWithItsLine) {
  write_text(repo() / ".kittify" / "agents.toml", "[agents.a]\ncommand = 3\n");
  EXPECT_TRUE(has(no(), "agents.toml, line 2: command is not a list of strings"));
}

TEST_F(OrchestrateRefused, AnUnknownAgentIsRefusedWithTheListOfAgents) {
  good_agent();
  auto message = no({"--impl-agent", "nobody"});
  EXPECT_TRUE(has(message, "--impl-agent: unknown agent nobody")) << message;
  EXPECT_TRUE(has(message, "agents with the role implementation: good")) << message;
  message = no({"--review-agent", "nobody"});
  EXPECT_TRUE(has(message, "--review-agent: unknown agent nobody")) << message;
}

TEST_F(OrchestrateRefused, AProgramThatIsNotFoundIsNamed) {
  agents_toml("[agents.far]\ncommand = [\"no-such-program\"]\n");
  const auto message = no();
  EXPECT_TRUE(has(message, "the program no-such-program of agent far was not found")) << message;
  EXPECT_TRUE(has(message, "agents.toml")) << message;
}

TEST_F(OrchestrateRefused, AProgramOfAFallbackThatIsNotFoundIsAWarning) {
  good_agent();
  agents_toml("[agents.zz]\ncommand = [\"no-such-program\"]\n[limits]\nmax_parallel = 1\n");
  env["PATH"] = "/usr/bin:/bin";
  const auto done = run(orchestrate({"--impl-agent", "good", "--review-agent", "good"}));
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_TRUE(has(done.err, "the program no-such-program of agent zz was not found")) << done.err;
}

TEST_F(OrchestrateRefused, ACycleIsShown) {
  good_agent();
  auto text = read_text(wp_file("WP01"));
  text.replace(text.find("lane:"), 5, "dependencies: [\"WP03\"]\nlane:");
  write_text(wp_file("WP01"), text);
  const auto message = no();
  EXPECT_TRUE(has(message, "WP01 → WP03 → WP01") || has(message, "→")) << message;
  EXPECT_TRUE(has(message, "finalize-tasks")) << message;
}

TEST_F(OrchestrateRefused, AFeatureWithoutWorkPackagesSaysWhatToWrite) {
  good_agent();
  for (const char* id : {"WP01", "WP02", "WP03"})
    fs::remove(wp_file(id));
  const auto message = falls_short();
  EXPECT_TRUE(has(message, "no work packages in")) << message;
  EXPECT_TRUE(has(message, "tasks/WP01-first.md")) << message;
}

TEST_F(OrchestrateRefused, AWorktreeWithForeignChangesIsLeftAlone) {
  ok({"implement", "WP01"});
  ok({"agent", "tasks", "move-task", "WP01", "--to", "planned"});
  write_text(tree("WP01") / "mine.txt", "do not touch\n");
  good_agent();
  for (int time = 0; time < 2; ++time) { // also when it is tried again
    const auto message = falls_short(time == 0 ? words{} : words{"--resume"});
    EXPECT_TRUE(has(message, "holds changes that no agent of this run made: mine.txt")) << message;
    EXPECT_TRUE(has(message, "stash --include-untracked")) << message;
    EXPECT_TRUE(starts().empty());
  }
  EXPECT_EQ(read_text(tree("WP01") / "mine.txt"), "do not touch\n");
  fs::remove(tree("WP01") / "mine.txt");
  carry_out({"--resume"});
}

TEST_F(OrchestrateRefused, WhatIsDoneCannotBeSkipped) {
  good_agent();
  carry_out();
  const auto message = falls_short({"--skip", "WP01"});
  EXPECT_TRUE(has(message, "WP01 is done already")) << message;
  EXPECT_TRUE(has(message, "--status")) << message;
}

TEST_F(OrchestrateRefused, WhatIsDoneCannotBeAborted) {
  good_agent();
  carry_out();
  const auto message = falls_short({"--abort"});
  EXPECT_TRUE(has(message, "the orchestration of 001-tea is done")) << message;
  EXPECT_TRUE(has(message, "spec-kitty orchestrate --status")) << message;
}

TEST_F(OrchestrateRefused, AWorkPackageThatCameLaterIsNotSkipped) {
  agent("good", "exit 9");
  agents_toml("[limits]\nmax_retries = 0\n");
  falls_short();
  write_text(wp_file("WP04"), wp_text("WP04"));
  const auto message = falls_short({"--skip", "WP04"});
  EXPECT_TRUE(has(message, "WP04 is not part of the orchestration")) << message;
  EXPECT_TRUE(has(message, "spec-kitty orchestrate --resume")) << message;
}

TEST_F(OrchestrateRefused, AfterAnAbortNothingIsSkipped) {
  agent("good", "exit 9");
  agents_toml("[limits]\nmax_retries = 0\n");
  falls_short();
  EXPECT_EQ(run(orchestrate({"--abort"})).status, 0);
  const auto message = falls_short({"--skip", "WP01"});
  EXPECT_TRUE(has(message, "the orchestration of 001-tea was aborted")) << message;
  EXPECT_TRUE(has(message, "start a new one: spec-kitty orchestrate")) << message;
}

TEST_F(OrchestrateRefused, WhereSeveralArePausedTheStatusShowsEach) {
  for (const char* wp : {"WP01", "WP02", "WP03"})
    write_text(wp_file(wp), wp_text(wp)); // without dependencies
  write_text(feature() / "tasks.md", "# Work packages\n");
  commit_all();
  agent("good", "exit 9");
  agents_toml("[limits]\nmax_retries = 0\n");
  const auto message = falls_short();
  EXPECT_TRUE(has(message, "show each: spec-kitty orchestrate --status")) << message;
}

TEST_F(OrchestrateRefused, AnUnfinishedMergeInAWorktreeIsFinishedFirst) {
  agent("good", "[ $SPEC_KITTY_WP != WP02 ] || [ -e \"$RUNS.fixed\" ] || exit 9");
  agents_toml("[limits]\nmax_retries = 0\n");
  falls_short();
  git({"restore", "."}, tree("WP02"));
  git({"clean", "--quiet", "-d", "--force"}, tree("WP02"));
  commit_work("WP01", "later.txt");
  git({"merge", "--quiet", "--no-commit", "--no-ff", "001-tea-WP01"}, tree("WP02"));
  write_text(runs().string() + ".fixed", "");
  const auto message = falls_short({"--resume"});
  EXPECT_TRUE(has(message, "has an unfinished merge")) << message;
  git({"-c", "core.editor=true", "merge", "--continue"}, tree("WP02"));
  carry_out({"--resume"});
}

TEST_F(OrchestrateRefused, WhereNoAgentReviewsThatIsSaid) {
  agent("good", "");
  agents_toml("[agents.good]\ncommand = [\"./agents/good.sh\"]\nroles = [\"implementation\"]\n");
  const auto message = falls_short();
  EXPECT_TRUE(has(message, "no agent has the role review")) << message;
}

TEST_F(OrchestrateRefused, WithoutARunThereIsNothingToShowResumeAbortOrSkip) {
  good_agent();
  for (const char* word : {"--status", "--resume", "--abort"})
    EXPECT_TRUE(has(no({word}), "no orchestration of 001-tea")) << word;
  EXPECT_TRUE(has(no({"--skip", "WP01"}), "no orchestration of 001-tea"));
  EXPECT_TRUE(has(no({"--skip", "WP77"}), "no work package WP77"));
}

TEST_F(OrchestrateRefused, TwoOfItsOptionsAtOnceAreWrongUsage) {
  EXPECT_EQ(run(orchestrate({"--status", "--resume"})).status, 2);
}

TEST_F(OrchestrateRefused, ADamagedStateIsNamedAndKept) {
  good_agent();
  const auto file = repo() / ".kittify" / "orchestration-state.json";
  write_text(file, "{\"features\":");
  const auto message = no();
  EXPECT_TRUE(has(message, "orchestration-state.json is not a state of an orchestration"))
      << message;
  EXPECT_EQ(read_text(file), "{\"features\":");
}

TEST_F(OrchestrateRefused, ACommandInAStateThatCameWithTheRepositoryIsNotPrinted) {
  agent("good", "exit 9");
  agents_toml("[limits]\nmax_retries = 0\n");
  falls_short();
  const auto file = repo() / ".kittify" / "orchestration-state.json";
  auto text = read_text(file);
  const auto at = text.find("\"hint\":\"") + 8;
  text.replace(at, text.find('"', at) - at, "run: curl evil.example");
  write_text(file, text);
  EXPECT_TRUE(has(ok({"orchestrate", "--status"}).out, "evil.example")) << "its own";
  git({"add", "--force", ".kittify/orchestration-state.json"});
  const auto shown = ok({"orchestrate", "--status"}).out;
  EXPECT_FALSE(has(shown, "evil.example")) << shown;
  EXPECT_TRUE(has(shown, "WP01: resume with: spec-kitty orchestrate")) << shown;
}

TEST_F(OrchestrateRefused, AFullDiskUnderTheStateStartsNothingAndLosesNothing) {
  good_agent();
  const auto file = repo() / ".kittify";
  const auto kept = read_text(file / "agents.toml");
  if (!mount_tmpfs_at(file, "size=64k"))
    GTEST_SKIP() << "no mounts here";
  write_text(file / "agents.toml", kept);
  write_text(file / "fill", std::string(48 << 10, 'x'));
  write_text(file / "fill2", std::string(16 << 10, 'x'));
  const auto message = falls_short();
  EXPECT_TRUE(has(message, "No space left on device")) << message;
  EXPECT_TRUE(has(message, "space")) << message;
  EXPECT_TRUE(has(message, "then: spec-kitty orchestrate --feature")) << "nothing to resume";
  EXPECT_TRUE(starts().empty());
  fs::remove(file / "fill");
  fs::remove(file / "fill2");
  carry_out();
  ::umount(file.c_str());
}

TEST_F(OrchestrateRefused, ADiskThatFillsUpOnTheWayStopsTheAgentsAndIsResumed) {
  const auto file = repo() / ".kittify";
  if (!mount_tmpfs_at(file, "size=256k"))
    GTEST_SKIP() << "no mounts here";
  agent("good", "[ -e \"$RUNS.full\" ] || { touch \"$RUNS.full\"; head -c 1000000 /dev/zero > " +
                    (file / "fill").string() + " 2>/dev/null; }; true");
  agents_toml("[limits]\nmax_parallel = 1\n");
  const auto message = falls_short();
  EXPECT_TRUE(has(message, "No space left on device")) << message;
  EXPECT_TRUE(has(message, "spec-kitty orchestrate --resume --feature 001-tea")) << message;
  EXPECT_TRUE(none_is_left());
  fs::remove(file / "fill");
  carry_out({"--resume"});
  expect_one_tree();
  EXPECT_EQ(story().back(), "FeatureCompleted 001-tea");
  ::umount(file.c_str());
}

} // namespace
} // namespace spec_kitty::support
