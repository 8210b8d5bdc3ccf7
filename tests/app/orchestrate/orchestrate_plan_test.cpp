#include "app/orchestrate/board.hpp"
#include "app/orchestrate/plan_json.hpp"

#include <gtest/gtest.h>

namespace spec_kitty::orchestrate {
namespace {

using kind = attempt_end::kind;

struct OrchestratePlan : ::testing::Test {
  OrchestratePlan() {
    for (const char* name : {"a", "b", "r"}) {
      agent_spec agent;
      agent.name = name;
      agent.command = {"x"};
      agent.roles = {role::implementation, role::review};
      agents.agents.push_back(agent);
    }
    agents.agents[0].fallback = {"b", "r"};
    agents.agents[2].roles = {role::review};
    agents.max_retries = 1;
    run.id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    run.feature = "001-tea";
    take_in(run, {{"WP01", {}, "planned", ""}, {"WP02", {"WP01"}, "planned", "b"}}, agents);
  }

  package_run& wp(const std::string& id) { return *run.find(id); }
  std::string due_now() const {
    std::string text;
    for (const auto& agent : due(run, agents))
      text += agent.id + " " + std::string(to_string(agent.task)) + ";";
    return text;
  }
  void start(const std::string& id, role task) {
    EXPECT_TRUE(begin(run, wp(id), task, agents, 100));
  }
  void end(const std::string& id, kind what, const std::string& words = "no") {
    settle(run, wp(id), {what, words}, agents, 200);
    if (wp(id).at == stage::implemented)
      wp(id).lane = "for_review";
  }
  void passes(const std::string& id) {
    start(id, role::implementation);
    end(id, kind::done);
    start(id, role::review);
    end(id, kind::done);
  }

  agents_file agents;
  orchestration run;
};

TEST_F(OrchestratePlan, AWorkPackageWaitsForAllItDependsOn) {
  EXPECT_EQ(due_now(), "WP01 implementation;");
  start("WP01", role::implementation);
  EXPECT_EQ(due_now(), "") << "one attempt at a time";
  end("WP01", kind::done);
  EXPECT_EQ(due_now(), "WP01 review;");
  start("WP01", role::review);
  EXPECT_EQ(wp("WP01").review.agent, "b") << "not the implementer";
  end("WP01", kind::done);
  EXPECT_EQ(due_now(), "WP02 implementation;");
  start("WP02", role::implementation);
  EXPECT_EQ(wp("WP02").implementation.agent, "b") << "the frontmatter's";
}

TEST_F(OrchestratePlan, ASkippedOneFreesItsDependents) {
  wp("WP01").at = stage::skipped;
  EXPECT_EQ(due_now(), "WP02 implementation;");
  passes("WP02");
  EXPECT_TRUE(is_over(run));
  EXPECT_FALSE(is_complete(run));
}

TEST_F(OrchestratePlan, WhatBuiltOnASkippedOneBuildsOnWhatThatBuiltOn) {
  orchestration chain;
  take_in(chain,
          {{"WP01", {}, "planned", ""},
           {"WP02", {"WP01"}, "planned", ""},
           {"WP03", {"WP01", "WP02"}, "planned", ""}},
          agents);
  chain.find("WP02")->at = stage::skipped;
  EXPECT_EQ(builds_on(chain, *chain.find("WP03")), std::vector<std::string>{"WP01"});
}

TEST_F(OrchestratePlan, AFailureIsTriedAgainThenFallsBackThenPauses) {
  for (const char* agent : {"a", "a", "b", "b"}) {
    start("WP01", role::implementation);
    EXPECT_EQ(wp("WP01").implementation.agent, agent);
    end("WP01", kind::failed, "exit status 7");
  }
  EXPECT_EQ(wp("WP01").at, stage::paused) << "r does not have the role";
  EXPECT_EQ(wp("WP01").implementation.starts, 4U);
  EXPECT_EQ(wp("WP01").reason, "WP01: its implementation failed with a, b: exit status 7");
  EXPECT_NE(wp("WP01").hint.find("spec-kitty orchestrate --resume --feature 001-tea"),
            std::string::npos);
  EXPECT_EQ(due_now(), "");
  revive(run, agents);
  EXPECT_EQ(due_now(), "WP01 implementation;");
  EXPECT_EQ(wp("WP01").implementation.agent, "a");
  EXPECT_EQ(wp("WP01").implementation.failures, 0U);
}

TEST_F(OrchestratePlan, ARejectedImplementationCountsAsAFailureOfItsAgent) {
  for (int round = 0; round < 2; ++round) {
    start("WP01", role::implementation);
    end("WP01", kind::done);
    start("WP01", role::review);
    end("WP01", kind::changes_requested, "more tea");
    EXPECT_EQ(wp("WP01").at, stage::waiting);
  }
  EXPECT_EQ(wp("WP01").implementation.agent, "b");
  EXPECT_EQ(wp("WP01").review.failures, 0U);
}

TEST_F(OrchestratePlan, AReviewThatFailsIsReviewedAgain) {
  start("WP01", role::implementation);
  end("WP01", kind::done);
  start("WP01", role::review);
  end("WP01", kind::failed);
  EXPECT_EQ(wp("WP01").at, stage::implemented);
  EXPECT_EQ(due_now(), "WP01 review;");
  EXPECT_EQ(wp("WP01").implementation.failures, 0U);
}

TEST_F(OrchestratePlan, AReviewerWithoutAVerdictIsAskedOnceMoreThenAPersonDecides) {
  start("WP01", role::implementation);
  end("WP01", kind::done);
  start("WP01", role::review);
  end("WP01", kind::no_verdict, "it gave no verdict: fine");
  EXPECT_EQ(due_now(), "WP01 review;");
  start("WP01", role::review);
  end("WP01", kind::no_verdict, "it gave no verdict: fine");
  EXPECT_EQ(wp("WP01").at, stage::paused);
  EXPECT_EQ(wp("WP01").reason, "WP01: its reviewer b was asked twice: it gave no verdict: fine");
  EXPECT_NE(wp("WP01").hint.find("move-task WP01 --to done --force --feature 001-tea"),
            std::string::npos);
  wp("WP01").lane = "for_review";
  revive(run, agents);
  start("WP01", role::review);
  end("WP01", kind::no_verdict);
  EXPECT_EQ(due_now(), "WP01 review;") << "a resumed run asks again";
}

TEST_F(OrchestratePlan, AVerdictBetweenTwoThatAreMissingBeginsAnew) {
  for (int round = 0; round < 2; ++round) {
    start("WP01", role::implementation);
    end("WP01", kind::done);
    start("WP01", role::review);
    end("WP01", kind::no_verdict);
    start("WP01", role::review);
    end("WP01", kind::changes_requested, "more tea");
    EXPECT_EQ(wp("WP01").at, stage::waiting);
  }
}

TEST_F(OrchestratePlan, AnEndThatCouldNotBeRecordedIsRecordedAfterRevival) {
  start("WP01", role::implementation);
  hold_end(run, wp("WP01"), {ec::bad_input, "no commits today", "fix it"});
  EXPECT_EQ(wp("WP01").at, stage::paused);
  EXPECT_EQ(due_now(), "");
  const auto kept = decode_run(*parse_json(encode_run(run)));
  ASSERT_TRUE(kept);
  EXPECT_EQ(*kept, run);
  revive(run, agents);
  EXPECT_EQ(wp("WP01").at, stage::implementing);
  EXPECT_TRUE(wp("WP01").running) << "its result waits";
  EXPECT_EQ(wp("WP01").implementation.starts, 1U);
}

TEST_F(OrchestratePlan, AnEndThatCouldNotBeRecordedIsForgottenWhenSomebodyMovedTheLane) {
  start("WP01", role::implementation);
  hold_end(run, wp("WP01"), {ec::bad_input, "no", ""});
  take_in(run, {{"WP01", {}, "done", ""}, {"WP02", {"WP01"}, "planned", ""}}, agents);
  revive(run, agents);
  EXPECT_EQ(wp("WP01").at, stage::done);
  EXPECT_FALSE(wp("WP01").running);
}

TEST_F(OrchestratePlan, NoMoreThanTheLimitAreAtWorkAndReviewsComeFirst) {
  agents.max_parallel = 2;
  orchestration wide;
  take_in(wide,
          {{"WP01", {}, "planned", ""},
           {"WP02", {}, "planned", ""},
           {"WP03", {}, "for_review", ""},
           {"WP04", {}, "done", ""}},
          agents);
  run = wide;
  EXPECT_EQ(due_now(), "WP03 review;WP01 implementation;");
  EXPECT_TRUE(wp("WP04").was_done);
  start("WP03", role::review);
  EXPECT_EQ(due_now(), "WP01 implementation;");
  start("WP01", role::implementation);
  EXPECT_EQ(due_now(), "");
}

TEST_F(OrchestratePlan, ANamedAgentCountsMoreThanTheFiles) {
  run.impl_agent = "a";
  run.review_agent = "r";
  revive(run, agents);
  start("WP02", role::implementation);
  EXPECT_EQ(wp("WP02").implementation.agent, "a");
  end("WP02", kind::done);
  start("WP02", role::review);
  EXPECT_EQ(wp("WP02").review.agent, "r");
}

TEST_F(OrchestratePlan, LanesThatPeopleChangedAreTakenOver) {
  start("WP01", role::implementation);
  take_in(run, {{"WP01", {}, "done", ""}, {"WP02", {"WP01"}, "for_review", ""}}, agents);
  EXPECT_EQ(wp("WP01").at, stage::implementing) << "not while an attempt is under way";
  EXPECT_EQ(wp("WP02").at, stage::implemented);
}

TEST_F(OrchestratePlan, AStateIsReadAsItWasWritten) {
  start("WP01", role::implementation);
  end("WP01", kind::failed, "a \"quoted\"\nreason");
  wp("WP01").cause = run.root = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  run.state = run_state::paused;
  run.began = 5;
  const auto value = parse_json(encode_run(run));
  ASSERT_TRUE(value);
  const auto read = decode_run(*value);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, run);
}

TEST_F(OrchestratePlan, AStateOfALaterVersionIsNotTouched) {
  auto value = parse_json(R"({"version":2,"run_id":"x","state":"running","work_packages":[]})");
  EXPECT_EQ(decode_run(*value).error().message, "it was written by a later version of spec-kitty");
  value = parse_json(R"({"version":1,"run_id":"x","state":"asleep","work_packages":[]})");
  EXPECT_FALSE(decode_run(*value));
}

TEST_F(OrchestratePlan, TheTableShowsStageAgentAndTime) {
  start("WP01", role::implementation);
  const auto lines = table_lines(run, 100 + 65'000'000, 80, 24);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[1], "WP01  implementing  a               01:05     -");
  EXPECT_EQ(lines[2], "WP02  waiting       b               -         -        waits for WP01");
  EXPECT_EQ(lines[3], "0 of 2 done, 1 running");
}

TEST_F(OrchestratePlan, AShortTerminalShowsWhatIsAtWork) {
  orchestration wide;
  std::vector<package_facts> all;
  for (int i = 10; i < 60; ++i)
    all.push_back({"WP" + std::to_string(i), {}, "planned", ""});
  take_in(wide, all, agents);
  run = wide;
  start("WP42", role::implementation);
  const auto lines = table_lines(run, 100, 40, 10);
  ASSERT_EQ(lines.size(), 10U);
  EXPECT_EQ(lines[7].substr(0, 4), "WP42");
  EXPECT_EQ(lines[8], "… and 43 more");
  for (const auto& line : lines)
    EXPECT_LE(line.size(), 40U + 3) << "the ellipsis has three bytes: " << line;
}

TEST_F(OrchestratePlan, DurationsAreIso8601) {
  EXPECT_EQ(iso_duration(0), "PT0S");
  EXPECT_EQ(iso_duration(61'000'000), "PT1M1S");
  EXPECT_EQ(iso_duration(3'600'000'000), "PT1H0S");
}

} // namespace
} // namespace spec_kitty::orchestrate
