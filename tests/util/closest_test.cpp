// Suggestions for mistyped words.
#include "util/closest.hpp"

#include <gtest/gtest.h>

#include <array>

namespace spec_kitty {
namespace {

constexpr std::array<std::string_view, 6> lanes = {"planned", "doing",   "for_review",
                                                   "done",    "--field", "--feature"};

TEST(Closest, FindsAWordWithOneLetterWrongMissingTooMuchOrSwapped) {
  EXPECT_EQ(closest("plamned", lanes), "planned");
  EXPECT_EQ(closest("planed", lanes), "planned");
  EXPECT_EQ(closest("plannned", lanes), "planned");
  EXPECT_EQ(closest("dnoe", lanes), "done");
  EXPECT_EQ(closest("--fields", lanes), "--field");
}

TEST(Closest, TakesCapitalsAndUnderlinesForWhatTheyMean) {
  EXPECT_EQ(closest("Doing", lanes), "doing");
  EXPECT_EQ(closest("FOR-REVIEW", lanes), "for_review");
}

TEST(Closest, FindsAWordByItsBeginning) {
  EXPECT_EQ(closest("for_", lanes), "for_review");
  EXPECT_EQ(closest("--fea", lanes), "--feature");
}

TEST(Closest, IsSilentWhereNothingIsNearOrTwoAreEquallyNear) {
  EXPECT_EQ(closest("archived", lanes), std::nullopt);
  EXPECT_EQ(closest("", lanes), std::nullopt);
  EXPECT_EQ(closest("--f", lanes), std::nullopt);
  EXPECT_EQ(closest("WP3", std::vector<std::string>{"WP1", "WP2"}), std::nullopt);
  EXPECT_EQ(closest(std::string(65, 'd'), std::vector<std::string>{std::string(65, 'd')}),
            std::nullopt);
}

TEST(Closest, CountsASwapOfNeighboursOnce) {
  EXPECT_EQ(edit_distance("doing", "doing"), 0U);
  EXPECT_EQ(edit_distance("doing", "diong"), 1U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

} // namespace
} // namespace spec_kitty
