// Power loss on the real program: recorded, cut anywhere, and judged by the store itself.
#include "actors/queue/spill.hpp"
#include "app/chaos/power/trials.hpp"
#include "app/chaos/power/workloads.hpp"
#include "app/chaos/scenarios/power_loss.hpp"
#include "util/files.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>

#include <algorithm>
#include <functional>

namespace spec_kitty::chaos {
namespace {

using power::recorder;
using power::recording;

class PowerLoss : public ::testing::Test {
protected:
  PowerLoss() {
    where.folder = folder_.path();
    where.program = {SPEC_KITTY_BIN_DIR "/spec-kitty"};
    where.parts = SPEC_KITTY_BIN_DIR;
  }

  std::filesystem::path fresh(const std::string& name) const {
    const auto path = folder_.path() / name;
    std::filesystem::remove_all(path);
    return path;
  }

  /// What is wrong in some images of a recording, and with the recording itself.
  std::vector<std::string> found_in(const recording& seen, std::uint64_t images) const {
    std::vector<std::string> found = seen.trouble;
    power::trial_options how;
    how.seed = images;
    how.images = images;
    const auto out = power::try_images(seen, fresh("images"), how);
    for (const auto& violation : out.violations)
      found.push_back(violation.invariant + ": " + violation.words);
    if (found.empty()) {
      EXPECT_EQ(out.judged, images);
    }
    return found;
  }

  /// Kills a program in a new home at each of its file operations, and lets another follow whose
  /// promise must hold whenever the power goes.
  void kill_everywhere(const std::function<power::order(recorder&)>& ask) const {
    bool killed = true;
    for (int at = 1; killed && at < 100; ++at) {
      SCOPED_TRACE("operation " + std::to_string(at));
      recorder on(where, fresh("recorded"), "killed");
      on.env["SPEC_KITTY_SHIM_ROOT"] = on.home().parent_path().string();
      on.env["SPEC_KITTY_SHIM_ACTION"] = "kill";
      on.env["SPEC_KITTY_SHIM_AT"] = std::to_string(at);
      auto victim = ask(on);
      victim.may_die = true;
      killed = on.run(victim).signal != 0;
      on.env.clear();
      on.run(ask(on));
      EXPECT_EQ(found_in(on.finish(), 40), std::vector<std::string>{});
    }
    EXPECT_FALSE(killed) << "the program never came to its end";
  }

  stage where;

private:
  support::temporary_folder folder_;
};

TEST_F(PowerLoss, NoWorkloadLosesWhatItAcknowledged) {
  dice chance(20260203);
  const auto steps = plan_power_loss(chance);
  const auto out = play_power_loss(where, 20260203, steps);
  for (const auto& violation : out.violations)
    ADD_FAILURE() << violation.invariant << ": " << violation.words;
  EXPECT_GE(out.figures.at("images"), 1900U);
  EXPECT_EQ(out.figures.at("images"), out.faults.at("power loss").injected);
  EXPECT_EQ(out.faults.at("power loss").planned, out.faults.at("power loss").injected);
  EXPECT_GT(out.figures.at("events acknowledged"), 200U);
}

TEST_F(PowerLoss, APlanIsTheSameForTheSameSeed) {
  const auto values = [](std::uint64_t seed) {
    dice chance(seed);
    std::vector<std::vector<std::uint64_t>> all;
    for (const auto& plan_image : plan_images(chance, 6000))
      all.push_back(plan_image.values);
    return all;
  };
  EXPECT_EQ(values(1), values(1));
  EXPECT_NE(values(1), values(2));
}

TEST_F(PowerLoss, ADiskThatLiesAboutItsDataSyncIsFound) {
  EXPECT_GE(power_loss_with_lying_disk(where, 1).size(), 5U);
}

TEST_F(PowerLoss, AnEventThatWasNotKeptIsFound) {
  recorder on(where, fresh("recorded"), "one");
  on.run(on.single());
  auto seen = on.finish();
  seen.attempts.front().event_id = "01J00000000000000000000000";
  EXPECT_FALSE(found_in(seen, 50).empty());
}

TEST_F(PowerLoss, AnEventThatLeftTheStoreAndNeverCameToTheServerIsFound) {
  const auto& all = power::workloads();
  const auto drain = std::find_if(all.begin(), all.end(),
                                  [](const auto& violation) { return violation.name == "drain"; });
  recorder on(where, fresh("recorded"), "drain");
  dice chance(1);
  drain->play(on, chance);
  auto seen = on.finish();
  EXPECT_EQ(found_in(seen, 50), std::vector<std::string>{});
  int forgotten = 0;
  for (auto& step : seen.steps)
    if (step.what == power::kind::write && step.path == power::server_events) {
      step.what = power::kind::sync_begin; // which does nothing
      ++forgotten;
    }
  EXPECT_GT(forgotten, 0);
  EXPECT_FALSE(found_in(seen, 50).empty());
}

TEST_F(PowerLoss, ASettingThatIsNotThereIsFound) {
  recorder on(where, fresh("recorded"), "one");
  power::order asked{{"config", "set", "sync.batch_events", "7", "--json"}};
  asked.promised = power::promise{power::promise::what::setting, "sync.batch_events", "8", 0};
  on.run(asked);
  EXPECT_FALSE(found_in(on.finish(), 50).empty());
}

// A process that makes a store, or a folder on the way to it, may be killed before its name is
// durable. The next program finds it and must not rely on that.
TEST_F(PowerLoss, AStoreWhoseMakerWasKilledAnywhereIsKept) {
  kill_everywhere([](recorder& on) { return on.single(); });
}

TEST_F(PowerLoss, ASettingWhoseHomesMakerWasKilledAnywhereIsKept) {
  kill_everywhere([](recorder&) {
    power::order asked{{"config", "set", "sync.batch_events", "7", "--json"}};
    asked.promised = power::promise{power::promise::what::setting, "sync.batch_events", "7", 0};
    return asked;
  });
}

// A spill file was taken in and removed, and the removal is not durable. When the next one has been
// taken in the first may still come back, and must be known.
TEST_F(PowerLoss, ASpillFileThatComesBackIsTakenInOnce) {
  recorder on(where, fresh("recorded"), "spill");
  on.run(on.single());
  {
    const unique_fd lock(::open((on.home() / "queue" / "lock").c_str(), O_RDWR | O_CLOEXEC));
    ASSERT_TRUE(poll_lock(lock.get(), std::chrono::milliseconds(1000)).ok());
    const flock_hold hold(lock.get());
    on.env["SPEC_KITTY_SYNC_BUSY_TIMEOUT_MS"] = "1";
    on.run(on.single());
    on.env.clear();
  }
  on.run(on.single()); // takes it in, and removes it
  // Another file comes, unseen by the recorder: its own syncs would make the removal durable.
  spilled_event other;
  other.draft.event_type = "HistoryAdded";
  other.draft.aggregate_id = "WP01";
  other.draft.aggregate_type = "WorkPackage";
  other.draft.payload = R"({"wp_id":"WP01","entry_type":"note","entry_content":"other"})";
  other.draft.timestamp = format_timestamp(wall_clock_now());
  other.recorded_at = wall_clock_now();
  ASSERT_TRUE(write_spill(on.home(), {&other, 1}, wall_clock_now()));
  on.run(on.single());
  auto seen = on.finish();
  attempt asked;
  asked.marker = "other";
  asked.home = power::home_name;
  seen.attempts.push_back(asked);
  EXPECT_EQ(found_in(seen, 600), std::vector<std::string>{});
}

} // namespace
} // namespace spec_kitty::chaos
