// Which events travel together: order, halving, suspects, limits.
#include "actors/batch_sync/plan.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace spec_kitty {
namespace {

std::vector<leased_event> some_events(std::size_t count) {
  std::vector<leased_event> events;
  for (std::size_t i = 1; i <= count; ++i)
    events.push_back({i, "E" + std::to_string(i), i, 0, false, std::string(100, 'x')});
  return events;
}

std::vector<std::uint64_t> positions(const std::vector<leased_event>& events) {
  std::vector<std::uint64_t> out;
  for (const auto& event : events)
    out.push_back(event.seq);
  return out;
}

/// A server that refuses any batch holding a bad event, without a name.
struct strict_server {
  std::set<std::uint64_t> bad;
  std::vector<std::uint64_t> accepted = {};
  std::vector<std::uint64_t> blamed = {};
  unsigned requests = 0;

  void drain(batch_plan& plan, std::size_t max_events = 1000) {
    while (!plan.empty()) {
      const auto batch = plan.next(max_events, 1 << 20);
      ++requests;
      const bool refused = std::any_of(batch.begin(), batch.end(),
                                       [&](const auto& event) { return bad.contains(event.seq); });
      if (!refused) {
        for (const auto& event : batch)
          accepted.push_back(event.seq);
        plan.passed();
      } else if (!plan.halve_refused()) {
        blamed.push_back(batch.front().seq);
        plan.passed();
      }
    }
  }
};

TEST(BatchPlan, SendsEverythingAtOnceWhereNothingIsKnown) {
  batch_plan plan;
  plan.begin(some_events(5));
  EXPECT_EQ(positions(plan.next(1000, 1 << 20)), (std::vector<std::uint64_t>{1, 2, 3, 4, 5}));
  plan.passed();
  EXPECT_TRUE(plan.empty());
}

TEST(BatchPlan, CutsByCountAndByBytesButAlwaysSendsOne) {
  batch_plan plan;
  plan.begin(some_events(5));
  EXPECT_EQ(plan.next(2, 1 << 20).size(), 2U);
  plan.passed();
  EXPECT_EQ(plan.next(1000, 250).size(), 2U);
  plan.passed();
  EXPECT_EQ(positions(plan.next(1000, 1)), (std::vector<std::uint64_t>{5}));
}

TEST(BatchPlan, FindsOneBadEventAmongTwentyInAtMostTenRequests) {
  for (std::uint64_t bad = 1; bad <= 20; ++bad) {
    batch_plan plan;
    plan.begin(some_events(20));
    strict_server server{{bad}};
    server.drain(plan);
    EXPECT_EQ(server.blamed, std::vector{bad});
    EXPECT_EQ(server.accepted.size(), 19U);
    EXPECT_LE(server.requests, 10U) << "bad event " << bad;
  }
}

TEST(BatchPlan, KeepsTheOrderHoweverOftenABatchIsCut) {
  batch_plan plan;
  plan.begin(some_events(300));
  strict_server server{{1, 7, 8, 150, 299, 300}};
  server.drain(plan, 64);
  EXPECT_TRUE(std::is_sorted(server.accepted.begin(), server.accepted.end()));
  EXPECT_EQ(server.accepted.size(), 294U);
  EXPECT_EQ(server.blamed, (std::vector<std::uint64_t>{1, 7, 8, 150, 299, 300}));
}

TEST(BatchPlan, BlamesOnlyTheBadEventsWhateverTheirPlaces) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    const std::size_t count = 1 + random() % 200;
    std::set<std::uint64_t> bad;
    for (std::size_t i = 0; i < random() % 10; ++i)
      bad.insert(1 + random() % count);
    batch_plan plan;
    plan.begin(some_events(count));
    strict_server server{bad};
    server.drain(plan, 1 + random() % 200);
    EXPECT_EQ(std::set(server.blamed.begin(), server.blamed.end()), bad);
    EXPECT_EQ(server.accepted.size() + server.blamed.size(), count);
    EXPECT_TRUE(std::is_sorted(server.accepted.begin(), server.accepted.end()));
  }
}

TEST(BatchPlan, CostsAboutTwelveRequestsForEachBadEventAmongAThousand) {
  batch_plan plan;
  plan.begin(some_events(1000));
  strict_server server{{50, 150, 250, 350, 450, 550, 650, 750, 850, 950}};
  server.drain(plan);
  EXPECT_EQ(server.blamed.size(), 10U);
  EXPECT_LE(server.requests, 130U);
}

TEST(BatchPlan, LetsSuspectsOfEarlierRunsTravelAlone) {
  auto events = some_events(5);
  events[1].alone = events[2].alone = true;
  batch_plan plan;
  plan.begin(events);
  std::vector<std::vector<std::uint64_t>> batches;
  for (; !plan.empty(); plan.passed())
    batches.push_back(positions(plan.next(1000, 1 << 20)));
  EXPECT_EQ(batches, (std::vector<std::vector<std::uint64_t>>{{1}, {2}, {3}, {4, 5}}));
}

TEST(BatchPlan, HalvesWhatIsTooLargeDownToOneEvent) {
  batch_plan plan;
  plan.begin(some_events(4));
  EXPECT_EQ(plan.next(4, 1 << 20).size(), 4U);
  EXPECT_TRUE(plan.halve_large());
  EXPECT_EQ(plan.next(2, 1 << 20).size(), 2U);
  EXPECT_TRUE(plan.halve_large());
  EXPECT_EQ(plan.next(1, 1 << 20).size(), 1U);
  EXPECT_FALSE(plan.halve_large());
}

TEST(BatchPlan, GoesOnWithTheRestOfABatchThatNamedItsBadEvents) {
  batch_plan plan;
  plan.begin(some_events(5));
  (void)plan.next(1000, 1 << 20);
  plan.drop({2, 4});
  EXPECT_EQ(positions(plan.next(1000, 1 << 20)), (std::vector<std::uint64_t>{1, 3, 5}));
  plan.drop({1, 3, 5});
  EXPECT_TRUE(plan.empty());
}

TEST(BatchPlan, HandsBackWhatStillWaitsInOrder) {
  batch_plan plan;
  plan.begin(some_events(8));
  (void)plan.next(1000, 1 << 20);
  EXPECT_TRUE(plan.halve_refused());
  EXPECT_EQ(positions(plan.take_rest()), (std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_TRUE(plan.empty());
}

} // namespace
} // namespace spec_kitty
