// A feature carried out by agents, from the first start to FeatureCompleted.
#include "tests/app/orchestrate/orchestrate_fixture.hpp"

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

struct OrchestrateLife : orchestrate_test {};

TEST_F(OrchestrateLife, WorkPackagesGoThroughTheirLanesInOrderOfTheirDependencies) {
  good_agent();
  const auto done = carry_out();
  EXPECT_NE(done.out.find("WP01: implementation by good"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("3 of 3 done"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("next: spec-kitty merge --feature 001-tea"), std::string::npos);
  const std::vector<std::string> wanted = {
      "WPStatusChanged WP01 planned doing",
      "WPAssigned WP01 implementation good 0",
      "WPStatusChanged WP01 doing for_review",
      "WPAssigned WP01 review good 0",
      "WPStatusChanged WP01 for_review done",
      "DependencyResolved WP02 WP01 completed",
      "DependencyResolved WP03 WP01 completed",
      "WPStatusChanged WP02 planned doing",
      "WPAssigned WP02 implementation good 0",
      "WPStatusChanged WP02 doing for_review",
      "WPAssigned WP02 review good 0",
      "WPStatusChanged WP02 for_review done",
      "DependencyResolved WP03 WP02 completed",
      "WPStatusChanged WP03 planned doing",
      "WPAssigned WP03 implementation good 0",
      "WPStatusChanged WP03 doing for_review",
      "WPAssigned WP03 review good 0",
      "WPStatusChanged WP03 for_review done",
      "FeatureCompleted 001-tea",
  };
  EXPECT_EQ(story(), wanted);
  expect_one_tree();
  for (const char* wp : {"WP01", "WP02", "WP03"})
    EXPECT_EQ(lane(wp), "done");
  EXPECT_EQ(git({"show", "001-tea-WP03:WP01.txt"}), "work\n") << "it builds on what it depends on";
  EXPECT_EQ(changes(), "?? .kittify/\n?? agents/\n") << "nothing but what we wrote";
  EXPECT_EQ(git({"status", "--porcelain", "--untracked-files=all", ".kittify"}),
            "?? .kittify/agents.toml\n")
      << "its own files are out of sight";
  EXPECT_TRUE(none_is_left());
}

TEST_F(OrchestrateLife, OnceMoreThereIsNothingToDo) {
  good_agent();
  carry_out();
  const auto before = story();
  EXPECT_NE(carry_out().out.find("3 of 3 done"), std::string::npos);
  carry_out({"--resume"});
  EXPECT_EQ(story(), before);
}

TEST_F(OrchestrateLife, MergedAndAcceptedItIsNotCompletedASecondTime) {
  good_agent();
  commit_all("agents");
  carry_out();
  const auto before = story();
  ok({"merge"});
  EXPECT_NE(ok({"accept"}).out.find("all are done"), std::string::npos);
  EXPECT_EQ(story(), before);
  EXPECT_NE(read_text(feature() / "meta.json").find("accepted_at"), std::string::npos);
}

TEST_F(OrchestrateLife, WhatAnAgentLeavesIsCommittedInItsName) {
  good_agent();
  carry_out();
  EXPECT_EQ(git({"log", "-1", "--format=%an|%ae|%cn|%s", "001-tea-WP01"}),
            "good|good@agents.invalid|tester|feat: WP01 as good left it\n");
  EXPECT_EQ(git({"status", "--porcelain"}, tree("WP01")), "");
}

TEST_F(OrchestrateLife, AnAgentFindsItsWorktreeItsPromptAndItsVariables) {
  agent("good", "cat > \"$RUNS.stdin.$SPEC_KITTY_PHASE\"\n"
                "echo \"$PWD|$1|$2|$3|$SPEC_KITTY_FEATURE|$TEA\" > \"$RUNS.args\"");
  agents_toml("[agents.good]\ncommand = [\"./agents/good.sh\", \"{wp}\", \"in:{worktree}\", "
              "\"{prompt_file}\"]\nenv = { TEA = \"green\" }\n");
  carry_out();
  const auto args = read_text(runs().string() + ".args");
  const auto where = fs::canonical(tree("WP03")).string();
  const auto prompt =
      fs::canonical(repo()).string() + "/.kittify/orchestration/001-tea/WP03.prompt.md";
  std::string wanted = where;
  wanted.append("|WP03|in:").append(where).append("|").append(prompt).append("|001-tea|green\n");
  EXPECT_EQ(args, wanted);
  const auto task = read_text(runs().string() + ".stdin.implementation");
  EXPECT_NE(task.find("work_package_id: \"WP03\""), std::string::npos);
  EXPECT_TRUE(read_text(runs().string() + ".stdin.review").find("CHANGES REQUESTED") !=
              std::string::npos)
      << "a reviewer learns how to answer";
}

TEST_F(OrchestrateLife, RequestedChangesComeBackInThePrompt) {
  agent("maker", "cat > \"$RUNS.prompt.$SPEC_KITTY_WP.$SPEC_KITTY_ATTEMPT\"; echo x >> "
                 "$SPEC_KITTY_WP.txt");
  agent("judge",
        "if [ $SPEC_KITTY_ATTEMPT = 1 ] && [ $SPEC_KITTY_WP = WP01 ]; then\n"
        "  echo 'CHANGES REQUESTED: more steam'; else echo APPROVED; fi",
        false);
  agents_toml("[agents.maker]\ncommand = [\"./agents/maker.sh\"]\nroles = [\"implementation\"]\n"
              "[agents.judge]\ncommand = [\"./agents/judge.sh\"]\nroles = [\"review\"]\n");
  carry_out();
  EXPECT_NE(read_text(runs().string() + ".prompt.WP01.2").find("more steam"), std::string::npos);
  const auto all = story();
  const std::vector<std::string> begin(all.begin(), all.begin() + 9);
  const std::vector<std::string> wanted = {
      "WPStatusChanged WP01 planned doing",    "WPAssigned WP01 implementation maker 0",
      "WPStatusChanged WP01 doing for_review", "WPAssigned WP01 review judge 0",
      "WPStatusChanged WP01 for_review doing", "WPAssigned WP01 implementation maker 1",
      "WPStatusChanged WP01 doing for_review", "WPAssigned WP01 review judge 1",
      "WPStatusChanged WP01 for_review done"};
  EXPECT_EQ(begin, wanted);
  expect_one_tree();
  const auto text = read_text(wp_file("WP01"));
  EXPECT_NE(text.find("– judge – lane=doing – Changes requested by judge"), std::string::npos);
  EXPECT_NE(text.find("agent: \"maker\""), std::string::npos) << "a reviewer does not own it";
}

TEST_F(OrchestrateLife, AnAgentThatFailsIsTriedAgainThenItsFallbackTakesOver) {
  agent("good", "echo x > $SPEC_KITTY_WP.txt");
  agent("weak", "echo 'no luck' >&2; exit 7");
  agents_toml("[agents.weak]\ncommand = [\"./agents/weak.sh\"]\nfallback = [\"good\"]\n"
              "[limits]\nmax_retries = 1\n");
  give("WP01", "weak");
  carry_out();
  const auto all = story();
  const std::vector<std::string> begin(all.begin(), all.begin() + 6);
  const std::vector<std::string> wanted = {"WPStatusChanged WP01 planned doing",
                                           "WPAssigned WP01 implementation weak 0",
                                           "ErrorLogged WP01 weak",
                                           "WPAssigned WP01 implementation weak 1",
                                           "ErrorLogged WP01 weak",
                                           "WPAssigned WP01 implementation good 2"};
  EXPECT_EQ(begin, wanted);
  expect_one_tree();
  bool reported = false;
  for (const auto& json : stored())
    reported = reported ||
               json.find("implementation of WP01: exit status 7: no luck") != std::string::npos;
  EXPECT_TRUE(reported);
}

TEST_F(OrchestrateLife, WhenNoAgentIsLeftItPausesAndTheOthersContinue) {
  agent("good", "[ $SPEC_KITTY_WP$SPEC_KITTY_PHASE = WP02implementation ] && "
                "[ ! -e \"$RUNS.fixed\" ] && exit 9; echo x > $SPEC_KITTY_WP.txt");
  agents_toml("[limits]\nmax_retries = 0\n");
  const auto message = falls_short();
  EXPECT_NE(message.find("WP02: its implementation failed with good: exit status 9"),
            std::string::npos)
      << message;
  EXPECT_NE(message.find("spec-kitty orchestrate --resume --feature 001-tea"), std::string::npos);
  EXPECT_NE(message.find("spec-kitty orchestrate --skip WP02 --feature 001-tea"),
            std::string::npos);
  EXPECT_EQ(lane("WP01"), "done");
  EXPECT_NE(refused({"orchestrate"}).find("orchestrate --resume"), std::string::npos)
      << "an unfinished run is not begun anew";
  write_text(runs().string() + ".fixed", "");
  carry_out({"--resume"});
  EXPECT_EQ(story().back(), "FeatureCompleted 001-tea");
  expect_one_tree();
}

TEST_F(OrchestrateLife, ASkippedOneFreesItsDependentsButTheFeatureIsNotComplete) {
  agent("good", "[ $SPEC_KITTY_WP = WP02 ] && exit 9; echo x > $SPEC_KITTY_WP.txt");
  agents_toml("[limits]\nmax_retries = 0\n");
  falls_short();
  const auto skipped = ok({"orchestrate", "--skip", "WP02"}).out;
  EXPECT_NE(skipped.find("paused; resume with: spec-kitty orchestrate --resume"), std::string::npos)
      << skipped;
  carry_out({"--resume"});
  const auto all = story();
  EXPECT_EQ(std::count(all.begin(), all.end(), "DependencyResolved WP03 WP02 skipped"), 1);
  EXPECT_EQ(all.back(), "WPStatusChanged WP03 for_review done");
  expect_one_tree();
}

TEST_F(OrchestrateLife, OneThatWasDoneBeforeIsNotDoneAgain) {
  implement("WP01");
  ok({"agent", "tasks", "mark-status", "T001", "T002", "--status", "done"});
  ok({"agent", "tasks", "move-task", "WP01", "--to", "for_review"});
  ok({"agent", "tasks", "move-task", "WP01", "--to", "done"});
  good_agent();
  carry_out();
  const auto all = story();
  EXPECT_EQ(std::count(all.begin(), all.end(), "DependencyResolved WP02 WP01 completed"), 1);
  for (const auto& line : starts())
    EXPECT_EQ(line.find("WP01"), std::string::npos) << line;
}

TEST_F(OrchestrateLife, OneThatAwaitsReviewIsReviewed) {
  implement("WP01");
  ok({"agent", "tasks", "mark-status", "T001", "T002", "--status", "done"});
  ok({"agent", "tasks", "move-task", "WP01", "--to", "for_review"});
  good_agent();
  carry_out();
  EXPECT_EQ(starts().front(), "review WP01 1");
}

TEST_F(OrchestrateLife, TheSummaryIsOneJsonObject) {
  good_agent();
  ok({"orchestrate", "--trust"});
  const auto summary = json_of({"orchestrate"});
  EXPECT_EQ(text_of(summary, "state"), "done");
  EXPECT_EQ(number_in(summary, {"done"}), 3);
  EXPECT_EQ(number_in(summary, {"events", "recorded"}), 19);
  EXPECT_EQ(member(summary, "work_packages")->Size(), 3U);
  const auto status = json_of({"orchestrate", "--status"});
  EXPECT_EQ(text_of(status, "state"), "done");
  EXPECT_FALSE(member(status, "running")->GetBool());
}

TEST_F(OrchestrateLife, AConflictOfDependenciesPausesAndNamesTheFiles) {
  write_text(feature() / "tasks.md", "## Work Package WP01: a\n\n## Work Package WP02: b\n\n"
                                     "## Work Package WP03: c\n\nDepends on WP01, WP02\n");
  for (const char* id : {"WP01", "WP02", "WP03"})
    write_text(wp_file(id), wp_text(id));
  commit_all("two roots");
  ok({"agent", "feature", "finalize-tasks"});
  agent("good", "[ $SPEC_KITTY_PHASE = review ] || echo $SPEC_KITTY_WP > same.txt");
  agents_toml();
  const auto message = falls_short();
  EXPECT_NE(message.find("WP03: its dependencies conflict: 001-tea-WP02"), std::string::npos)
      << message;
  EXPECT_NE(message.find("same.txt"), std::string::npos);
  EXPECT_NE(message.find("git -C " + fs::canonical(tree("WP03")).string() + " merge 001-tea-WP02"),
            std::string::npos)
      << message;
  EXPECT_EQ(git({"status", "--porcelain"}, tree("WP03")), "") << "the merge was taken back";
}

TEST_F(OrchestrateLife, WithoutAStoreTheAgentsWorkAllTheSameAndEventsAreKept) {
  good_agent();
  const auto what = orchestrate();
  fs::remove_all(home() / "queue");
  write_text(home() / "queue", "no folder");
  const auto done = run(what);
  EXPECT_EQ(done.status, 0) << done.out << done.err;
  EXPECT_NE(done.err.find("kept in " + home().string()), std::string::npos) << done.err;
  EXPECT_EQ(lane("WP03"), "done");
}

TEST_F(OrchestrateLife, TheAgentsFileIsWrittenOnce) {
  env["PATH"] = (root() / "bin").string() + ":/usr/bin:/bin";
  fs::create_directories(root() / "bin");
  write_text(root() / "bin" / "codex", "#!/bin/sh\n");
  fs::permissions(root() / "bin" / "codex", fs::perms::owner_all);
  const auto done = ok({"orchestrate", "--init"});
  EXPECT_NE(done.out.find("found: codex"), std::string::npos) << done.out;
  const auto file = repo() / ".kittify" / "agents.toml";
  EXPECT_NE(read_text(file).find("\n[agents.codex]\n"), std::string::npos);
  EXPECT_NE(read_text(file).find("\n# [agents.claude]\n"), std::string::npos);
  write_text(file, "mine");
  ok({"orchestrate", "--init"});
  EXPECT_EQ(read_text(file), "mine");
}

} // namespace
} // namespace spec_kitty::support
