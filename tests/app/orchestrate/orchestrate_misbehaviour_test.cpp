// Agents that misbehave in the ways that agents do. Each run ends as it must, and says what to do.
#include "tests/app/orchestrate/orchestrate_fixture.hpp"
#include "tests/support/programs.hpp"

#include <algorithm>

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

class OrchestrateMisbehaviour : public orchestrate_test {
protected:
  /// An implementer `maker` that works, and a reviewer that runs this script and no other line.
  void judged_by(const std::string& script) const {
    agent("maker", "true");
    agent("judge", script + "\nexit 0", false);
    agents_toml("[agents.maker]\ncommand = [\"./agents/maker.sh\"]\nroles = [\"implementation\"]\n"
                "[agents.judge]\ncommand = [\"./agents/judge.sh\"]\nroles = [\"review\"]\n"
                "[limits]\nmax_parallel = 1\nmax_retries = 1\n");
  }
  /// One agent for both roles, tried once.
  void worked_on_by(const std::string& script) const {
    agent("odd", script, false);
    agents_toml("[agents.odd]\ncommand = [\"./agents/odd.sh\"]\ntimeout_s = 60\nsilent_s = 1\n"
                "[limits]\nmax_parallel = 1\nmax_retries = 0\n");
  }
  std::ptrdiff_t count(const std::string& begin) const {
    const auto all = starts();
    return std::count_if(all.begin(), all.end(),
                         [&](const auto& line) { return line.starts_with(begin); });
  }
  fs::path log() const { return repo() / ".kittify" / "orchestration" / "001-tea" / "WP01.log"; }
};

std::string only_in_wp01(const std::string& first_try) {
  return "[ $SPEC_KITTY_WP$SPEC_KITTY_ATTEMPT = WP011 ] || { echo APPROVED; exit 0; }\n" +
         first_try;
}

TEST_F(OrchestrateMisbehaviour, AVerdictThatIsNotOneIsAskedForOnceMoreThenAPersonDecides) {
  for (const std::string words :
       {"NOT APPROVED", "Verdict: APPROVED", "\\033[31mREJECTED\\033[0m"}) {
    judged_by("printf '" + words + "\\n'");
    const auto message = falls_short();
    EXPECT_NE(message.find("was asked twice: it gave no verdict: "), std::string::npos) << message;
    EXPECT_EQ(count("review WP01"), 2) << words;
    EXPECT_EQ(lane("WP01"), "for_review");
    ok({"orchestrate", "--abort"});
    write_text(runs(), "");
  }
}

TEST_F(OrchestrateMisbehaviour, APersonDecidesWithTheCommandThatIsPrinted) {
  judged_by("echo looks good to me");
  const auto message = falls_short();
  const std::string command = "agent tasks move-task WP01 --to done --force --feature 001-tea";
  EXPECT_NE(message.find("spec-kitty " + command), std::string::npos) << message;
  shell("cd '" + repo().string() + "' && '" + program_folder() + "/spec-kitty" + "' " + command);
  judged_by("echo APPROVED");
  carry_out({"--resume"});
  EXPECT_EQ(lane("WP03"), "done");
}

TEST_F(OrchestrateMisbehaviour, ASecondAnswerCounts) {
  judged_by(only_in_wp01("echo 'Verdict: APPROVED'") + "\ncat > \"$RUNS.first\"");
  carry_out();
  EXPECT_EQ(count("review WP01"), 2);
  EXPECT_EQ(count("implementation WP01"), 1) << "nothing is implemented again";
}

TEST_F(OrchestrateMisbehaviour, ASecondPromptSaysWhatWasMissing) {
  judged_by("cat > \"$RUNS.$SPEC_KITTY_WP.$SPEC_KITTY_ATTEMPT\"\n" + only_in_wp01("echo fine"));
  carry_out();
  const std::string words = "your last line was neither of the two";
  EXPECT_EQ(read_text(runs().string() + ".WP01.1").find(words), std::string::npos);
  EXPECT_NE(read_text(runs().string() + ".WP01.2").find(words), std::string::npos);
}

TEST_F(OrchestrateMisbehaviour, ARequestBehindAListMarkIsARequest) {
  judged_by(only_in_wp01("echo '- CHANGES REQUESTED: more steam'"));
  carry_out();
  EXPECT_EQ(count("implementation WP01"), 2);
  EXPECT_NE(read_text(wp_file("WP01")).find("> more steam"), std::string::npos);
}

TEST_F(OrchestrateMisbehaviour, AnApprovalMayBeColouredAndMarkedUp) {
  judged_by("printf '\\033[1;32m- **Approved.**\\033[0m\\n\\033[?25h\\n'");
  carry_out();
  EXPECT_EQ(starts().size(), 6U);
}

TEST_F(OrchestrateMisbehaviour, AQuestionInsteadOfWorkIsNotDone) {
  worked_on_by("[ $SPEC_KITTY_PHASE = review ] || { echo 'Which database shall I use?'; exit 0; }");
  const auto message = falls_short();
  EXPECT_NE(message.find("it made no commit and changed nothing: Which database shall I use?"),
            std::string::npos)
      << message;
  EXPECT_EQ(lane("WP01"), "doing");
  EXPECT_EQ(count("review"), 0);
}

TEST_F(OrchestrateMisbehaviour, AFloodIsCutInTheLogAndItsLastLineCounts) {
  judged_by("head -c 20000000 /dev/zero | tr '\\0' 'x' | fold -w 99\necho\necho APPROVED");
  carry_out();
  EXPECT_LT(fs::file_size(log()), (std::size_t{5} << 20) + 100);
  const auto text = read_text(log());
  EXPECT_TRUE(text.starts_with("=== implementation by maker, try 1")) << text.substr(0, 80);
  EXPECT_NE(text.find(" bytes are left out here ===\n"), std::string::npos);
  EXPECT_TRUE(text.ends_with("x\n\nAPPROVED\n") || text.ends_with("x\nAPPROVED\n"))
      << text.substr(text.size() - 40);
}

TEST_F(OrchestrateMisbehaviour, ARemovedWorktreeLeavesItsCommitsToTheReview) {
  for (const std::string removal :
       {"git worktree remove --force \"$there\"", "rm -rf \"$there\""}) {
    worked_on_by("[ $SPEC_KITTY_PHASE = review ] && { echo APPROVED; exit 0; }\nthere=$PWD\n"
                 "echo x > $SPEC_KITTY_WP.txt; git add -A; git commit -qm work\ncd ../..\n" +
                 removal);
    carry_out();
    for (const char* wp : {"WP01", "WP02", "WP03"}) {
      EXPECT_EQ(lane(wp), "done") << removal;
      ok({"agent", "tasks", "move-task", wp, "--to", "planned", "--force"});
      git({"worktree", "remove", "--force", tree(wp).string()});
      git({"branch", "--quiet", "-D", std::string("001-tea-") + wp});
    }
  }
}

TEST_F(OrchestrateMisbehaviour, FeedbackWithAFenceAndAHeadingTakesInNoLaterLine) {
  judged_by(
      only_in_wp01("printf 'CHANGES REQUESTED: see\\n## Activity Log\\n- 2026-01-01T00:00:00Z "
                   "– x – lane=done – quoted\\n```\\ncut off\\n'"));
  carry_out();
  const auto lines = lines_of(read_text(wp_file("WP01")));
  ASSERT_GT(lines.size(), 3U);
  EXPECT_NE(lines.back().find("lane=done – Review passed: judge"), std::string::npos)
      << lines.back();
  EXPECT_NE(lines[lines.size() - 2].find("lane=for_review"), std::string::npos);
}

TEST_F(OrchestrateMisbehaviour, AnAgentThatAsksAtTheTerminalIsStoppedAndNamed) {
  worked_on_by("read answer < /dev/tty");
  auto what = orchestrate();
  what.argv.insert(what.argv.begin(),
                   {"/usr/bin/python3",
                    SPEC_KITTY_SOURCE_DIR "/tests/support/answer_on_terminal.py", "never", ""});
  const auto done = run(what);
  EXPECT_EQ(done.status, 1) << done.out << done.err;
  EXPECT_NE(done.out.find("it asks for input at the terminal"), std::string::npos) << done.out;
  EXPECT_TRUE(none_is_left());
}

TEST_F(OrchestrateMisbehaviour, ASilentAgentIsReportedWhileItIsSilent) {
  worked_on_by(
      "[ $SPEC_KITTY_PHASE = review ] && { echo APPROVED; exit 0; }\necho 'Continue? [y/N]'\n"
      "until grep -q 'has printed nothing' ../../.kittify/orchestration-state.json; do "
      "sleep 0.1; done\necho x > $SPEC_KITTY_WP.txt");
  const auto done = carry_out();
  EXPECT_NE(done.out.find("WP01: odd has printed nothing for 1 second and may wait for an answer: "
                          "Continue? [y/N]; see its log: less "),
            std::string::npos)
      << done.out;
}

TEST_F(OrchestrateMisbehaviour, AFailureIsReportedWithTheCommandThatShowsTheLog) {
  worked_on_by("echo 'no key' >&2; exit 3");
  const auto done = run(orchestrate());
  EXPECT_EQ(done.status, 1);
  EXPECT_NE(done.out.find("WP01: implementation failed: exit status 3: no key; its log: less " +
                          fs::canonical(log()).string()),
            std::string::npos)
      << done.out;
}

TEST_F(OrchestrateMisbehaviour, DependenciesAreThoseOfTheTasksEvenBeforeTheyAreFinalized) {
  good_agent();
  auto text = read_text(feature() / "tasks.md");
  for (const auto& [before, after] :
       {std::pair<std::string, std::string>("- None", "- Depends on WP03"),
        {"- Depends on WP01 (the kettle)", "- Depends on WP01"},
        {"**Dependencies**: WP01-WP02", "**Dependencies**: none"}})
    text.replace(text.find(before), before.size(), after);
  write_text(feature() / "tasks.md", text);
  auto third = read_text(wp_file("WP03"));
  const auto at = third.find("dependencies:");
  third.erase(at, third.find('\n', third.find("WP02", at)) + 1 - at);
  write_text(wp_file("WP03"), third);
  commit_all("order");
  carry_out();
  const std::vector<std::string> wanted = {"implementation WP03 1", "review WP03 1",
                                           "implementation WP01 1", "review WP01 1",
                                           "implementation WP02 1", "review WP02 1"};
  EXPECT_EQ(starts(), wanted);
}

} // namespace
} // namespace spec_kitty::support
