// A run that is watched, stopped or killed from outside; and agents that do not behave.
#include "tests/app/orchestrate/orchestrate_fixture.hpp"

#include <algorithm>
#include <csignal>
#include <random>

namespace spec_kitty::support {
namespace {

namespace fs = std::filesystem;

struct OrchestrateControl : orchestrate_test {
  /// An agent that works until `go` is there.
  void patient_agent() const {
    agent("good",
          "while [ ! -e \"$RUNS.go\" ]; do sleep 0.05; done; echo x > $SPEC_KITTY_WP.txt\n"
          "[ $SPEC_KITTY_PHASE != review ] || echo APPROVED",
          false);
    agents_toml("[limits]\nmax_parallel = 1\n");
  }
  void go() const { write_text(runs().string() + ".go", ""); }
  bool at_work() const {
    return eventually([&] { return !starts().empty(); });
  }
};

TEST_F(OrchestrateControl, AnotherTerminalSeesItAndASecondRunIsRefused) {
  patient_agent();
  child first(orchestrate());
  ASSERT_TRUE(at_work());
  const auto status = json_of({"orchestrate", "--status"});
  EXPECT_TRUE(member(status, "running")->GetBool());
  EXPECT_EQ(text_of((*member(status, "work_packages"))[0], "stage"), "implementing");
  const auto message = refused({"orchestrate"});
  EXPECT_NE(message.find("another orchestration of 001-tea is running"), std::string::npos)
      << message;
  for (const words& other : {words{"orchestrate", "--resume"}, words{"merge"}, words{"accept"}})
    EXPECT_NE(refused(other).find("is running"), std::string::npos) << other.front();
  go();
  EXPECT_EQ(first.wait().status, 0);
}

TEST_F(OrchestrateControl, AnotherTerminalEndsIt) {
  patient_agent();
  child first(orchestrate());
  ASSERT_TRUE(at_work());
  EXPECT_NE(ok({"orchestrate", "--abort"}).out.find("001-tea: aborted"), std::string::npos);
  const auto end = first.wait();
  EXPECT_EQ(end.status, 1);
  EXPECT_NE(end.err.find("aborted; finished work is kept"), std::string::npos) << end.err;
  EXPECT_TRUE(none_is_left());
  EXPECT_NE(refused({"orchestrate", "--resume"}).find("no orchestration of 001-tea to resume"),
            std::string::npos);
  go();
  carry_out();
}

TEST_F(OrchestrateControl, ARunThatAnotherTerminalEndsSaysHowToBeginAgain) {
  patient_agent();
  const auto abort = command({"orchestrate", "--abort"});
  launch other = abort;
  other.argv = {
      "/bin/sh", "-c",
      "i=0; while [ ! -s \"$RUNS\" ] && [ $i -lt 600 ]; do sleep 0.1; i=$((i+1)); done; '" +
          abort.argv.front() + "' orchestrate --abort"};
  child ending(other);
  const auto message = falls_short();
  EXPECT_EQ(ending.wait().status, 0);
  EXPECT_NE(message.find("start a new one: spec-kitty orchestrate"), std::string::npos) << message;
}

TEST_F(OrchestrateControl, AnotherTerminalSkipsWhatIsAtWork) {
  patient_agent();
  child first(orchestrate());
  ASSERT_TRUE(at_work());
  ok({"orchestrate", "--skip", "WP01"});
  go();
  EXPECT_EQ(first.wait().status, 0);
  const auto all = story();
  EXPECT_EQ(std::count(all.begin(), all.end(), "DependencyResolved WP02 WP01 skipped"), 1);
  expect_one_tree();
}

TEST_F(OrchestrateControl, AStopEndsItsAgentsAndAResumeRepeatsTheSameTry) {
  patient_agent();
  child first(orchestrate());
  ASSERT_TRUE(at_work());
  first.send(SIGTERM);
  const auto end = first.wait();
  EXPECT_EQ(end.status, 1);
  EXPECT_NE(end.err.find("resume with: spec-kitty orchestrate --resume"), std::string::npos)
      << end.err;
  EXPECT_TRUE(none_is_left());
  EXPECT_NE(ok({"orchestrate", "--status"}).out.find("interrupted; resume with"),
            std::string::npos);
  go();
  carry_out({"--resume"});
  const auto all = story();
  EXPECT_EQ(std::count(all.begin(), all.end(), "WPAssigned WP01 implementation good 0"), 1);
  EXPECT_EQ(std::count(all.begin(), all.end(), "WPAssigned WP01 implementation good 1"), 0);
  expect_one_tree();
}

TEST_F(OrchestrateControl, WorkThatWasFinishedAfterAKillIsNotDoneAgain) {
  agent("good", "trap '' TERM; echo $SPEC_KITTY_WP >> $SPEC_KITTY_WP.txt; sleep 0.5");
  agents_toml("[limits]\nmax_parallel = 1\n");
  child first(orchestrate());
  ASSERT_TRUE(at_work());
  first.send(SIGKILL);
  first.wait();
  EXPECT_TRUE(none_is_left()) << "an agent dies with its owner";
  carry_out({"--resume"});
  expect_one_tree();
  const auto all = story();
  EXPECT_EQ(std::count(all.begin(), all.end(), "FeatureCompleted 001-tea"), 1);
}

TEST_F(OrchestrateControl, AnAgentThatHangsIsEndedWithAllItStarted) {
  agent("hang", "trap '' TERM\nsetsid sh -c 'trap \"\" TERM; while :; do sleep 1; done' " +
                    root().string() + " &\nwhile :; do sleep 1; done");
  agent("good", "true");
  agents_toml("[agents.hang]\ncommand = [\"./agents/hang.sh\"]\ntimeout_s = 1\n"
              "roles = [\"implementation\"]\nfallback = [\"good\"]\n[limits]\nmax_retries = 0\n");
  give("WP01", "hang");
  carry_out();
  EXPECT_TRUE(none_is_left());
  bool reported = false;
  for (const auto& json : stored())
    reported =
        reported || json.find("it took longer than 1 s and was stopped") != std::string::npos;
  EXPECT_TRUE(reported);
}

TEST_F(OrchestrateControl, WhatAnAgentLeavesRunningIsEndedToo) {
  agent("good", "(while :; do sleep 1; done) </dev/null >/dev/null 2>&1 &\ntrue");
  agents_toml();
  carry_out();
  EXPECT_TRUE(none_is_left());
}

TEST_F(OrchestrateControl, FiftyMegabytesOfOutputGoToTheLog) {
  agent("loud", "head -c 50000000 /dev/zero | tr '\\0' x; echo; echo APPROVED");
  agents_toml();
  carry_out({"--json"});
  EXPECT_LT(fs::file_size(repo() / ".kittify" / "orchestration" / "001-tea" / "WP01.log"),
            (std::size_t{5} << 20) + 100)
      << "its beginning and its end";
}

TEST_F(OrchestrateControl, AnAgentThatCannotBeRunIsAFailureLikeAnother) {
  agent("good", "true");
  write_text(repo() / "agents" / "bad.sh", "#!/no/such/interpreter\n");
  fs::permissions(repo() / "agents" / "bad.sh", fs::perms::owner_all);
  agents_toml("[agents.bad]\ncommand = [\"./agents/bad.sh\"]\nfallback = [\"good\"]\n"
              "[limits]\nmax_retries = 0\n");
  give("WP01", "bad");
  carry_out();
  bool reported = false;
  for (const auto& json : stored())
    reported = reported || json.find("its interpreter /no/such/interpreter ") != std::string::npos;
  EXPECT_TRUE(reported);
}

/// A diamond: a work package at the top, 24 beside each other, 24 that depend on two of those each,
/// and the last below all.
TEST_F(OrchestrateControl, FiftyInADiamondKeepTheirOrderEightAtATime) {
  write_text(feature() / "tasks.md", "# Work packages\n"); // the frontmatter alone counts then
  std::map<std::string, std::vector<std::string>> needs;
  const auto name = [](int number) {
    return (number < 10 ? "WP0" : "WP") + std::to_string(number);
  };
  for (int number = 1; number <= 50; ++number) {
    auto& mine = needs[name(number)];
    if (number > 1 && number <= 25)
      mine = {name(1)};
    else if (number > 25 && number < 50)
      mine = {name(number - 24), name(number == 49 ? 2 : number - 23)};
    else if (number == 50)
      for (int other = 26; other < 50; ++other)
        mine.push_back(name(other));
    auto text = wp_text(name(number));
    std::string list;
    for (const auto& id : mine)
      list += (list.empty() ? "" : ", ") + id;
    text.replace(text.find("lane:"), 5, "dependencies: [" + list + "]\nlane:");
    write_text(wp_file(name(number)), text);
  }
  commit_all("fifty");
  agent("good", "[ $SPEC_KITTY_PHASE = review ] || echo x > $SPEC_KITTY_WP.txt\n"
                "echo \"done $SPEC_KITTY_PHASE $SPEC_KITTY_WP\" >> \"$RUNS\"");
  agents_toml("[limits]\nmax_parallel = 8\n");
  carry_out({}, 3 * long_enough); // many processes of git, beside other tests
  std::set<std::string> finished;
  int at_work = 0;
  for (const auto& line : starts()) {
    const bool begins = line.find("done") != 0;
    at_work += begins ? 1 : -1;
    EXPECT_LE(at_work, 8) << line;
    if (line.starts_with("done review"))
      finished.insert(line.substr(12, 4));
    if (!line.starts_with("implementation"))
      continue;
    for (const auto& id : needs[line.substr(15, 4)])
      EXPECT_EQ(finished.count(id), 1U) << line << " needs " << id;
  }
  EXPECT_EQ(finished.size(), 50U);
  const auto all = story();
  EXPECT_EQ(all.back(), "FeatureCompleted 001-tea");
  EXPECT_EQ(
      std::count_if(all.begin(), all.end(),
                    [](const auto& event) { return event.starts_with("DependencyResolved"); }),
      24 + 48 + 24);
  expect_one_tree();
}

/// Twenty kills at random moments: every task is finished once and recorded once.
TEST_F(OrchestrateControl, KilledTwentyTimesNothingIsDoneOrRecordedTwice) {
  const auto done = std::string("echo \"done $SPEC_KITTY_PHASE $SPEC_KITTY_WP\" >> \"$RUNS\"");
  agent("slow", "sleep 1; echo x > $SPEC_KITTY_WP.txt; " + done);
  agent("flaky", "n=$(grep -c \"^implementation $SPEC_KITTY_WP\" \"$RUNS\"); sleep 0.1\n"
                 "[ $n -lt 3 ] && exit 3; echo x > $SPEC_KITTY_WP.txt; " +
                     done);
  agent("broken", "exit 7");
  agent("good",
        "sleep 0.1; [ $SPEC_KITTY_PHASE = review ] || echo x > $SPEC_KITTY_WP.txt; " + done);
  agents_toml("[agents.broken]\ncommand = [\"./agents/broken.sh\"]\nfallback = [\"good\"]\n");
  give("WP01", "flaky");
  give("WP02", "broken");
  give("WP03", "slow");
  std::mt19937 random(20);
  std::uniform_int_distribution<int> moment(20, 900);
  const auto state = repo() / ".kittify" / "orchestration-state.json";
  for (int kill = 0; kill < 20; ++kill) {
    child child(orchestrate({fs::exists(state) ? "--resume" : "--json", "--review-agent", "good"}));
    child.wait(milliseconds(moment(random))); // kills it when that is over
  }
  carry_out({"--resume"});
  const auto all = story();
  std::set<std::string> recorded;
  for (const auto& line : all)
    if (!line.starts_with("ErrorLogged")) {
      EXPECT_TRUE(recorded.insert(line).second) << "recorded twice: " << line;
    }
  EXPECT_EQ(std::count(all.begin(), all.end(), "FeatureCompleted 001-tea"), 1);
  const auto finished = starts();
  for (const char* wp : {"WP01", "WP02", "WP03"})
    for (const char* task : {"implementation", "review"})
      EXPECT_EQ(
          std::count(finished.begin(), finished.end(), std::string("done ") + task + " " + wp), 1)
          << task << " of " << wp;
  expect_one_tree();
  EXPECT_TRUE(none_is_left());
}

} // namespace
} // namespace spec_kitty::support
