// The simulation itself: that it can be played again, and that it finds what is broken.
#include "app/chaos/scenarios/scenarios.hpp"

#include "actors/queue/spill.hpp"
#include "app/chaos/process.hpp"
#include "app/chaos/simulation/simulation.hpp"
#include "tests/app/chaos/simulation_variants.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace spec_kitty::chaos::simulation {

namespace {

std::vector<std::uint64_t> seeds(std::uint64_t first, std::uint64_t count) {
  std::vector<std::uint64_t> out;
  for (std::uint64_t i = 0; i < count; ++i)
    out.push_back(first + i);
  return out;
}

std::string words_of(const outcome& what) {
  std::string words;
  for (const auto& violation : what.violations)
    words += violation.invariant + ": " + violation.words + "\n";
  return words;
}

class Simulation : public testing::Test {
protected:
  /// The first seed of so many whose schedule breaks that invariant in a variant; 0: none does.
  std::uint64_t broken_by(const simulation_variant& variant, std::string_view invariant,
                          std::uint64_t count = 300) {
    for (const std::uint64_t seed : seeds(1, count)) {
      const auto played = simulate_steps(ground_, seed, simulation_steps(seed), variant);
      for (const auto& violation : played.what.violations)
        if (violation.invariant == invariant)
          return seed;
    }
    return 0;
  }

  support::temporary_folder folder_;
  home_pool ground_{folder_.path() / "ground"};
};

TEST_F(Simulation, OneSeedIsOneSchedule) {
  std::set<std::uint64_t> traces;
  for (const std::uint64_t seed : seeds(1, 20)) {
    const auto first = simulate_steps(ground_, seed, simulation_steps(seed));
    const auto again = simulate(seed, folder_.path() / std::to_string(seed));
    EXPECT_EQ(first.trace, again.trace) << "seed " << seed;
    EXPECT_EQ(first.what.figures, again.what.figures) << "seed " << seed;
    traces.insert(first.trace);
  }
  EXPECT_EQ(traces.size(), 20U) << "and another seed is another one";
}

TEST_F(Simulation, APartOfTheStepsIsAScheduleToo) {
  for (const std::uint64_t seed : seeds(1, 10)) {
    auto steps = simulation_steps(seed);
    for (; !steps.empty(); steps.erase(steps.begin())) {
      const auto first = simulate_steps(ground_, seed, steps);
      EXPECT_EQ(first.trace, simulate_steps(ground_, seed, steps).trace);
      EXPECT_EQ(words_of(first.what), "") << "seed " << seed << ", " << steps.size() << " steps";
    }
  }
}

TEST_F(Simulation, NoScheduleBreaksAnything) {
  simulation_batch batch;
  batch.seeds = seeds(1, 300);
  const auto what = simulate_many(batch, folder_.path());
  EXPECT_EQ(words_of(what), "");
  EXPECT_EQ(what.figures.at("schedules"), batch.seeds.size());
  EXPECT_GT(what.figures.at("events on the server"), batch.seeds.size());
  std::size_t met = 0;
  for (const auto& [kind, both] : what.faults)
    met += both.injected > 0 ? 1 : 0;
  EXPECT_GE(met, 60U) << "kinds of faults that met something";
}

TEST_F(Simulation, FindsReceiptsThatComeBeforeTheCommit) {
  EXPECT_NE(broken_by(early_receipts(), "nothing-lost"), 0U);
}

TEST_F(Simulation, FindsEventsThatAreSettledBeforeTheyAreSent) {
  EXPECT_NE(broken_by(settled_before_sent(), "nothing-lost"), 0U);
}

TEST_F(Simulation, FindsALostReplyThatCountsAsSuccess) {
  EXPECT_NE(broken_by(lost_is_delivered(), "nothing-lost"), 0U);
}

TEST_F(Simulation, FindsClocksThatAreHeardAndNotMerged) {
  EXPECT_NE(broken_by(deaf_clock(), "causality"), 0U);
}

TEST_F(Simulation, FindsBlameForTheInnocent) {
  EXPECT_NE(broken_by(blame_for_all(), "no-blame"), 0U);
}

TEST_F(Simulation, FindsTakenStampsThatStayAsTheyAre) {
  EXPECT_NE(broken_by(no_new_stamps(), "once"), 0U);
}

TEST_F(Simulation, AWorkerThatDiesIsAViolationThatNamesItsSchedule) {
  simulation_batch batch;
  batch.seeds = {7};
  batch.workers = 1;
  batch.variant = [](node_options&) { ::raise(SIGKILL); };
  const auto what = simulate_many(batch, folder_.path());
  ASSERT_EQ(what.violations.size(), 1U);
  EXPECT_EQ(what.violations.front(),
            (violation{"ends", "schedule-0000000000000007: the process ended by signal 9"}));
}

TEST_F(Simulation, AWorkerThatHangsIsEnded) {
  simulation_batch batch;
  batch.seeds = {7};
  batch.workers = 1;
  batch.longest = std::chrono::seconds(2);
  batch.variant = [](node_options&) { ::raise(SIGSTOP); };
  const auto what = simulate_many(batch, folder_.path());
  ASSERT_EQ(what.violations.size(), 1U);
  EXPECT_EQ(what.violations.front(),
            (violation{"ends", "schedule-0000000000000007: it took too long"}));
}

TEST_F(Simulation, ARoundPlaysManySchedulesAndEachCanBePlayedAlone) {
  stage where;
  where.folder = folder_.path();
  dice chance(5);
  auto steps = plan_simulation(chance);
  EXPECT_EQ(steps.size(), 1000U);
  steps.resize(1);
  const auto many = play_simulation(where, 1, steps);
  EXPECT_EQ(many.figures.at("schedules"), 1U);
  const std::uint64_t seed = steps.front().values.front();
  dice alone(seed);
  EXPECT_EQ(play_schedule(where, seed, plan_schedule(alone)).figures, many.figures);
}

// ── What the simulation has found ────────────────────────────────────────────────────────────────

TEST_F(Simulation, ASpillThatFailedLeavesNothingToBeTakenIn) {
  const auto home = folder_.path() / "home";
  std::filesystem::create_directories(home);
  spilled_event event;
  event.draft.event_type = "HistoryAdded";
  event.draft.payload = "{}";
  for (std::uint64_t works = 0;; ++works) {
    os_plan plan;
    plan.works_first = works;
    plan.fails_then = 1;
    plan.how = failing_write::all;
    const os_plan_scope scope(&plan);
    const auto kept = write_spill(home, std::vector{event}, 1'770'000'000'000'000);
    if (plan.failed == 0) {
      EXPECT_GE(works, 3U) << "the write, the file's sync, the folder's";
      EXPECT_TRUE(kept);
      break;
    }
    EXPECT_EQ(spill_files(home).size(), kept ? 1U : 0U) << "operation " << works;
    std::filesystem::remove_all(home / "spill");
  }
}

} // namespace

} // namespace spec_kitty::chaos::simulation
