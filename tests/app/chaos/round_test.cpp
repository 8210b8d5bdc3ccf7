// Names of rounds, and what the shrinker makes of a schedule that breaks something.
#include "app/chaos/round.hpp"

#include "app/chaos/process.hpp"
#include "app/chaos/run.hpp"
#include "util/json.hpp"

#include <gtest/gtest.h>

namespace spec_kitty::chaos {
namespace {

using namespace std::chrono_literals;

/// Twenty steps; what breaks are 3 and 17 together.
std::vector<step> plan_twenty(dice&) {
  std::vector<step> out;
  for (std::uint64_t i = 0; i < 20; ++i)
    out.push_back({"fault", {i}});
  return out;
}

outcome play_twenty(const stage&, std::uint64_t, const std::vector<step>& steps) {
  outcome out;
  std::set<std::uint64_t> done;
  for (const auto& step : steps) {
    done.insert(step.values[0]);
    out.count(step.fault, step.values[0] != 5);
  }
  if (done.contains(3) && done.contains(17))
    out.violations.push_back({"nothing-lost", "3 and 17 met"});
  return out;
}

outcome play_and_throw(const stage&, std::uint64_t, const std::vector<step>&) {
  throw std::runtime_error("no server");
}

constexpr scenario twenty{"twenty", "for this test", plan_twenty, play_twenty};
constexpr scenario throwing{"throwing", "for this test", plan_twenty, play_and_throw};

class Rounds : public testing::Test {
protected:
  Rounds() {
    where_.folder = folder_.path() / "stage";
    where_.enough = [] { return false; };
  }

  support::temporary_folder folder_;
  stage where_;
};

TEST_F(Rounds, ANameIsReadAsItIsWritten) {
  for (const char* text :
       {"kills-00c0ffee00c0ffee", "kills-0000000000000001:3,17", "kills-0000000000000001:"}) {
    const auto name = parse_round(text);
    ASSERT_TRUE(name) << text;
    EXPECT_EQ(to_string(*name), text);
  }
}

TEST_F(Rounds, AWrongNameSaysWhatIsWrong) {
  for (const auto& [text, why] :
       std::map<std::string, std::string>{{"kills", "joined by a dash"},
                                          {"cats-01", "there is no scenario cats"},
                                          {"kills-xyz", "not a hexadecimal number"},
                                          {"kills-01:3,x", "not rising numbers"},
                                          {"kills-01:3,3", "not rising numbers"}}) {
    const auto name = parse_round(text);
    ASSERT_FALSE(name) << text;
    EXPECT_NE(name.error().message.find(why), std::string::npos) << name.error().message;
  }
}

TEST_F(Rounds, AStepThatTheScheduleHasNotIsRefused) {
  EXPECT_FALSE(steps_of({&twenty, 1, {{20}}}));
  ASSERT_TRUE(steps_of({&twenty, 1, {{19}}}));
  EXPECT_EQ(steps_of({&twenty, 1, {{19}}})->front().values.front(), 19U);
}

TEST_F(Rounds, EverySeedGivesTheSameScheduleTwice) {
  for (const auto& scenario : scenarios()) {
    dice first(42);
    dice second(42);
    const auto a = scenario.plan(first);
    const auto b = scenario.plan(second);
    ASSERT_EQ(a.size(), b.size());
    ASSERT_FALSE(a.empty()) << scenario.name;
    for (std::size_t i = 0; i < a.size(); ++i)
      EXPECT_EQ(in_words(a[i]), in_words(b[i]));
  }
}

TEST_F(Rounds, TheShortestScheduleIsFound) {
  const auto best = shrink({&twenty, 1, {}}, where_, 1, 10s);
  ASSERT_EQ(best.violations.size(), 1U);
  EXPECT_EQ(best.name.kept, (std::vector<std::size_t>{3, 17}));
}

TEST_F(Rounds, WhatCannotBeBrokenAgainIsNotShrunk) {
  const auto best = shrink({&twenty, 1, {{3, 4}}}, where_, 2, 10s);
  EXPECT_TRUE(best.violations.empty());
  EXPECT_EQ(best.name.kept, (std::vector<std::size_t>{3, 4}));
}

TEST_F(Rounds, AScenarioThatBreaksOffIsAViolation) {
  const auto had = play({&throwing, 1, {}}, {}, where_);
  ASSERT_EQ(had.violations.size(), 1U);
  EXPECT_EQ(had.violations[0].invariant, "harness");
}

TEST_F(Rounds, ARunReportsWhatBrokeAndWhatWasNotInjected) {
  chaos_run_options plan;
  plan.seed = 7;
  plan.rounds = 1;
  plan.chosen = {&twenty};
  const auto result = run(plan, where_, [](const round_name&, const outcome&) {});
  EXPECT_FALSE(result.ok());
  EXPECT_FALSE(result.all_injected());
  ASSERT_EQ(result.violations.size(), 1U);
  EXPECT_TRUE(result.violations[0].shortest.ends_with(":3,17"));
  EXPECT_TRUE(std::filesystem::exists(where_.folder / ("broken-" + result.violations[0].seed)));

  const auto report = parse_json(as_json(result));
  ASSERT_TRUE(report);
  EXPECT_EQ(to_text((*report)["scenarios"][0]["faults"]),
            R"({"fault":{"planned":20,"injected":19}})");
  EXPECT_EQ(to_text((*report)["violations"][0]["steps"]), R"(["fault 3","fault 17"])");
  EXPECT_NE(as_table(result).find("NOT ALL"), std::string::npos);
}

TEST_F(Rounds, AScenarioWithoutATurnIsNoSuccess) {
  chaos_run_options plan;
  plan.time = 0s;
  plan.chosen = {&twenty};
  const auto result = run(plan, where_, [](const round_name&, const outcome&) {});
  EXPECT_TRUE(result.all_held());
  EXPECT_FALSE(result.ok());
}

} // namespace
} // namespace spec_kitty::chaos
