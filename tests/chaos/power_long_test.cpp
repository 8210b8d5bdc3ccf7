// Power loss in numbers: a hundred thousand images of some hundred recordings, none of them wrong.
#include "app/chaos/process.hpp"
#include "app/chaos/scenarios/power_loss.hpp"

#include <gtest/gtest.h>

namespace spec_kitty::chaos {
namespace {

TEST(PowerLossLong, AHundredThousandImagesKeepEveryPromise) {
  const support::temporary_folder folder;
  stage where;
  where.folder = folder.path();
  where.program = {SPEC_KITTY_BIN_DIR "/spec-kitty"};
  where.parts = SPEC_KITTY_BIN_DIR;
  dice chance(1);
  const auto steps = plan_power_loss(chance, 50);
  const auto out = play_power_loss(where, 1, steps);
  for (const auto& one : out.violations)
    ADD_FAILURE() << one.invariant << ": " << one.words;
  EXPECT_GE(out.figures.at("images"), 100'000U);
  for (const auto& [name, figure] : out.figures)
    RecordProperty(name, std::to_string(figure));
}

} // namespace
} // namespace spec_kitty::chaos
