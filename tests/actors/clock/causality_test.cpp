// Order and causality: what stamps prove, the total order, the receive rule and its bounds.
#include "actors/clock/causality.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

namespace spec_kitty {
namespace {

TEST(Causality, OnOneNodeTheSmallerClockHappenedBefore) {
  const causal_stamp a{1, "n1", "a", ""};
  const causal_stamp b{2, "n1", "b", ""};
  EXPECT_TRUE(happened_before(a, b));
  EXPECT_FALSE(happened_before(b, a));
  EXPECT_FALSE(is_concurrent(a, b));
}

TEST(Causality, ASmallerClockOnAnotherNodeProvesNothing) {
  const causal_stamp a{1, "n1", "a", ""};
  const causal_stamp b{9, "n2", "b", ""};
  EXPECT_FALSE(happened_before(a, b));
  EXPECT_FALSE(happened_before(b, a));
  EXPECT_FALSE(is_concurrent(a, b)) << "there may be a chain between them that is not shown";
}

TEST(Causality, ANamedCauseHappenedBefore) {
  const causal_stamp a{5, "n1", "a", ""};
  const causal_stamp b{6, "n2", "b", "a"};
  EXPECT_TRUE(happened_before(a, b));
  EXPECT_FALSE(happened_before(b, a));
}

TEST(Causality, EqualClocksOfTwoNodesAreConcurrentUnlessOneNamesTheOther) {
  const causal_stamp a{5, "n1", "a", ""};
  const causal_stamp b{5, "n2", "b", ""};
  const causal_stamp named{5, "n2", "c", "a"};
  EXPECT_TRUE(is_concurrent(a, b));
  EXPECT_TRUE(is_concurrent(b, a));
  EXPECT_FALSE(is_concurrent(a, named));
}

TEST(Causality, NothingHappenedBeforeItself) {
  const causal_stamp a{5, "n1", "a", "a"};
  EXPECT_FALSE(happened_before(a, a));
  EXPECT_FALSE(is_concurrent(a, a));
}

TEST(Causality, TheOrderIsByClockThenNodeThenId) {
  const std::vector<causal_stamp> ordered = {{1, "n9", "z", ""},
                                             {2, "n1", "b", ""},
                                             {2, "n1", "c", ""},
                                             {2, "n2", "a", ""},
                                             {10, "", "", ""}};
  for (std::size_t i = 0; i < ordered.size(); ++i)
    for (std::size_t j = 0; j < ordered.size(); ++j)
      EXPECT_EQ(total_order(ordered[i], ordered[j]), i <=> j) << i << " " << j;
  auto shuffled = ordered;
  std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937(7));
  std::sort(shuffled.begin(), shuffled.end(),
            [](const auto& a, const auto& b) { return total_order(a, b) < 0; });
  for (std::size_t i = 0; i < ordered.size(); ++i)
    EXPECT_EQ(shuffled[i].event_id, ordered[i].event_id);
}

TEST(Causality, TheOrderExtendsWhatHappenedBeforeInALiveHistory) {
  // Three nodes that follow the receive rule; every third event has a cause on another node.
  std::mt19937 random(3);
  std::vector<causal_stamp> history;
  std::array<std::uint64_t, 3> clocks{};
  for (int i = 0; i < 300; ++i) {
    const auto node = static_cast<std::size_t>(random() % 3);
    causal_stamp next{0, "n" + std::to_string(node), "e" + std::to_string(i), ""};
    if (!history.empty() && random() % 3 == 0) {
      const auto& cause = history[random() % history.size()];
      clocks[node] = *receive(clocks[node], cause.lamport_clock);
      next.causation_id = cause.event_id;
    }
    next.lamport_clock = ++clocks[node];
    history.push_back(next);
  }
  for (const auto& a : history)
    for (const auto& b : history) {
      if (happened_before(a, b)) {
        ASSERT_TRUE(total_order(a, b) < 0);
        ASSERT_FALSE(happened_before(b, a));
        ASSERT_FALSE(is_concurrent(a, b));
      }
    }
}

TEST(Causality, TheReceiveRuleIsTheLargerOneAndOne) {
  EXPECT_EQ(*receive(0, 0), 1U);
  EXPECT_EQ(*receive(5, 3), 6U);
  EXPECT_EQ(*receive(3, 5), 6U);
  EXPECT_EQ(*receive(0, max_received), max_received + 1);
}

TEST(Causality, AReceivedValueNearTheEndIsRefused) {
  for (const std::uint64_t remote : {max_received + 1, max_lamport - 1, max_lamport,
                                     max_lamport + 1, std::numeric_limits<std::uint64_t>::max()}) {
    const auto refused = receive(1, remote);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ec::bad_input);
    EXPECT_NE(refused.error().message.find(std::to_string(remote)), std::string::npos);
  }
}

TEST(Causality, AClockAtItsEndStaysThere) {
  const auto merged = receive(max_lamport, 1);
  EXPECT_TRUE(!merged || *merged == max_lamport);
}

TEST(Causality, WhateverIsReceivedRoomForFourBillionEventsRemains) {
  std::uint64_t clock = 1;
  for (int round = 0; round < 3; ++round)
    for (const std::uint64_t remote : {max_received - 1, max_received, max_received + 1})
      if (const auto merged = receive(clock, remote))
        clock = *merged;
  EXPECT_GT(max_lamport - clock, (std::uint64_t{1} << 32) - 100);
}

} // namespace
} // namespace spec_kitty
