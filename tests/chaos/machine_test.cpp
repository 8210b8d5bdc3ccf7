// A round of each scenario about the machine: every invariant holds, every planned fault happens.
#include "app/chaos/process.hpp"

#include <gtest/gtest.h>

namespace spec_kitty::chaos {
namespace {

TEST(MachineChaos, ARoundOfEachScenarioHoldsAndInjectsAllThatItPlanned) {
  support::launch what;
  what.argv = {SPEC_KITTY_BIN_DIR "/spec-kitty-chaos", "run", "--rounds", "1", "--seed", "7"};
  for (const char* name : {"operations", "full-disk", "clock", "limits"})
    what.argv.insert(what.argv.end(), {"--scenario", name});
  what.patience = std::chrono::minutes(5);
  const auto done = support::run(what);
  EXPECT_EQ(done.status, 0) << done.out << done.err;
  EXPECT_NE(done.out.find("every planned fault was injected"), std::string::npos) << done.out;
}

} // namespace
} // namespace spec_kitty::chaos
