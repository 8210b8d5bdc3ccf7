// The disk of a store's process recorded, and shown as a power loss may leave it.
#include "app/chaos/power/disk.hpp"
#include "app/chaos/power/judge.hpp"
#include "app/chaos/process.hpp"
#include "tests/app/server/store/store_judge.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

namespace spec_kitty::server::store::testing {
namespace {

namespace power = chaos::power;

/// SPEC_KITTY_STORE_POWER_IMAGES=20000 for the bar of the guarantees.
std::size_t image_count() {
  const char* text = std::getenv("SPEC_KITTY_STORE_POWER_IMAGES");
  return text == nullptr ? 250 : std::strtoull(text, nullptr, 10);
}

class StorePower : public ::testing::Test {
protected:
  /// Runs workers one after the other on a recorded disk; the log of all that they wrote.
  std::string record(const std::vector<std::pair<std::size_t, std::size_t>>& runs) const {
    const auto root = folder_.path() / "disk";
    std::filesystem::create_directories(root);
    support::write_text(folder_.path() / "log", "");
    for (const auto& [submissions, window] : runs) {
      support::launch what;
      what.argv = {SPEC_KITTY_BIN_DIR "/server_store_worker", (root / "home").string(),
                   std::to_string(submissions), std::to_string(window)};
      what.env = {{"LD_PRELOAD", SPEC_KITTY_BIN_DIR "/spec_kitty_power_shim.so"},
                  {"SPEC_KITTY_POWER_ROOT", root.string()},
                  {"SPEC_KITTY_POWER_LOG", (folder_.path() / "log").string()}};
      const auto done = support::run(what);
      EXPECT_EQ(done.status, 0) << done.out << done.err;
    }
    return support::read_text(folder_.path() / "log");
  }

  /// What is wrong in images of the recording, at most a few.
  std::vector<std::string> judge_images(const std::vector<power::step>& steps, std::size_t images,
                                        power::disk_kind behaviour) const {
    std::vector<std::string> found;
    chaos::dice chance(images);
    std::vector<std::size_t> cuts;
    for (std::size_t i = 0; i < images; ++i)
      cuts.push_back(static_cast<std::size_t>(chance.between(0, steps.size())));
    std::sort(cuts.begin(), cuts.end());
    power::disk played(behaviour);
    store_promises promises;
    std::string printed;
    std::size_t done = 0;
    for (const std::size_t cut : cuts) {
      for (; done < cut; ++done) {
        played.apply(steps[done], done);
        if (steps[done].what == power::kind::message)
          read_lines(printed += steps[done].bytes, promises);
      }
      power::write_image(played.draw(chance, "home"), folder_.path(), chance);
      for (const auto& words : judge_store(folder_.path() / "home", promises))
        found.push_back("power lost after " + std::to_string(cut) + " of " +
                        std::to_string(steps.size()) + " steps: " + words);
      if (found.size() > 5)
        break;
    }
    return found;
  }

private:
  static void read_lines(std::string& printed, store_promises& promises) {
    for (auto end = printed.find('\n'); end != std::string::npos; end = printed.find('\n')) {
      promises.read_line(std::string_view(printed).substr(0, end));
      printed.erase(0, end + 1);
    }
  }

  temporary_folder folder_;
};

TEST_F(StorePower, LosesNothingThatWasAcknowledged) {
  const auto log = record({{40, 4}, {25, 1}});
  const auto steps = power::read_log(log);
  ASSERT_GT(steps.size(), 200U);
  EXPECT_EQ(judge_images(steps, image_count(), power::disk_kind::honest),
            std::vector<std::string>{});
}

TEST_F(StorePower, OnADiskThatLiesIsFound) {
  const auto log = record({{40, 1}});
  EXPECT_FALSE(judge_images(power::read_log(log), 200, power::disk_kind::lying).empty());
}

} // namespace
} // namespace spec_kitty::server::store::testing
