// Which work the next free worker gets.
#include "app/server/core/worker_turns.hpp"

#include <gtest/gtest.h>

#include <string>

namespace spec_kitty::server::testing {
namespace {

class WorkerTurns : public ::testing::Test {
protected:
  /// What all free workers are given, in this order.
  std::string given(bool begins_more = true) {
    std::string all;
    while (const auto work = turns.next(begins_more))
      all += *work;
    return all;
  }

  worker_turns<char, std::string> turns{3};
};

TEST_F(WorkerTurns, LeaveAWorkerToOtherTeams) {
  for (int i = 0; i < 50; ++i)
    turns.arrived('a', 100, "a");
  EXPECT_EQ(given(), "aa");
  turns.arrived('b', 1, "b");
  EXPECT_EQ(given(), "b") << "at once, while the other team has two workers";
  turns.done('b');
  EXPECT_EQ(given(), "");
}

TEST_F(WorkerTurns, FinishWhatWasBegunFirst) {
  turns.arrived('a', 1, "a");
  turns.arrived('b', 1, "b");
  turns.continued('b', "B");
  turns.continued('a', "A");
  EXPECT_EQ(given(), "ABa");
}

TEST_F(WorkerTurns, CountTheRestOfAWorkToo) {
  turns.continued('a', "A");
  turns.continued('a', "A");
  turns.continued('a', "A");
  turns.arrived('a', 1, "a");
  EXPECT_EQ(given(), "AA");
  turns.done('a');
  EXPECT_EQ(given(), "A");
}

TEST_F(WorkerTurns, BeginNothingThatHasNoSpace) {
  turns.arrived('a', 1, "a");
  turns.continued('b', "B");
  EXPECT_EQ(given(false), "B");
  turns.done('b');
  EXPECT_TRUE(turns.all_are_free());
  EXPECT_EQ(given(true), "a");
}

TEST_F(WorkerTurns, ServeTeamsByWhatTheyAskFor) {
  for (int i = 0; i < 9; ++i) {
    turns.arrived('a', 200, "a");
    turns.arrived('b', 100, "b");
    turns.arrived('c', 100, "c");
  }
  std::string all = given();
  for (std::size_t at = 0; at < 9; ++at) {
    turns.done(all[at]);
    all += given();
  }
  EXPECT_EQ(all.substr(0, 10), "abcbcabcbc");
}

TEST(WorkerTurnsOfOne, StillServeATeam) {
  worker_turns<char, char> turns(1);
  turns.arrived('a', 1, 'a');
  turns.arrived('b', 1, 'b');
  EXPECT_EQ(turns.next(true), 'a');
  EXPECT_EQ(turns.next(true), std::nullopt);
  turns.done('a');
  EXPECT_EQ(turns.next(true), 'b');
}

} // namespace
} // namespace spec_kitty::server::testing
